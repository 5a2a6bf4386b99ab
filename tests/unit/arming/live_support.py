"""A bot with an account of real money, in this process: the venue is simulated inside."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count

from arming_support import LIMITS, NOON, identity

from motherhaven.bot.arming.gate import ArmingGate
from motherhaven.bot.arming.record import arm, standing_of
from motherhaven.bot.arming.watch import ArmingWatch
from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.feed import FundingKept, Quote, Slice
from motherhaven.bot.market.instruments import Bar, Prices, default_spec
from motherhaven.bot.portfolio.events import Fill
from motherhaven.bot.running.build import build_bot
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.control import ControlServer
from motherhaven.bot.running.live_account import LiveAccount
from motherhaven.bot.running.sink import MemorySink
from motherhaven.bot.running.venues import open_venue
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.ids import IdSource
from motherhaven.settings import TradingMode
from motherhaven.testing.clock import FakeClock
from tests.patience import within

MINUTE = timedelta(minutes=1)
CYCLE = 2 * MINUTE
PRICE = Decimal(50_000)


class RealVenue:
    """A venue whose money is real, simulated inside. `away` is how many calls go unanswered.

    It asks the gate as an adapter does, and `sent` holds every order that reached it.
    """

    stepped = None

    def __init__(self, gate, who, now):
        ids = count()
        specs = {"BTC": default_spec("BTC")}
        given = VenueSetup(NOON, lambda: f"P{next(ids)}", specs, deposit=who.equity)
        self.inside = open_venue("simulated", given)
        self.capabilities = replace(
            self.inside.capabilities, real_money=True, outlives_process=True
        )
        self.who, self.gate, self.now, self.sent, self.away = who, gate, now, [], 0
        self.move(PRICE)

    def __getattr__(self, name):
        """Questions: answered by the simulated venue, unless it is away."""
        verb = getattr(self.inside, name)
        if not callable(verb) or name == "specs":
            return verb
        return lambda *given: self._ask(verb, *given)

    def _ask(self, verb, *given):
        if self.away > 0:
            self.away -= 1
            raise ExchangeError("the venue does not answer; ask again")
        return verb(*given)

    def drain(self):
        """What happened; each fill has the venue's own id where it gives any."""
        return [self._named(one) for one in self.inside.drain()]

    def fills(self, since):
        """Fills at or after `since`."""
        return [self._named(one) for one in self._ask(self.inside.fills, since)]

    def _named(self, event):
        if not isinstance(event, Fill):
            return event
        return replace(event, external_id=f"F{event.seq}", seq=0)

    def identity(self):
        """Who the account is, at its equity."""
        return replace(self.who, equity=self.inside.account().equity)

    def submit(self, commands):
        """Carry out what the gate lets through."""
        for one in commands:
            if isinstance(one, PlaceOrders):
                for intent in one.intents:
                    assert self.gate(intent.reduce_only) is None
                    self.sent.append(intent)
        return self.inside.submit(commands)

    def pay(self, amount):
        """Money comes in (positive) or goes out at the venue."""
        self.inside.now = self.now()
        self.inside.move_cash(amount, f"flow {amount}")

    def move(self, price):
        """The market goes to `price`."""
        self.inside.on_prices(Prices("BTC", price, price, price, self.now()))


class FlatMinutes:
    """A market of flat minutes at `price`; `low` is how far each falls, None: not at all."""

    mark_every = None
    funding_kept = FundingKept.NONE
    warnings = ()
    name = "flat"
    simulated = False
    coins = ("BTC",)
    interval = MINUTE
    low = None

    def __init__(self):
        self.price = PRICE
        self.specs, self.set_aside = {"BTC": default_spec("BTC")}, {}

    async def closed(self, since, until):
        """Every minute that has ended."""
        start = since.replace(second=0, microsecond=0)
        found = []
        while start + MINUTE <= until:
            if start + MINUTE > since:
                price, low = self.price, self.low or self.price
                bar = Bar("BTC", start, price, price, low, price, Decimal(1))
                found.append(Slice(start + MINUTE, {"BTC": bar}))
            start += MINUTE
        return found

    async def close(self):
        """Nothing to close."""


class Market(FlatMinutes):
    """Flat minutes at `price`, which the venue follows."""

    def __init__(self, venue):
        super().__init__()
        self.venue = venue

    async def quotes(self, now):
        self.venue.move(self.price)
        return {"BTC": Quote("BTC", self.price, self.price, self.price, now)}

    async def books(self, _coins):
        return {}


class Live:
    """A live bot in `folder`, not yet run. `steps` are done at their cycle, in its loop."""

    def __init__(self, folder, *, limits=LIMITS, who=None, decider="buy-and-hold", sink=None):
        self.folder, self.who = folder, who or identity(equity=Decimal(1000))
        self.limits = limits.changed(coins=frozenset({"BTC"}))
        self.clock = FakeClock(NOON + timedelta(seconds=10))
        self.gate = ArmingGate(folder, self.clock.now)
        self.watch = ArmingWatch(self.gate, self.limits)
        self.watch.know(self.who)
        self.venue = RealVenue(self.gate, self.who, self.clock.now)
        self.market = Market(self.venue)
        self.sink = sink or MemorySink()
        self.latch = KillLatch(folder)
        self.steps = {}
        config = BotConfig(
            "live", ("BTC",), folder / "live.db", decider=decider, interval_seconds=120,
            limits=limits, mode=TradingMode.LIVE, network=self.who.network, data=folder,
        )  # fmt: skip
        self.control = ControlServer(folder, self.clock)
        self.bot = build_bot(
            config, self.market, self.sink, self.clock,
            IdSource(self.clock, bytes), control=self.control, say=str,
            sleep=self._sleep, latch=self.latch,
            live=LiveAccount(self.venue, self.who, self.watch, self.who.equity),
        )  # fmt: skip

    def arm(self, max_loss="100", session="s1"):
        """Arm it as `motherhaven arm` does in another terminal."""
        standing = standing_of(self.who, self.limits)
        record = arm(standing, session, self.clock.now(), self.who.equity, Decimal(max_loss))
        self.gate.store.write(record)

    def run(self, cycles):
        """Run for so many of its cycles."""
        self._until = NOON + cycles * CYCLE

        async def live():
            self.stop = asyncio.Event()
            self.control.enter("run-1")
            try:
                await within(self.bot.runner.run(self.stop))
            finally:
                self.control.leave()

        asyncio.run(live())
        return self

    def run_until_stopped(self):
        """From here on only `stop` ends it: threads may need more turns than its cycles have."""
        self._until = NOON + timedelta(days=3650)

    async def _sleep(self, seconds):
        self.clock.advance(max(seconds, 1.0))
        number = (self.clock.now() - NOON) // CYCLE
        if number in self.steps:
            self.steps.pop(number)()
        if self.clock.now() >= self._until:
            self.stop.set()
        await asyncio.sleep(0)

    def told(self):
        """Every status on record, in one text."""
        return " | ".join(one.payload["message"] for one in self.sink.kept if one.kind == "status")

    def codes(self):
        """The error codes of statuses and the rules of refused decisions, in order."""
        found = []
        for one in self.sink.kept:
            if one.kind == "status" and one.payload.get("error_code"):
                found.append(one.payload["error_code"])
        return found

    def rules(self):
        """What the guard said of each decision to enter; None for allowed."""
        return [
            one.payload["verdict"].get("rule")
            for one in self.sink.kept
            if one.kind == "decision" and one.payload["signal"] != "hold"
        ]

    @property
    def held(self):
        """The venue's own positions."""
        return self.venue.inside.positions()
