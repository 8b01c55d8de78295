"""Prints comparisons and writes the HTML and Markdown reports of a results folder."""
