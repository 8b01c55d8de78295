"""Proves the head to head: on real services of a known difference, and on simulated runs."""
