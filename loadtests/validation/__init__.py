"""Is the tool right: it measures what it knows."""
