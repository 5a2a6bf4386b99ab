"""Money at a venue that goes on by itself: it books, and the bot follows what it tells."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from remote_venue import RemoteVenue
from shell_support import MINUTE, NOON, of_kind, piece, placed

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.execution.agreement import apart
from motherhaven.bot.execution.orders import OrderIntent
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import default_spec
from motherhaven.bot.portfolio.events import Side
from motherhaven.bot.running.missed import PastFunding, learn_funding
from motherhaven.bot.running.venues import open_venue
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.limits import RiskLimits

D = Decimal
HOUR = timedelta(hours=1)
SPECS = {"BTC": default_spec("BTC")}


@pytest.fixture
def trader():
    """A bot that holds 0.1 BTC at a venue which outlives it."""
    ids = iter(range(10**6))
    venue = RemoteVenue(open_venue("simulated", VenueSetup(NOON, lambda: f"P{next(ids)}", SPECS)))
    setup = TraderSetup(("BTC",), RiskLimits(), SPECS, candles=False)
    made = Trader(setup, venue, NOON, lambda: f"id{next(ids)}")
    venue.poll("BTC", D(50_000), NOON)
    made.on_slice(piece(NOON - MINUTE, BTC="50000"))
    placed(made, OrderIntent("BTC", Side.BUY, D("0.1"), leverage=5))
    made.context(NOON)
    return made


def test_funding_is_what_the_venue_booked(trader):
    """The market's rate books nothing of its own, and the venue is asked nothing about it."""
    trader.funding_rates = {"BTC": D("0.0001")}
    asked = []
    trader.account.venue.prices = asked.append
    trader.on_slice(piece(NOON + HOUR, BTC="50000"))
    assert (asked, of_kind(trader.records, "funding")) == ([], [])
    del trader.account.venue.prices
    trader.account.venue.inside.on_funding("BTC", D("0.0002"), D(50_000), NOON + HOUR)
    trader.follow()
    (paid,) = of_kind(trader.records, "funding")
    assert paid["amount"] == 1
    assert apart(trader.account) == 0


def test_no_history_is_asked_for_where_the_venue_books_funding(trader):
    """What fell due while the bot was away is told by the venue, never called unknown."""
    past = asyncio.run(learn_funding(trader, None, NOON - 5 * HOUR, NOON))
    assert past == PastFunding()


def test_money_that_came_in_at_the_venue_is_no_gain_of_the_day(trader):
    """On record once, with the day's start moved; the books have it too."""
    before = trader.day.equity
    for _ in range(2):
        trader.account.venue.inside.move_cash(D(500), "bank-1")
        trader.follow()
    (flow,) = of_kind(trader.records, "cash_flow")
    assert (flow["amount"], flow["external_id"]) == (500, "bank-1")
    assert trader.day.equity == before + 500
    assert apart(trader.account) == 0


def test_the_bot_moves_no_money_there(trader):
    """Only a simulated venue takes that from the bot."""
    with pytest.raises(OrderRejected, match="moves no money"):
        trader.move_cash(D(500), NOON)
    assert of_kind(trader.records, "cash_flow") == []
