"""Figures of bots from the start that all of them share, as if each had begun then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from motherhaven.contract.views import BotRow, PositionRow
from motherhaven.metrics import EquityPoint, daily_closes, daily_returns, max_drawdown, performance
from motherhaven.server.figures.closed_trades import KeptTrade
from motherhaven.server.figures.curves import bucket_for
from motherhaven.server.figures.histories import History, histories
from motherhaven.server.figures.metrics_view import Known, bot_metrics
from motherhaven.server.wire.figures import AlignedReturn, BotMetrics
from motherhaven.stores.amounts import minus
from motherhaven.stores.protocol import TIERS, Reader

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that all bots share; `whole` names those of which it is all but the end."""

    start: datetime
    end: datetime
    whole: frozenset[str] = frozenset()

    def holds(self, trade: KeptTrade) -> bool:
        """Whether a trade began and ended within it."""
        return self.start <= trade.opened_at and trade.closed_at <= self.end


@dataclass(frozen=True, slots=True)
class Aligned:
    """One bot within a span; `history` begins with its first equity there.

    trades: those within it, newest first; stated: (confidence, won) of them; open: what is
    open now.
    """

    row: BotRow
    history: History
    days: History
    trades: Sequence[KeptTrade]
    stated: Sequence[tuple[float, bool]]
    open: Sequence[PositionRow]


async def aligned_histories(
    store: Reader, ids: Sequence[str], lives: Mapping[str, tuple[datetime, datetime]], span: Span
) -> dict[str, History]:
    """Each bot's equity in the span, from the first value on; net flows are those after it."""
    bucket = bucket_for(span.end - span.start, len(ids))
    until = span.end + _MICROSECOND
    curves = await histories(store, ids, start=span.start, end=until, bucket=bucket)
    hour = span.start + timedelta(seconds=TIERS[2])
    fine = await histories(store, ids, start=span.start, end=hour, bucket=TIERS[0])
    return {
        name: _begun(fine[name], curves[name], is_own=lives[name][0] == span.start) for name in ids
    }


async def daily_histories(store: Reader, ids: Sequence[str], span: Span) -> dict[str, History]:
    """Each bot's daily equity from the day of the start on, without the unfinished last day."""
    first = datetime.combine(span.start.astimezone(UTC).date(), time(), UTC)
    until = datetime.combine(span.end.astimezone(UTC).date(), time(), UTC)
    if first >= until:
        return {}
    return await histories(store, ids, start=first, end=until, bucket=TIERS[-1])


def _begun(fine: History, curve: History, *, is_own: bool) -> History:
    """`is_own`: the span begins with the bot, so with its capital."""
    points = list(curve.points)
    first = fine.points[0].equity if fine.points else None
    if is_own and fine.capital:
        first = fine.capital
    if fine.begin is not None and first is not None and first != points[0].equity:
        points.insert(0, EquityPoint(fine.begin, first))
    flows = [flow for flow in curve.flows if points and flow.time >= points[0].time]
    return History(tuple(points), tuple(flows), fine.begin, None)


def aligned_return(bot_id: str, history: History) -> AlignedReturn:
    """Net of deposits, from the first equity to the last; pure."""
    points = history.points
    growth = performance(points, history.flows).total_return
    return AlignedReturn(
        bot_id=bot_id,
        start_equity=points[0].equity if points else None,
        end_equity=points[-1].equity if points else None,
        return_fraction=growth.value,
        points_n=growth.n,
    )


def aligned_metrics(bot: Aligned, span: Span) -> BotMetrics:
    """The metrics that the bot would have, had it begun with the span; pure."""
    stats = bot.row.stats
    whole = bot.row.id in span.whole
    fall = max_drawdown(bot.history.points, bot.history.flows)
    depth = None if fall is None else Decimal(str(fall.depth))
    update = {
        "closed_positions": len(bot.trades),
        "max_drawdown": stats.max_drawdown if whole else depth,
        "model_cost_usd": stats.model_cost_usd if whole else None,
        "first_equity": None,
    }
    account = bot.row.account
    if account is not None:
        account = account.model_copy(update={"total_pnl": _net(bot.history), "time": span.end})
    row = bot.row.model_copy(update={"stats": stats.model_copy(update=update), "account": account})
    return bot_metrics(
        Known(
            row=row,
            history=replace(bot.history, begin=span.start),
            first=datetime.combine(span.start.astimezone(UTC).date(), time(), UTC),
            returns=tuple(daily_returns(daily_closes(bot.days.points, bot.days.flows))),
            trades=bot.trades,
            open=[one for one in bot.open if one.entry_time <= span.end],
            stated=bot.stated,
        )
    )


def _net(history: History) -> Decimal | None:
    if not history.points:
        return None
    net = minus(history.points[-1].equity, history.points[0].equity)
    for flow in history.flows:
        if flow.time <= history.points[-1].time:
            net = minus(net, flow.amount)
    return net
