"""What is new at the account, each thing once: read from the venue, hinted at by its stream.

Fills, funding and cash flows are listed by the venue; an order of ours that no longer rests
is asked about. A read that fails changes nothing and is made again.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import (
    Accepted,
    OpenOrder,
    OrderClosed,
    OrderState,
    Outcome,
    Unknown,
)
from motherhaven.bot.execution.port import VenueEvent
from motherhaven.bot.portfolio.events import Fill
from motherhaven.bot.venues.hyperliquid.fill_events import fills_of
from motherhaven.bot.venues.hyperliquid.info import Info
from motherhaven.bot.venues.hyperliquid.leverages import Leverages
from motherhaven.bot.venues.hyperliquid.money_state import RawFill
from motherhaven.bot.venues.hyperliquid.signed_log import SignedLog
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.exact import exact

POLL: Final = 180.0
"""Seconds after which the venue is asked though its stream said nothing."""

POLL_DEAF: Final = 120.0
"""The same where the stream is not heard."""

HEARD_WITHIN: Final = timedelta(seconds=20)

FILLS_FRESH: Final = 45.0
"""Seconds for which a list of fills is the newest, while nothing hints at another one."""

FLOWS_EVERY: Final = 900.0
RETRY: Final = 2.0
AWAITED: Final = 20.0
"""Seconds for which a fill that was heard of is looked for in the list."""

OVERLAP: Final = timedelta(seconds=60)
"""Lists are read again from so long before their end: an entry may show late."""

_HOUR: Final = timedelta(hours=1)
_ZERO: Final = Decimal(0)


@dataclass(slots=True)
class Totals:
    """Sums since the adapter was opened, in USD: realized gross, fees, funding as received."""

    realized: Decimal = _ZERO
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO


@dataclass(slots=True)
class Opened:
    """What is known of a position from its fills; money in USD."""

    position_id: str
    at: datetime
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO


class Following:
    """The account's news. `since` is when it was opened: what is older is not news."""

    def __init__(
        self, info: Info, log: SignedLog | None, leverages: Leverages, clock: Clock
    ) -> None:
        self._info = info
        self._log = log
        self._leverages = leverages
        self._clock = clock
        self.since = clock.now()
        self.totals = Totals()
        self.opened: dict[str, Opened] = {}
        self._waiting: deque[VenueEvent] = deque()
        self._serial = asyncio.Lock()
        self._hints = 1
        self._seen_hints = 0
        self._looked_at: float | None = None
        self._refreshed_at: float | None = None
        self._refreshed_hints = 0
        self._fills_at: float | None = None
        self._fills_hints = 0
        self._failed_at: float | None = None
        self._flows_at: float | None = None
        self._read_to = self.since
        self._funded_to = self.since
        self._seen: dict[object, datetime] = {}
        self._resting: dict[str, int] = {}
        self._noted = False
        self._cloids: dict[int, str] = {}
        self._awaited: dict[int, float] = {}
        self._funding_hinted = False
        self.heard_at: datetime | None = None
        """When the stream last said anything: while it does, less is polled."""

    def hint(self) -> None:
        """Something may be new: the next `drain` asks."""
        self._hints += 1

    def hint_of_money(self) -> None:
        """Funding may have been paid, or money moved from or to elsewhere."""
        self._flows_at = None
        self._funding_hinted = True
        self._hints += 1

    def hint_of_fills(self, keys: Iterable[tuple[int, int]]) -> None:
        """Fills were heard of, as (tid, oid): look until they are listed."""
        for key in keys:
            if key not in self._seen:
                self._awaited[key[1]] = self._clock.monotonic() + AWAITED
        self._hints += 1

    def sent(self, outcomes: Iterable[Outcome]) -> None:
        """Orders were sent: follow those that rest, or may."""
        for one in outcomes:
            if isinstance(one, Accepted) and one.oid is not None:
                self._cloids[int(one.oid)] = one.cloid
                if one.filled:
                    self._awaited[int(one.oid)] = self._clock.monotonic() + AWAITED
            if isinstance(one, Unknown) or (isinstance(one, Accepted) and one.resting):
                self._resting.setdefault(one.cloid or "", 0)
        self.hint()

    @property
    def hinted(self) -> bool:
        """Whether something may be new that was not looked at yet."""
        return self._hints != self._seen_hints

    async def drain(self) -> list[VenueEvent]:
        """What is new since the last call, in order.

        Raises:
            ExchangeError: it cannot be read now, and nothing that was read before waits.
        """
        now = self._clock.monotonic()
        failed = self._failed_at is not None and now - self._failed_at < RETRY
        due = self._looked_at is None or now - self._looked_at >= self._pause()
        if not failed and (due or self.hinted):
            try:
                await self.look()
            except ExchangeError:
                if not self._waiting:
                    raise
        told = list(self._waiting)
        self._waiting.clear()
        return told

    async def refresh(self) -> None:
        """Read the money of it, unless nothing can have come since it was last read.

        Raises:
            ExchangeError: a part of it cannot be read.
        """
        now = self._clock.monotonic()
        old = self._refreshed_at is None or now - self._refreshed_at >= self._pause()
        if old or self._hints != self._refreshed_hints:
            await self.look(orders=False)

    async def look(self, *, orders: bool = True) -> None:
        """Read what is new, or only the money of it; it waits for `drain`.

        Raises:
            ExchangeError: a part of it cannot be read; what was read stays read.
        """
        async with self._serial:
            hints = self._hints
            try:
                await self._fills()
                await self._money()
                if orders:
                    await self._orders()
            except ExchangeError:
                self._failed_at = self._clock.monotonic()
                raise
            self._failed_at = None
            self._refreshed_at, self._refreshed_hints = self._clock.monotonic(), hints
            if not orders:
                return
            self._seen_hints = hints
            self._looked_at = self._clock.monotonic()

    def _pause(self) -> float:
        if self._awaited:
            return RETRY
        heard = self.heard_at is not None and self._clock.now() - self.heard_at < HEARD_WITHIN
        return POLL if heard else POLL_DEAF

    def fills_of(self, raw: RawFill) -> list[Fill]:
        """An execution as the books take it."""
        cloid = raw.cloid or self._cloids.get(raw.oid, "")
        find = self._log.order if self._log is not None else _nobody
        return fills_of(raw, cloid, find, self._leverages.of(raw.coin))

    # --- lists --------------------------------------------------------------------------

    async def read_fills(self, since: datetime) -> list[RawFill]:
        """Fills at or after `since`; what is new of them is followed, and not read once more.

        Raises:
            ExchangeError: they cannot be read.
        """
        async with self._serial:
            hints = self._hints
            found = await self._info.fills(since)
            if since <= self._fills_from():
                await self._take(found)
                self._fills_at, self._fills_hints = self._clock.monotonic(), hints
            await self._leverages.look({raw.coin for raw in found})
        return found

    def _fills_from(self) -> datetime:
        return max(self._read_to - OVERLAP, self.since)

    async def _fills(self) -> None:
        at, hints = self._fills_at, self._hints
        fresh = at is not None and self._clock.monotonic() - at < FILLS_FRESH
        if fresh and hints == self._fills_hints and not self._awaited:
            return
        await self._take(await self._info.fills(self._fills_from()))
        self._fills_at, self._fills_hints = self._clock.monotonic(), hints

    async def _take(self, found: Iterable[RawFill]) -> None:
        """Follow those of them that are new."""
        new = [raw for raw in found if raw.key not in self._seen]
        await self._leverages.look({raw.coin for raw in new})
        for raw in new:
            self._seen[raw.key] = raw.time
            self._awaited.pop(raw.oid, None)
            self._read_to = max(self._read_to, raw.time)
            self._follow(raw)
            self._waiting.extend(self.fills_of(raw))
        self._forget()

    def _follow(self, raw: RawFill) -> None:
        flat = raw.start + raw.size
        with exact():
            self.totals.realized += raw.realized
            self.totals.fees += raw.fee
        known = self.opened.get(raw.coin)
        begins = not raw.start or (raw.closes and abs(raw.size) > abs(raw.start))
        if begins:
            name = f"hl-{raw.coin}-{raw.tid}-{raw.oid}"
            self.opened[raw.coin] = Opened(name, raw.time, raw.fee)
        elif not flat:
            self.opened.pop(raw.coin, None)
        elif known is not None:
            known.fees += raw.fee

    async def _money(self) -> None:
        now = self._clock.now()
        passed = now - self._funded_to >= _HOUR or now.hour != self._funded_to.hour
        if passed or self._funding_hinted:
            for paid in await self._info.funding(max(self._funded_to - OVERLAP, self.since)):
                key = ("funding", paid.coin, paid.time)
                if key in self._seen:
                    continue
                self._seen[key] = paid.time
                self.totals.funding += paid.amount
                if paid.coin in self.opened:
                    self.opened[paid.coin].funding += paid.amount
                self._waiting.append(paid)
            self._funded_to = max(self._funded_to, now)
            self._funding_hinted = False
        elapsed = self._clock.monotonic()
        if self._flows_at is None or elapsed - self._flows_at >= FLOWS_EVERY:
            for flow in await self._info.cash_flows(max(now - _HOUR, self.since)):
                if flow.external_id not in self._seen:
                    self._seen[flow.external_id] = flow.time
                    self._waiting.append(flow)
            self._flows_at = elapsed

    def _forget(self) -> None:
        """Leave out what no list that is read again can have."""
        now = self._clock.monotonic()
        self._awaited = {oid: until for oid, until in self._awaited.items() if until > now}
        if len(self._seen) > 10_000:
            old = self._clock.now() - 2 * _HOUR
            self._seen = {key: time for key, time in self._seen.items() if time >= old}
        if len(self._cloids) > 10_000:
            self._cloids = dict(list(self._cloids.items())[-5_000:])

    # --- orders that ended --------------------------------------------------------------

    async def _orders(self) -> None:
        """Ask what became of each order of ours that rested and does not any more."""
        if self._log is None or (self._noted and not self._resting):
            return
        resting = self.note(await self._info.open_orders())
        for cloid in [one for one in self._resting if one not in resting]:
            found = await self._info.order(cloid)
            order = self._log.order(cloid)
            if order is None:
                del self._resting[cloid]
            elif found is None:
                self._missed(cloid)
            elif found.state is not OrderState.OPEN:
                del self._resting[cloid]
                self._cloids[found.oid] = cloid
                if found.state is not OrderState.FILLED:
                    self._waiting.append(
                        OrderClosed(cloid, order.coin, order.kind, found.state, found.word,
                                    self._clock.now())
                    )  # fmt: skip

    def note(self, orders: Iterable[OpenOrder]) -> Mapping[str, OpenOrder]:
        """Follow our orders among those that rest; returns them by cloid."""
        ours = {one.cloid: one for one in orders if self._log and self._log.order(one.cloid)}
        self._noted = True
        for cloid, one in ours.items():
            self._resting[cloid] = 0
            self._cloids[int(one.oid or 0)] = cloid
        return ours

    def _missed(self, cloid: str) -> None:
        """The venue does not know it: after some looks its end is for others to find out."""
        self._resting[cloid] += 1
        if self._resting[cloid] > 10:
            del self._resting[cloid]


def _nobody(_: str) -> None:
    return None
