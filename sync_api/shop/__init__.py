"""The handlers of the shop's routes, and the store that they read and write."""
