"""Every adapter keeps to the port, and a lost order is asked about and never sent again."""

import asyncio
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.facade import AsyncFacade
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import Prices, default_spec
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.running.venues import VENUES, open_venue
from motherhaven.testing.lossy_venue import LossyVenue
from motherhaven.testing.venue_subject import PRICE
from motherhaven.testing.venue_suite import CASES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SLIPPED = Slippage(Decimal("0.0001"), Decimal("0.05"), Decimal(2_000_000))


def simulated(slippage=None):
    """The simulated venue with BTC at PRICE."""
    ids = iter(range(10**6))
    setup = VenueSetup(
        NOW, lambda: f"P{next(ids)}", {"BTC": default_spec("BTC")}, slippage=slippage
    )
    venue = open_venue("simulated", setup)
    venue.stepped.on_prices(Prices("BTC", PRICE, PRICE, PRICE, NOW))
    return venue


class InStep:
    """A venue that the core calls directly."""

    coin = "BTC"

    def __init__(self, inside, venue=None):
        self.inside = inside
        self.venue = inside if venue is None else venue

    def move(self, price):
        """The price is polled a minute later."""
        self.inside.on_prices(Prices("BTC", price, price, price, self.inside.now + MINUTE))


class Bridged(InStep):
    """The same behind an asynchronous client on a loop of its own, as a live one is driven."""

    def __init__(self, inside):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        super().__init__(inside, VenueBridge(AsyncFacade(inside), self.loop))

    def move(self, price):
        """The client tells what happened; its events are pumped on its loop."""
        super().move(price)
        asyncio.run_coroutine_threadsafe(self.venue.pump(), self.loop).result()

    def close(self):
        """End the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def lossy(fault):
    """A connection that loses something of every order, and then of two questions."""
    inside = simulated()
    return InStep(inside, LossyVenue(inside, lambda: fault, silent=2))


ADAPTERS = {
    "simulated": lambda: InStep(simulated()),
    "simulated with slippage": lambda: InStep(simulated(SLIPPED)),
    "asynchronous": lambda: Bridged(simulated()),
    "replies lost": lambda: lossy("reply"),
}


@pytest.fixture
def subject(request):
    """A fresh venue of the parameter's kind."""
    made = ADAPTERS[request.param]()
    yield made
    if isinstance(made, Bridged):
        made.close()


@pytest.mark.parametrize("subject", ADAPTERS, indirect=True)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_venue_keeps_to_the_port(case, subject):
    """Every case of the suite over every adapter."""
    case(subject)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_no_order_is_sent_twice_because_its_answer_was_lost(case):
    """With every reply lost, each order of a case goes over the wire as often as it asks for it."""
    quiet, inside = simulated(), simulated()
    honest, losing = LossyVenue(quiet, lambda: None), LossyVenue(inside, lambda: "reply", 3)
    case(InStep(quiet, honest))
    case(InStep(inside, losing))
    assert Counter(losing.sent) == Counter(honest.sent)


def test_every_registered_venue_declares_what_it_can_do(tmp_path):
    """By capabilities, which nothing but the venue itself may change."""
    loop = asyncio.new_event_loop()
    loop.close()
    access = VenueAccess("0x" + "00" * 20, tmp_path)
    for name in (*VENUES, "hyperliquid"):
        venue = open_venue(name, VenueSetup(NOW, lambda: "P", access=access), loop)
        capabilities = venue.capabilities
        assert venue.name
        assert (venue.stepped is not None) is (not capabilities.outlives_process), name
        with pytest.raises(AttributeError):
            capabilities.real_money = True
