"""How many requests each combination can take."""
