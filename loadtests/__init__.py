"""Measures the four combinations under load and compares the results."""
