"""How many requests a second each combination can take, and what that costs: PROFILE=capacity."""
