"""Recorded bars through the core that trades, and the report of it."""
