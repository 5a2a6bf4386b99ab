"""The loop around a venue that goes on without us: the barrier at the start, looks after that.

Nothing is opened before one whole look has succeeded. A step that fails blocks entries and
nothing else: exits go on, stops at the venue stay, and the look is tried again.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.bot.execution.reconciler import LookResult, Reconciler
from motherhaven.bot.execution.timers import Timers
from motherhaven.bot.running.cycle import Cycle, Trouble
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError

_LOG: Final = logging.getLogger("motherhaven")
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(seconds=30)
SOON: Final = timedelta(seconds=2)
"""After that a look that found a difference is repeated."""
ASK_EVERY: Final = timedelta(milliseconds=500)

RECONCILING: Final = "reconciling"
READY: Final = "ready"


class LiveLoop:
    """Keeps one bot's books at its venue: at the start, each cycle, each reconnect, and between.

    `turn` is called all the time and does what is due; `before_cycle` before each decision.
    """

    def __init__(
        self,
        cycle: Cycle,
        timers: Timers,
        pump: Callable[[], Awaitable[None]] | None = None,
        frozen: Mapping[str, str] | None = None,
        known: tuple[AccountIdentity, datetime] | None = None,
    ) -> None:
        """Set a reconciler for the bot; entries wait for its first whole look.

        `frozen` are coins that an earlier run left so, and why; `known` is who the account is,
        and when that was read.
        """
        self.phase = RECONCILING
        self._cycle = cycle
        self._timers = timers
        self._pump = pump
        self._reconciler = cycle.trader.watch.reconciler or Reconciler(cycle.trader.account, timers)
        self._reconciler.kept.update(frozen or {})
        if known is not None:
            self._reconciler.know(*known)
        cycle.trader.watch.reconciler = self._reconciler
        cycle.phase = RECONCILING
        self._next_look: datetime | None = None
        self._next_whole: datetime | None = None
        self._next_ask: datetime | None = None
        self._next_bare: datetime | None = None
        self._pause = self._bare_pause = FIRST_PAUSE
        self._reconnects = cycle.trader.account.venue.health().reconnects
        self._told: dict[str, str] = {}

    async def turn(self, now: datetime) -> None:
        """Do what is due by now: questions about orders, a look."""
        await self._ask(now)
        reconnects = self._cycle.trader.account.venue.health().reconnects
        if reconnects != self._reconnects:
            self._reconnects = reconnects
            _LOG.warning("Venue: reconnected; the account is read again")
            await self.look(now, whole=True)
        elif self._next_look is None or now >= self._next_look or self._bare(now):
            await self.look(now, whole=self.phase != READY)

    def attach(
        self, sleep: Callable[[float], Awaitable[None]], seconds: float, clock: Clock
    ) -> None:
        """Look before each decision, and every so many seconds while the decider thinks."""

        async def beside() -> None:
            await sleep(seconds)
            await self._beside(clock.now())

        self._cycle.before, self._cycle.meanwhile = self.before_cycle, beside

    async def _beside(self, now: datetime) -> None:
        """What the account needs waits for no model; a fault here fails no decision."""
        trader = self._cycle.trader
        try:
            if self._pump is not None:
                await self._pump()
                await self._cycle.core(trader.follow)
            await self.turn(now)
        except MotherhavenError as error:
            _LOG.warning("Venue: it is asked again (%s)", error)
        if trader.records:
            self._cycle.flush()

    async def before_cycle(self, now: datetime) -> None:
        """The whole look that each decision rests on."""
        await self.look(now, whole=True)

    async def look(self, now: datetime, *, whole: bool) -> LookResult:
        """Look once, put on record what it found, and plan the next look."""
        if self._pump is not None:
            await self._pump()
        trader = self._cycle.trader
        done: LookResult = await self._cycle.core(trader.reconcile, now, whole=whole)
        if done.failed is None:
            self._pause = FIRST_PAUSE
            self._next_bare = now + self._bare_pause
            self._next_look = now + (SOON if done.again else self._timers.light)
            self._ready(now, whole=whole)
        else:
            self._next_look = self._next_bare = now + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._tell(done, now)
        return done

    def confirm(self, coin: str) -> bool:
        """The user takes over what was found in a coin: its entries go on."""
        return self._reconciler.confirm(coin)

    def _ready(self, now: datetime, *, whole: bool) -> None:
        if self.phase == READY or not whole:
            return
        trader = self._cycle.trader
        if trader.account.orders.unknown or self._reconciler.blocked(now) is not None:
            return
        self.phase = self._cycle.phase = READY
        self._cycle.status("books and venue are reconciled: entries are possible", now)

    def _bare(self, now: datetime) -> bool:
        """Whether a stop of ours has gone, as the stream or an answer told: no look waits then.

        Where looks leave it so, they come at growing pauses: each costs what the venue allows.
        """
        if not self._cycle.trader.account.bare:
            self._bare_pause = FIRST_PAUSE
            return False
        if self._next_bare is not None and now < self._next_bare:
            return False
        self._bare_pause = min(self._bare_pause * 2, LONGEST_PAUSE)
        return True

    async def _ask(self, now: datetime) -> None:
        """The ladder of unknown orders does not wait for a cycle."""
        trader = self._cycle.trader
        if trader.asks and (self._next_ask is None or now >= self._next_ask):
            self._next_ask = now + ASK_EVERY
            await self._cycle.core(trader.resolve_orders, now)

    def _tell(self, done: LookResult, now: datetime) -> None:
        """Each finding once for as long as it lasts; a failure once for each step."""
        found = {f"{one.code} {one.coin}": one for one in done.findings}
        if done.failed is not None:
            told = {**self._told}
            if self._told.get("failed") != done.failed:
                told["failed"] = done.failed
                _LOG.error("Venue: %s", done.failed)
                trouble = Trouble(RECONCILING, done.failed)
                self._cycle.status(f"{RECONCILING}: {done.failed}", now, error=trouble)
        else:
            told = {}
        for name, one in found.items():
            if name not in self._told:
                _LOG.error("Venue: %s", one.text)
                self._cycle.status(one.text, now, error=Trouble(one.code, one.text))
            told[name] = one.text
        self._told = told
