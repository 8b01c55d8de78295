"""The cache: its policy and its connections to Redis."""
