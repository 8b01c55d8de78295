"""Experiments besides the matrix: capacity, sweep and ceiling."""
