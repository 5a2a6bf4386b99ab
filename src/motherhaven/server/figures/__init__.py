"""Figures of bots, each worked out by motherhaven.metrics."""
