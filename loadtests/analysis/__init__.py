"""Pure functions that compute figures, effects and void rules from result files."""
