"""What a request may see: all bots or one, with prompts or without."""
