"""Settings, server options, metrics and logs of a service."""
