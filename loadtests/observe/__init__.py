"""The server's side of a measurement."""
