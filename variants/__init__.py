"""The same twins on other servers and with other drivers: what takes the place of one seam each."""
