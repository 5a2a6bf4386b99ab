"""An adapter over a fake venue, for tests: one event loop a call of `run`."""

import asyncio
from decimal import Decimal

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.commands import CancelOrders, PlaceOrders
from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.bot.venues.hyperliquid.venue import HyperliquidVenue
from motherhaven.testing.fake_venue import FakeVenue
from motherhaven.testing.venue_subject import PRICE

COIN = "BTC"
SIZE = Decimal("0.01")


def number(n):
    """A client order id."""
    return f"0x{n:032x}"


def buy(n=1, size=SIZE, leverage=5, **more):
    """A market entry, bounded 5 % above the price."""
    return OrderIntent(
        COIN, Side.BUY, size, price=PRICE * Decimal("1.05"), leverage=leverage,
        mode=MarginMode.CROSS, cloid=number(n), **more,
    )  # fmt: skip


def sell(n, size=SIZE, **more):
    """A reduce-only market order."""
    return OrderIntent(COIN, Side.SELL, size, reduce_only=True, cloid=number(n), **more)


def stop(n, share="0.98", kind=OrderKind.STOP, size=Decimal(0)):
    """A stop or target of a long at a share of the price, for the whole position."""
    price = PRICE * Decimal(share)
    return OrderIntent(COIN, Side.SELL, size, kind, price, reduce_only=True, cloid=number(n))


class Desk:
    """A fake venue, and adapters that are opened on it and closed with it."""

    def __init__(self, folder):
        self.fake = FakeVenue()
        self.folder = folder
        self.shut = None
        self.asked = []
        self.loop = asyncio.new_event_loop()
        self._opened = []

    def __enter__(self):
        self.fake.__enter__()
        self.fake.move(COIN, PRICE)
        self.fake.step(1)
        return self

    def __exit__(self, *_):
        for venue in self._opened:
            self.run(venue.close())
        self.loop.close()
        self.fake.__exit__()

    def gate(self, reduces):
        """What the gate says: `shut`."""
        self.asked.append(reduces)
        return self.shut

    def open(self, account=None, key=None, folder=None, locks=None):
        """An adapter on this account; `key` "" for none, `folder` another bot's."""
        secret = self.fake.key() if key is None else key
        access = VenueAccess(
            account or self.fake.address, folder or self.folder, url=self.fake.url,
            gate=self.gate, secret=(lambda: secret) if secret else None, locks=locks,
        )  # fmt: skip
        setup = VenueSetup(self.fake.clock.now(), lambda: "P", access=access)
        venue = HyperliquidVenue(setup, self.fake.clock)
        self._opened.append(venue)
        return venue

    def run(self, work):
        """Let something happen on the adapter's loop."""
        return self.loop.run_until_complete(work)

    def place(self, venue, *intents, grouping=Grouping.NA):
        """The outcomes of orders."""
        return self.run(venue.submit([PlaceOrders(tuple(intents), grouping)]))

    def cancel(self, venue, *numbers):
        """The outcomes of cancels."""
        return self.run(venue.submit([CancelOrders(tuple(number(n) for n in numbers))]))

    def sent(self, kind=None):
        """The actions that have arrived, of one kind or all."""
        actions = [one.action for one in self.fake.requests if one.path == "/exchange"]
        return [one for one in actions if kind is None or one["type"] == kind]

    def asked_for(self, kind):
        """How often a question was asked."""
        return sum(one.path == "/info" and one.kind == kind for one in self.fake.requests)
