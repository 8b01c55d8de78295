"""Runs the verdict on thousands of simulated runs with a known effect."""
