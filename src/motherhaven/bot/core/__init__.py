"""The synchronous heart of a bot: market and answers in, orders and records out."""
