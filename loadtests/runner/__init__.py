"""Measures the starts of a matrix."""
