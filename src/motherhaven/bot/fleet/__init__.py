"""Many bots from one file: each a process of its own, supervised."""
