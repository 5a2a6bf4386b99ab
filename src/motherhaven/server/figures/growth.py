"""What a bot's return counts from: its capital, moved in proportion when money moved.

The return is the time-weighted one: money that comes in or goes out is neither gain nor loss.
Between two flows the equity over this base is all of it: equity / base - 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.contract.money import EXACT
from motherhaven.contract.views import BotRow, DepositPoint
from motherhaven.metrics import EquityPoint, Flow
from motherhaven.server.figures.curves import DAWN, bucket_for, floor_time
from motherhaven.server.figures.histories import flows_of, histories
from motherhaven.server.figures.isolated import of_each
from motherhaven.stores.protocol import TIERS, Reader

LOOKED_AT: Final = 50
"""So many of the newest flows are looked at to the minute; older ones as the curve has them."""

_BEFORE: Final = timedelta(hours=1)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BaseStep:
    """What the return counts from, in USD, from `time` on."""

    time: datetime
    base: Decimal


@dataclass(frozen=True, slots=True)
class _Known:
    """A bot's bases in USD, as long as its account tells the same deposits.

    steps: the first is the capital, each other follows a flow; empty where it cannot be known.
    """

    deposits: Decimal
    steps: tuple[BaseStep, ...]


class Bases:
    """The base of each bot's return; only a bot whose deposits have changed costs a query.

    A report that comes late, from before a flow, counts from the next flow on.
    """

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._kept: dict[str, _Known] = {}

    async def of(self, rows: Sequence[BotRow]) -> dict[str, Decimal]:
        """The base of each bot in USD, by id; bots without one are left out."""
        deposits = await self._renew(rows)
        found: dict[str, Decimal] = {}
        for row in rows:
            # What was paid in is not told, or nothing: the first equity stands for it.
            kept = self._kept[row.id].steps if deposits.get(row.id) else None
            base_now = row.stats.first_equity if kept is None else kept[-1].base if kept else None
            if base_now is not None and base_now > 0:
                found[row.id] = base_now
        return found

    async def steps_of(self, rows: Sequence[BotRow]) -> dict[str, tuple[BaseStep, ...]]:
        """How the base of each bot moved, oldest first, by id; bots without flows are left out."""
        deposits = await self._renew(rows)
        kept = {row.id: self._kept[row.id].steps for row in rows if deposits.get(row.id)}
        return {name: steps for name, steps in kept.items() if len(steps) > 1}

    async def _renew(self, rows: Sequence[BotRow]) -> dict[str, Decimal]:
        """Read the bases of bots whose deposits have changed; all deposits that are told."""
        told = {row.id: row.account.deposits_usd for row in rows if row.account}
        deposits = {name: paid for name, paid in told.items() if paid}
        new = [row for row in rows if row.id in deposits and self._is_new(row.id, deposits)]
        if new:
            ids = [row.id for row in new]
            read, failed = await of_each(ids, self._read)
            for row in new:
                paid = deposits[row.id]
                alone = (BaseStep(DAWN, paid),)
                steps = () if row.id in failed else read.get(row.id, alone)
                self._kept[row.id] = _Known(paid, steps)
        return deposits

    def _is_new(self, bot_id: str, deposits: dict[str, Decimal]) -> bool:
        known = self._kept.get(bot_id)
        return known is None or known.deposits != deposits[bot_id]

    async def _read(self, ids: Sequence[str]) -> dict[str, tuple[BaseStep, ...]]:
        changes = await self._store.deposits(ids)
        return {name: await self._steps(name, one) for name, one in changes.items() if one}

    async def _steps(self, bot_id: str, changes: Sequence[DepositPoint]) -> tuple[BaseStep, ...]:
        capital, flows = changes[0].deposits_usd, flows_of(changes)
        points = await self._points(bot_id, flows) if flows else ()
        bases = moved(capital, points, flows)
        times = (DAWN, *(flow.time for flow in flows))
        return tuple(BaseStep(time, base) for time, base in zip(times, bases, strict=True))

    async def _points(self, bot_id: str, flows: Sequence[Flow]) -> list[EquityPoint]:
        """The bot's equity around its flows: by the minute near the newest, coarsely else."""
        end = flows[-1].time + _MICROSECOND
        first = flows[0].time - timedelta(days=1)
        coarse = bucket_for(end - first, 1)
        curve = await histories(self._store, [bot_id], start=DAWN, end=end, bucket=coarse)
        points = {point.time: point for one in curve.values() for point in one.points}
        for flow in flows[-LOOKED_AT:]:
            near = await histories(
                self._store, [bot_id], start=flow.time - _BEFORE, end=flow.time, bucket=TIERS[0]
            )
            points.update({point.time: point for one in near.values() for point in one.points})
        return [points[time] for time in sorted(points)]


def moved(capital: Decimal, points: Sequence[EquityPoint], flows: Sequence[Flow]) -> list[Decimal]:
    """`capital`, and what each flow makes of it in proportion to the equity before it, in USD.

    A flow of which no equity is known before, or that leaves nothing, moves it as a payment.
    """
    base, bases = capital, [capital]
    for number, flow in enumerate(flows):
        since = flows[number - 1] if number else None
        known = [point for point in points if point.time < flow.time]
        before = known[-1].equity if known else capital
        if known and since is not None and known[-1].time < since.time:
            before = EXACT.add(before, since.amount)  # no report between two flows
        after = EXACT.add(before, flow.amount)
        if before > 0 and after > 0:
            base = EXACT.divide(EXACT.multiply(base, after), before)
        else:
            base = EXACT.add(base, flow.amount)
        bases.append(base)
    return bases


def in_buckets(steps: Sequence[BaseStep], start: datetime, bucket: int) -> tuple[BaseStep, ...]:
    """The steps from `start` on, each at the begin of its bucket of `bucket` seconds.

    A bucket's equity is its last, so a flow within it has moved its base; of several the last.
    """
    found: dict[datetime, BaseStep] = {}
    for step in steps:
        at = max(start, floor_time(max(step.time, start), bucket))
        found[at] = BaseStep(at, step.base)
    return tuple(found.values())
