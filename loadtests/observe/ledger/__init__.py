"""The effective settings of running services, read from the processes and checked against each other."""
