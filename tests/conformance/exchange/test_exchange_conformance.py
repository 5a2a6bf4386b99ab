"""The paper exchange keeps to the protocol, and what became of a lost order is asked."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.execution.orders import Accepted, Rejected, Unknown
from motherhaven.bot.execution.resolve import settled
from motherhaven.bot.market.instruments import Bar, Prices, default_spec
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.bot.venues.simulated.exchange import PaperExchange
from motherhaven.bot.venues.simulated.slippage import Slippage
from motherhaven.testing.exchange_suite import CASES, PRICE, SIZE, buy, cloid
from motherhaven.testing.lossy_exchange import LossyExchange

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Candles:
    """Ten flat closed candles before NOW."""

    async def candles(self, coin, interval, limit):
        flat = (PRICE, PRICE, PRICE, PRICE, Decimal(1))
        return [Bar(coin, NOW - n * MINUTE, *flat) for n in range(min(limit, 10), 0, -1)]


class PaperVenue:
    """A paper exchange with BTC at PRICE."""

    coin = "BTC"

    def __init__(self, slippage=None):
        specs = {"BTC": default_spec("BTC")}
        config = PaperConfig(Decimal(10_000), slippage=slippage, next_open=False)
        self.engine = PaperEngine(config, NOW, specs)
        self.exchange = PaperExchange(self.engine, specs, Candles())
        self.engine.on_prices(Prices("BTC", PRICE, PRICE, PRICE, NOW))

    async def move(self, price):
        self.engine.on_prices(Prices("BTC", price, price, price, self.engine.now + MINUTE))


SLIPPED = Slippage(Decimal("0.0001"), Decimal("0.05"), Decimal(2_000_000))


@pytest.mark.parametrize("slippage", [None, SLIPPED], ids=["bare", "slippage"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_paper_exchange_keeps_to_the_protocol(case, slippage):
    """Every case of the suite, with and without a slippage model."""
    asyncio.run(case(PaperVenue(slippage)))


def lossy(venue, *faults, silent=0):
    """The venue behind a connection with these faults."""
    left = list(faults)
    return LossyExchange(venue.exchange, lambda: left.pop(0) if left else None, silent)


async def rest(_):
    """No test sleeps."""


def ask(exchange, outcome):
    """What became of a lost order."""
    return asyncio.run(settled(exchange, outcome, rest))


def placed(exchange, venue):
    """The outcome of one buy over a connection."""
    (outcome,) = asyncio.run(exchange.place([buy(venue)]))
    return outcome


def test_a_lost_answer_is_asked_about_and_the_order_is_not_sent_again():
    """It had filled: found by its cloid, one order sent, one position."""
    venue = PaperVenue()
    exchange = lossy(venue, "reply", silent=2)
    outcome = placed(exchange, venue)
    assert isinstance(outcome, Unknown)
    found = ask(exchange, outcome)
    assert isinstance(found, Accepted)
    assert (found.cloid, found.filled) == (cloid(1), SIZE)
    assert exchange.sent == 1
    assert venue.engine.ledger.holdings["BTC"].size == SIZE


def test_an_order_that_never_arrived_counts_as_rejected():
    """The venue answers and does not know it: no effect, and said so."""
    venue = PaperVenue()
    exchange = lossy(venue, "request")
    found = ask(exchange, placed(exchange, venue))
    assert isinstance(found, Rejected)
    assert "never had" in found.reason
    assert not venue.engine.ledger.holdings


def test_a_venue_that_never_answers_leaves_it_unknown():
    """Silence is not a no: nothing is concluded from it, and nothing is sent."""
    venue = PaperVenue()
    exchange = lossy(venue, "reply", silent=99)
    found = ask(exchange, placed(exchange, venue))
    assert isinstance(found, Unknown)
    assert exchange.sent == 1


def test_a_known_outcome_is_not_asked_about():
    """Accepted and Rejected are answers already."""
    venue = PaperVenue()
    exchange = lossy(venue, silent=99)
    outcome = placed(exchange, venue)
    assert ask(exchange, outcome) is outcome
