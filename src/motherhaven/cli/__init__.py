"""The composition root: every command, and nothing that another package needs."""
