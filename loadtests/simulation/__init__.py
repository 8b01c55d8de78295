"""Proves the judgement on runs whose effects are known, with the noise that was measured: see __main__.py."""
