"""Keys of single bots: kept in the store, known to every server, bound to a bot or not."""
