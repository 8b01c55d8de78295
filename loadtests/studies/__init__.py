"""Experiments beside the matrix."""
