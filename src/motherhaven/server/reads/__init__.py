"""The reads: pages, details, exports, curves."""
