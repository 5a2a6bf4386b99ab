"""Hyperliquid: a small client of its own that signs with the SDK's primitives."""
