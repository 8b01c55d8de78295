"""A load that remembers every read and write, and the judgement of what it remembers."""
