"""Browsers that signed in: their tokens, and how they end."""
