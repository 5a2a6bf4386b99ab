"""Who may come in: keys, sessions, and one rule for each route."""
