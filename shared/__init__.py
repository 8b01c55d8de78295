"""What both twins use: parsing, shapes, statements, cache policy, problems. Nothing here waits."""
