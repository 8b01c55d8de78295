"""Runs of the matrix."""
