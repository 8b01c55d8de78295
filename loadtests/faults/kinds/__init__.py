"""The faults, one module per target."""
