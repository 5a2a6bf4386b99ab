"""A Hyperliquid on this machine: the venue's HTTP and WebSocket API over the simulated venue."""

from motherhaven.testing.fake_venue.log import SeenRequest
from motherhaven.testing.fake_venue.market import UNIVERSE, Listing, listing
from motherhaven.testing.fake_venue.signing import address_of, sign, worthless_key
from motherhaven.testing.fake_venue.users import TestAccount
from motherhaven.testing.fake_venue.venue import FakeVenue

__all__ = [
    "UNIVERSE",
    "FakeVenue",
    "Listing",
    "SeenRequest",
    "TestAccount",
    "address_of",
    "listing",
    "sign",
    "worthless_key",
]
