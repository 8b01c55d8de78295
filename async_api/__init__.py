"""One of the two twins: the same HTTP API on two stacks."""
