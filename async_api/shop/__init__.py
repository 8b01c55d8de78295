"""What the shop offers: its routes, rows and rules."""
