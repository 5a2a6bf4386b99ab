"""Fakes for tests, of this project and of its users: clocks, models, venues, servers."""
