"""Tools for people who work on the project; no service uses them."""
