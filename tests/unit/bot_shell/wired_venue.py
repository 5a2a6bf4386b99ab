"""The Hyperliquid adapter over a fake venue, for tests that know a venue by the port alone."""

import asyncio
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from shell_support import NOON

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.venues.hyperliquid.venue import HyperliquidVenue
from motherhaven.contract.errors import ExchangeError
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.fake_venue import FakeVenue


class WiredVenue:
    """A `Venue` with real money at a fake venue; its clock moves by `step` alone.

    `fake` is the venue itself, for its switches. `reopen` is what a new process does.
    """

    def __init__(self, prices):
        self.clock = FakeClock(NOON)
        self.fake = FakeVenue(clock=self.clock)
        self.fake.__enter__()
        for coin, price in prices.items():
            self.fake.move(coin, price)
        self._folder = tempfile.TemporaryDirectory()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open()

    def _open(self):
        fake = self.fake
        access = VenueAccess(
            fake.address, Path(self._folder.name), url=fake.url, secret=fake.key,
            gate=lambda _reduces: None,
        )  # fmt: skip
        setup = VenueSetup(self.clock.now(), lambda: "P", access=access)
        self._adapter = HyperliquidVenue(setup, self.clock)
        self._bridge = VenueBridge(self._adapter, self._loop)

    def __getattr__(self, name):
        """Every verb of the port."""
        return getattr(self._bridge, name)

    def submit(self, commands):
        """Orders go through the adapter of the process that lives now."""
        return self._bridge.submit(commands)

    def step(self, seconds):
        """Let time pass; what the venue has told since is there to be drained."""
        self.fake.step(seconds)
        self._loop.call_soon_threadsafe(self._adapter.changed)
        with suppress(ExchangeError):  # as the bot's loop, which asks again
            self._run(self._bridge.pump())

    def reopen(self):
        """The process has ended: the next one has its own adapter and the same folder."""
        self._run(self._adapter.close())
        self.clock.advance(1)
        self._open()

    def close(self):
        """End everything."""
        self._run(self._adapter.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.fake.__exit__()
        self._folder.cleanup()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
