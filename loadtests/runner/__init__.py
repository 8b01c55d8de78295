"""Measures the rounds and cells of a matrix."""
