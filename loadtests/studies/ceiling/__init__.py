"""Measures each service beside a constant answer on the same server."""
