"""The formats of all input and output files."""
