"""The connection pool, retries and transactions over the driver."""
