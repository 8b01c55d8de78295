"""The formats of all files that are read and written."""
