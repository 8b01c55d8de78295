"""At which level of a factor the answer flips."""
