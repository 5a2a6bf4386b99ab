"""A fake exchange, the adapter on a loop of its own, and both as the suite's subject."""

import asyncio
import threading
from dataclasses import replace

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import Grouping
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.venues.ccxt.known import PROFILES
from motherhaven.bot.venues.ccxt.venue import CcxtVenue
from motherhaven.testing.fake_binance import FakeBinance


def passes(_reduces):
    """A gate that lets everything through."""
    return


class CcxtSubject:
    """The adapter for binanceusdm against the fake exchange, driven as the core drives it."""

    coin = "BTC"

    def __init__(self, folder, wrap=lambda venue: venue, gate=passes, **fields):
        self.fake = FakeBinance()
        self.fake.__enter__()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.access = VenueAccess(
            "ccxt:binanceusdm", folder, url=self.fake.url, secret=self.fake.secret, gate=gate
        )
        self.access = replace(self.access, **fields)
        self.slept = []
        self.adapter = self.opened()
        self.bridge = VenueBridge(self.adapter, self.loop, seconds=60)
        self.venue = wrap(self.bridge)

    def opened(self):
        """A new adapter over the same account, as after a restart."""
        setup = VenueSetup(self.fake.clock.now(), lambda: "P", access=self.access)
        return CcxtVenue(PROFILES["binanceusdm"], setup, self.fake.clock, self.sleep)

    async def sleep(self, seconds):
        """A pause on the fake clock."""
        self.slept.append(seconds)
        self.fake.clock.advance(seconds)

    def run(self, work):
        """The result of a coroutine on the client's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def pump(self):
        """Bring in what the exchange has told."""
        self.run(self.bridge.pump())

    def move(self, price):
        """The market goes there a minute later, and the client hears of it."""
        self.fake.step(60)
        self.fake.move(self.coin, price)
        self.pump()

    def close(self):
        """End the client, its loop and the exchange."""
        self.run(self.adapter.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        self.fake.__exit__(None, None, None)


def submitted(subject, *intents, grouping=Grouping.NA):
    """The outcomes as the adapter gives them, with nothing asked afterwards."""
    return subject.bridge.submit([PlaceOrders(tuple(intents), grouping)])
