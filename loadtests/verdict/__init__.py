"""What follows from the figures."""
