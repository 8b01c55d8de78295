"""What the files say."""
