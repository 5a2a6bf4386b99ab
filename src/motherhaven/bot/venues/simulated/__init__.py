"""The simulated venue: a matching engine over bars and prices, without I/O or a clock."""
