"""Checks the tool itself, with known delays and with simulated runs."""
