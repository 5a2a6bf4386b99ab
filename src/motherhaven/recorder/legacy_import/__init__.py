"""Databases of the first bots, taken over into a journal."""
