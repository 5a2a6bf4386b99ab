"""Orders and how they are carried out: the port of a venue, and the engine over it."""
