"""A TCP proxy that delays, cuts, drips and refuses."""
