"""What lives as long as a worker."""
