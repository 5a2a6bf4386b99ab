"""Sharpe ratios of all bots, worked out once a day of market time for each."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from motherhaven.contract.views import BotRow, EquitySeries
from motherhaven.metrics import MIN_DAYS, EquityPoint, Figure, daily_closes, daily_returns, sharpe
from motherhaven.server.curves import DAWN
from motherhaven.stores.protocol import TIERS, Store

_NOTHING: Final[tuple[date, Figure[float]]] = (date.min, Figure(None, 0))


class Ratios:
    """Annualized Sharpe over the finished UTC days, with its n; None below MIN_DAYS.

    The rollups know equity only: a deposit between two days counts as that day's return.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, tuple[date, Figure[float]]] = {}

    async def of(self, rows: Sequence[BotRow]) -> dict[str, Figure[float]]:
        """The figure of each bot by id; only bots whose day has changed cost a query."""
        days = {row.id: row.account.time.astimezone(UTC).date() for row in rows if row.account}
        old = [name for name, day in days.items() if self._day(name) != day]
        if old:
            end = datetime.combine(max(days[name] for name in old), time(), UTC)
            found = await self._store.equity(old, start=DAWN, end=end, bucket=TIERS[-1])
            for series in found:
                day = days[series.bot_id]
                self._kept[series.bot_id] = (day, _figure(series, day))
        return {row.id: self._kept.get(row.id, _NOTHING)[1] for row in rows}

    def _day(self, bot_id: str) -> date | None:
        return self._kept[bot_id][0] if bot_id in self._kept else None


def _figure(series: EquitySeries, today: date) -> Figure[float]:
    until = datetime.combine(today, time(), UTC)
    points = [EquityPoint(one.time, one.equity) for one in series.points if one.time < until]
    returns = daily_returns(daily_closes(points))
    enough = len(returns) >= MIN_DAYS
    return Figure(sharpe(returns) if enough else None, len(returns))
