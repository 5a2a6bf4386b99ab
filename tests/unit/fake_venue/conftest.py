"""One fake venue and one client a test."""

from collections.abc import Iterator

import pytest

from motherhaven.testing.fake_venue import FakeVenue
from tests.unit.fake_venue.kit import Client, Listener


@pytest.fixture
def venue() -> Iterator[FakeVenue]:
    """A fake venue on a port of its own: BTC at 50,000, an account of 10,000 USD."""
    with FakeVenue() as running:
        yield running


@pytest.fixture
def client(venue: FakeVenue) -> Iterator[Client]:
    """A client that signs with the account's agent."""
    made = Client(venue)
    yield made
    made.close()


@pytest.fixture
def listener(venue: FakeVenue) -> Iterator[Listener]:
    """A connection of the stream."""
    made = Listener(venue)
    yield made
    made.close()
