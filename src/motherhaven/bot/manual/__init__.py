"""Trading by hand: the guide's account and executor over the same core."""
