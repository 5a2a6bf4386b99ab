"""Whether an account's real money may be moved: armed by hand, latched, watched, always on disk."""
