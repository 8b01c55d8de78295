"""One of the twins: the same service on another stack."""
