"""The same twins on other servers and with other drivers: each file replaces one seam."""
