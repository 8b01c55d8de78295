"""Varies one factor at a time and finds the level at which the answer flips."""
