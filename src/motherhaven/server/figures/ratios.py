"""Daily returns of all bots, worked out once a day of market time for each."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from motherhaven.contract.views import BotRow, DepositPoint, EquitySeries
from motherhaven.metrics import MIN_DAYS, Figure, Flow, daily_closes, daily_returns, sharpe
from motherhaven.server.figures.curves import DAWN, floor_time
from motherhaven.server.figures.histories import flows_of
from motherhaven.server.figures.isolated import of_each
from motherhaven.stores.protocol import TIERS, Reader

_DAY: Final = TIERS[-1]
_NOTHING: Final[tuple[date, tuple[float, ...]]] = (date.min, ())


class DailyReturns:
    """The returns of each bot's finished UTC days, net of deposits."""

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._kept: dict[str, tuple[date, tuple[float, ...]]] = {}
        self.failed: dict[str, str] = {}
        """Why there are none, for bots whose history cannot be read."""

    async def of(self, rows: Sequence[BotRow]) -> dict[str, tuple[float, ...]]:
        """The returns of each bot by id; only bots whose day has changed cost a query."""
        days = {row.id: row.account.time.astimezone(UTC).date() for row in rows if row.account}
        old = [name for name, day in days.items() if self._day(name) != day]
        if old:
            end = datetime.combine(max(days[name] for name in old), time(), UTC)

            async def read(ids: Sequence[str]) -> dict[str, tuple[float, ...]]:
                curves = await self._store.equity(ids, start=DAWN, end=end, bucket=_DAY)
                deposits = await self._store.deposits(ids)
                return {
                    one.bot_id: _returns(one, deposits.get(one.bot_id, ()), days[one.bot_id])
                    for one in curves
                }

            found, failed = await of_each(old, read)
            for name in old:
                self._kept[name] = (days[name], found.get(name, ()))
            self.failed = {n: text for n, text in self.failed.items() if n not in old} | failed
        return {row.id: self._kept.get(row.id, _NOTHING)[1] for row in rows}

    def _day(self, bot_id: str) -> date | None:
        return self._kept[bot_id][0] if bot_id in self._kept else None


def sharpe_of(returns: Sequence[float]) -> Figure[float]:
    """The annualized Sharpe ratio with its n; None below MIN_DAYS."""
    return Figure(sharpe(returns) if len(returns) >= MIN_DAYS else None, len(returns))


def _returns(
    curve: EquitySeries, deposits: Sequence[DepositPoint], today: date
) -> tuple[float, ...]:
    """Of a curve by day, whose points stand where their day begins, and so do the flows here."""
    until = datetime.combine(today, time(), UTC)
    points = [point for point in curve.points if point.time < until]
    flows = [Flow(floor_time(flow.time, _DAY), flow.amount) for flow in flows_of(deposits)]
    return tuple(daily_returns(daily_closes(points, flows)))
