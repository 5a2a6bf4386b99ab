"""Links by which others read for a while."""
