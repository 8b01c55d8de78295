"""The code that both twins share, without I/O: parsing, shapes, statements, cache policy, errors, settings."""
