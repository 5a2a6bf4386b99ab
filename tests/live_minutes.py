"""A whole live bot at a fake venue whose clock is stepped: minutes or days in a short time."""

import asyncio
import threading
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from motherhaven.bot.arming.record import arm, standing_of
from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.market.hyperliquid import HyperliquidFeed
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.running.build import build_bot
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.live_account import open_live
from motherhaven.bot.running.sink import MemorySink
from motherhaven.bot.venues.hyperliquid.venue import HyperliquidVenue
from motherhaven.contract.ids import IdSource
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import TradingMode
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.fake_venue import FakeVenue
from motherhaven.testing.fake_venue.info import base_weight, rows_weight
from tests.patience import HANG_SECONDS
from tests.stepped_stream import SteppedStream

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COINS = ("BTC", "ETH", "SOL")
LIMITS = RiskLimits(coins=frozenset(COINS))
PRICE = Decimal(1_000)
WARM = 120


def weight(seen):
    """What a request costs, as the venue documents it."""
    if seen.path == "/exchange":
        return 1 + len(seen.action.get("orders", ())) // 40
    return base_weight(seen.kind) + rows_weight(seen.kind, seen.reply)


class Minutes:
    """A live bot with three coins at a fake venue, for so many minutes of their common clock.

    The clock goes `seconds` on with each sleep of the bot. `deaf` leaves the stream out, so that
    the bot asks more than it ever would else; prices walk where `walks`.
    """

    def __init__(
        self,
        folder,
        *,
        decider="buy-and-hold",
        seconds=1,
        deaf=True,
        walks=False,
        limits=None,
        fees=None,
    ):
        self.folder, self.decider = folder, decider
        self.limits = LIMITS.changed(**(limits or {}))
        self.seconds, self.deaf, self.walks = seconds, deaf, walks
        self.clock = FakeClock(NOON + timedelta(seconds=10))
        self.fake = FakeVenue(clock=self.clock, fees=fees)
        self.fake.state.requests = deque()  # all of them, however many
        self.random, self.stream, self.serial = Random(3), None, threading.Lock()
        self.prices = dict.fromkeys(COINS, PRICE)

    def run(self, minutes, hang=HANG_SECONDS):
        """Warm bars, then the bot from its opening until its time is over, or `hang` seconds."""
        with self.fake:
            for coin in COINS:
                self.fake.preload(
                    Bar(coin, NOON - n * MINUTE, *(PRICE,) * 4, Decimal(1))
                    for n in range(WARM, 0, -1)
                )
                self.fake.move(coin, PRICE)
            self.began = self.clock.now()
            self.ends = self.began + minutes * MINUTE
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self.loop.run_forever, daemon=True).start()
            work = asyncio.run_coroutine_threadsafe(self._live(), self.loop)
            try:
                work.result(hang)
            finally:
                self.loop.call_soon_threadsafe(self.loop.stop)
            self.requests = self.fake.requests
            self.held = dict(self.fake.account().sizes)
        return self

    def _opened(self, _name, setup):
        """The adapter, with its stream in step or without it."""
        adapter = HyperliquidVenue(setup, self.clock)
        if self.deaf:
            adapter._listen = lambda: None
        else:
            self.stream = adapter._stream = SteppedStream(self.fake, adapter._heard)
        return VenueBridge(adapter, self.loop)

    def _access(self, gate):
        return VenueAccess(
            self.fake.address, self.folder, url=self.fake.url, secret=self.fake.key, gate=gate
        )

    async def _live(self):
        self.stop = asyncio.Event()
        limits = self.limits
        ids = IdSource(self.clock, bytes)
        feed = HyperliquidFeed(COINS, self.clock, self.fake.url)
        await feed.connect()
        live = await open_live(
            "hyperliquid", self._access, limits, self.folder, self.clock, ids, self.stop,
            opener=self._opened,
        )  # fmt: skip
        record = arm(
            standing_of(live.identity, limits), "s1", self.clock.now(), live.identity.equity,
            Decimal(5_000),
        )  # fmt: skip
        live.watch.gate.store.write(record)
        config = BotConfig(
            "live", COINS, self.folder / "live.db", decider=self.decider, interval_seconds=180,
            limits=limits, mode=TradingMode.LIVE, network="local", data=self.folder,
        )  # fmt: skip
        self.sink = MemorySink()
        self.bot = bot = build_bot(
            config, feed, self.sink, self.clock, ids, say=str, sleep=self._sleep,
            latch=KillLatch(self.folder), live=live,
        )  # fmt: skip
        try:
            await bot.runner.run(self.stop)
        finally:
            await live.close()
            await feed.close()

    async def _sleep(self, _seconds):
        await asyncio.to_thread(self._step)
        if self.stream is not None:
            self.stream.turn()
        if self.clock.now() >= self.ends:
            self.stop.set()

    def _step(self):
        """Some seconds of the market; each minute's bar closes at its end."""
        with self.serial:  # a bot's watch sleeps beside its work
            before = self.clock.now().replace(second=0, microsecond=0)
            self.fake.step(self.seconds)
            if self.clock.now() >= before + MINUTE:
                self._bars(before)

    def _bars(self, before):
        for coin in COINS:
            opened = self.prices[coin]
            change = self.random.randint(-20, 20) if self.walks else 0
            closed = self.prices[coin] = opened + Decimal(change) / 10
            high, low = max(opened, closed), min(opened, closed)
            self.fake.bar(Bar(coin, before, opened, high, low, closed, Decimal(1)))

    def weights(self):
        """The weight of each minute since the start, and of which questions."""
        found = {}
        for one in self.requests:
            kinds = found.setdefault((one.time - self.began) // MINUTE, Counter())
            kinds[one.kind] += weight(one)
        return found
