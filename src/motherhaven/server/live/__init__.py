"""The live stream: the store tailed once, encoded once, for every client."""
