"""Measures the four combinations, and compares what was measured."""
