"""Checks and scripts for developers of this project."""
