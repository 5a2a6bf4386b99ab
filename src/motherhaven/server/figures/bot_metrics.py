"""The metrics of each bot, worked out when its totals have changed, and kept."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.contract.views import BotRow, PositionRow
from motherhaven.server.figures.closed_trades import ClosedTrades
from motherhaven.server.figures.curves import DAWN, DUSK
from motherhaven.server.figures.histories import History, histories
from motherhaven.server.figures.isolated import of_each, why
from motherhaven.server.figures.metrics_view import Known, bot_metrics, no_metrics
from motherhaven.server.figures.ratios import DailyReturns
from motherhaven.server.figures.stated import Confidences
from motherhaven.server.wire.figures import BotMetrics
from motherhaven.stores.protocol import TIERS, Reader
from motherhaven.stores.read_places import cursor_now, note_kept

MOST_BOTS: Final = 100
FRESH_SECONDS: Final = 15.0
"""A bot's figures are worked out at most this often."""

_MOST_POINTS: Final = 720
_MOST_OPEN: Final = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    item: BotMetrics
    told: Any
    at: float
    cursor: str | None


class Metrics:
    """The metrics of bots; a request costs what has changed since the one before."""

    def __init__(
        self, store: Reader, clock: Clock, returns: DailyReturns, trades: ClosedTrades
    ) -> None:
        self._store = store
        self._clock = clock
        self._returns = returns
        self._trades = trades
        self._confidences = Confidences(store)
        self._first: dict[str, datetime] = {}
        self._kept: dict[str, _Kept] = {}
        self._lock = asyncio.Lock()

    async def of(self, ids: Sequence[str] | None) -> tuple[BotMetrics, ...]:
        """The metrics of these bots in the order asked; None: of all, at most MOST_BOTS."""
        rows = {row.id: row for row in await self._store.bots(ids, limit=MOST_BOTS)}
        wanted = [rows[name] for name in (rows if ids is None else ids) if name in rows]
        async with self._lock:
            stale = [row for row in wanted[:MOST_BOTS] if not self._is_fresh(row)]
            if stale:
                await self._renew(stale)
        return tuple(self._used(row) for row in wanted[:MOST_BOTS])

    def _used(self, row: BotRow) -> BotMetrics:
        kept = self._kept[row.id]
        if kept.told != _told(row):
            note_kept(kept.cursor)
        return kept.item

    def _is_fresh(self, row: BotRow) -> bool:
        kept = self._kept.get(row.id)
        if kept is None:
            return False
        return kept.told == _told(row) or self._clock.monotonic() - kept.at < FRESH_SECONDS

    async def _renew(self, rows: Sequence[BotRow]) -> None:
        returns = await self._returns.of(rows)
        by_id = {row.id: row for row in rows}
        found, failed = await of_each(
            list(by_id), lambda ids: self._histories([by_id[name] for name in ids])
        )
        failed = self._returns.failed | failed
        for row in rows:
            item = (
                no_metrics(row, failed[row.id])
                if row.id in failed
                else await self._item(row, found.get(row.id, History()), returns[row.id])
            )
            self._kept[row.id] = _Kept(item, _told(row), self._clock.monotonic(), cursor_now())

    async def _item(self, row: BotRow, history: History, returns: tuple[float, ...]) -> BotMetrics:
        """One bot's metrics, or that they are unavailable: the others go on."""
        try:
            trades = await self._trades.of(row)
            known = Known(
                row=row,
                history=history,
                first=self._first.get(row.id),
                returns=returns,
                trades=trades,
                open=await open_positions(self._store, row),
                stated=await self._confidences.pairs(row.id, trades),
            )
            # Thousands of trades take a while: other requests and the streams go on meanwhile.
            return await asyncio.to_thread(bot_metrics, known)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  boundary of one bot
            return no_metrics(row, why(row.id, error))

    async def _histories(self, rows: Sequence[BotRow]) -> dict[str, History]:
        """Each bot's whole equity, in the finest tier that gives _MOST_POINTS at most."""
        ends = {row.id: row.account.time for row in rows if row.account is not None}
        await self._find_first([name for name in ends if name not in self._first])
        by_tier: dict[int, list[str]] = defaultdict(list)
        for name in ends:
            if name in self._first:
                by_tier[_tier(ends[name] - self._first[name])].append(name)
        found: dict[str, History] = {}
        for tier, names in by_tier.items():
            # Up to dusk: a clock that was set back must not hide what came before it was.
            found |= await histories(self._store, names, start=DAWN, end=DUSK, bucket=tier)
        return found

    async def _find_first(self, names: Sequence[str]) -> None:
        """The UTC days on which the bots began."""
        if names:
            for curve in await self._store.equity(names, start=DAWN, end=DUSK, bucket=TIERS[-1]):
                if curve.points:
                    self._first[curve.bot_id] = curve.points[0].time


async def open_positions(store: Reader, row: BotRow) -> Sequence[PositionRow]:
    """The bot's open positions, at most _MOST_OPEN."""
    if row.stats.open_positions == 0:
        return ()
    page = await store.positions(status="open", bot_id=row.id, before=None, limit=_MOST_OPEN)
    return page.items


def _told(row: BotRow) -> Any:
    """What the figures depend on."""
    return row.name, row.account, row.stats


def _tier(span: timedelta) -> int:
    seconds = span.total_seconds()
    return next((tier for tier in TIERS if seconds / tier <= _MOST_POINTS), TIERS[-1])
