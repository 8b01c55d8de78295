"""The answer, its evidence, and gates, derived from the figures."""
