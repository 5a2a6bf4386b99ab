"""Commands to bots: taken from people, handed to the bot that waits for them, and listed."""
