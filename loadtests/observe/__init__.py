"""Measures the server side of a cell: CPU, database, Redis and effective settings."""
