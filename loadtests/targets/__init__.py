"""Targets of the load: local processes, containers, pods, and services that already run."""
