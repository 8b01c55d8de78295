"""Searches the highest request rate at which each combination meets its latency objectives."""
