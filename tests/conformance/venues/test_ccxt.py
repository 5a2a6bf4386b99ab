"""The adapter for exchanges through ccxt keeps to the port, against a fake Binance."""

import asyncio
from collections import Counter

import pytest
from ccxt_subject import CcxtSubject

from motherhaven.bot.execution.identity import VenueHealth
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.running.venues import open_venue
from motherhaven.bot.venues.ccxt.known import PROFILES
from motherhaven.testing.clock import START
from motherhaven.testing.lossy_venue import LossyVenue
from motherhaven.testing.venue_suite import CASES

ADAPTERS = {
    "bridged": CcxtSubject,
    "replies lost": lambda folder: CcxtSubject(
        folder, lambda venue: LossyVenue(venue, lambda: "reply", silent=2)
    ),
}


@pytest.fixture
def subject(request, tmp_path):
    """A fresh exchange and adapter of the parameter's kind."""
    made = ADAPTERS[request.param](tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("subject", ADAPTERS, indirect=True)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_ccxt_adapter_keeps_to_the_port(case, subject):
    """Every case of the suite, also where each reply is lost."""
    case(subject)


@pytest.mark.parametrize("name", PROFILES)
def test_every_exchange_is_in_the_table_of_venues(name):
    """By the name that TRADING_VENUE gives it; opening waits for nothing and asks nothing."""
    loop = asyncio.new_event_loop()
    loop.close()
    venue = open_venue(f"ccxt:{name}", VenueSetup(START, lambda: "P"), loop)
    assert venue.name == f"ccxt:{name}"
    assert venue.stepped is None
    capabilities = venue.capabilities
    assert capabilities.real_money
    assert capabilities.outlives_process
    assert capabilities.native_stops
    assert not capabilities.isolated
    assert not capabilities.tpsl_grouping
    assert venue.health() == VenueHealth()


@pytest.mark.parametrize("case", CASES[:8], ids=lambda case: case.__name__)
def test_no_order_goes_to_the_exchange_twice(case, tmp_path):
    """With every reply cut off, the exchange gets each client order id once."""
    subject = CcxtSubject(tmp_path)
    try:
        subject.fake.switch("drop_reply", times=None)
        case(subject)
        sent = [one.get("newClientOrderId") for one in subject.fake.sent()]
        sent += [one.get("clientAlgoId") for one in subject.fake.sent(path="algoOrder")]
        assert all(count == 1 for count in Counter(sent).values()), Counter(sent)
    finally:
        subject.close()
