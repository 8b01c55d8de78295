"""The cache policy without I/O: keys, commands, lookups, leases, single flight and the circuit breaker."""
