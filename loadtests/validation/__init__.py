"""Validates the head to head: on real services with a known difference, and on simulated runs."""
