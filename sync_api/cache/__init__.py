"""Cache-aside over Redis: runs the policy of shared/cache behind a circuit breaker."""
