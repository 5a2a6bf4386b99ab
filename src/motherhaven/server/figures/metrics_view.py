"""One bot's metrics from what is known of it; every figure comes from motherhaven.metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from motherhaven.contract.money import ZERO
from motherhaven.contract.views import BotRow, BotStats, PositionRow
from motherhaven.metrics import (
    MIN_DAYS,
    ClosedTrade,
    EquityPoint,
    Performance,
    cagr,
    calibration,
    calmar,
    performance,
    sharpe,
    sortino,
    trade_statistics,
)
from motherhaven.server.figures.closed_trades import KeptTrade
from motherhaven.server.figures.histories import History
from motherhaven.server.wire.figures import (
    BotMetrics,
    CalibrationBin,
    PerformanceFigures,
    TradeFigures,
)
from motherhaven.stores.amounts import minus, plus, shown


@dataclass(frozen=True, slots=True)
class Known:
    """What a bot's metrics are made of.

    first: the UTC day on which its equity begins; returns: of its finished days; trades:
    newest first; stated: (confidence, won) of its closed trades.
    """

    row: BotRow
    history: History
    first: datetime | None
    returns: Sequence[float]
    trades: Sequence[KeptTrade]
    open: Sequence[PositionRow]
    stated: Sequence[tuple[float, bool]]


def bot_metrics(known: Known) -> BotMetrics:
    """The metrics; pure."""
    row = known.row
    points = _points(known)
    trades = [one.trade for one in known.trades if one.trade is not None]
    whole = performance(points, known.history.flows, trades)
    told = calibration(known.stated)
    cost = row.stats.model_cost_usd
    net = row.stats.realized_pnl if row.account is None else row.account.total_pnl
    return BotMetrics(
        bot_id=row.id,
        bot_name=row.name,
        performance=_performance(known, whole, len(points)),
        trades=_trades(known, trades, whole),
        calibration=tuple(
            CalibrationBin(
                low=one.low, high=one.high, n=one.n, stated=one.mean_confidence, won=one.win_rate
            )
            for one in told.bins
        ),
        calibration_n=told.n,
        brier=told.brier,
        model_cost_usd=cost,
        net_usd=net,
        net_after_model_cost=None if net is None or cost is None else shown(minus(net, cost)),
    )


def no_metrics(row: BotRow, reason: str) -> BotMetrics:
    """A bot's place among the metrics while its figures are unavailable."""
    empty = replace(
        Known(row, History(), None, (), (), (), ()),
        row=row.model_copy(update={"stats": BotStats(), "account": None}),
    )
    return bot_metrics(empty).model_copy(update={"unavailable": reason})


def _points(known: Known) -> list[EquityPoint]:
    """The curve, from the capital on: a bucket keeps only its last equity.

    So the return is the one of equity - deposits, the first entries' fees included.
    """
    points = list(known.history.points)
    first = known.history.capital or known.row.stats.first_equity
    begin = known.history.begin
    if begin is not None and first is not None and first != points[0].equity:
        points.insert(0, EquityPoint(begin, first))
    return points


def _performance(known: Known, whole: Performance, points_n: int) -> PerformanceFigures:
    returns = known.returns
    enough = len(returns) >= MIN_DAYS
    depth = known.row.stats.max_drawdown
    account = known.row.account
    days = 0
    if account is not None and known.first is not None:
        days = (account.time.astimezone(UTC).date() - known.first.date()).days + 1
    return PerformanceFigures(
        days=days,
        min_days=MIN_DAYS,
        returns_n=len(returns),
        points_n=points_n,
        total_return=whole.total_return.value,
        max_drawdown=None if depth is None else float(depth),
        drawdown_seconds=_seconds(whole.drawdown.duration) if whole.drawdown else None,
        sharpe=sharpe(returns) if enough else None,
        sortino=sortino(returns) if enough else None,
        cagr=cagr(returns) if enough else None,
        calmar=calmar(returns, None if depth is None else float(depth)) if enough else None,
    )


def _trades(known: Known, trades: Sequence[ClosedTrade], whole: Performance) -> TradeFigures:
    told = whole.trades
    with_fees = [
        one.trade for one in known.trades if one.trade is not None and one.fees is not None
    ]
    return TradeFigures(
        n=told.n,
        closed=known.row.stats.closed_positions,
        wins=told.wins,
        losses=told.losses,
        break_evens=told.break_evens,
        win_rate=told.win_rate,
        profit_factor=told.profit_factor,
        expectancy=shown(told.expectancy),
        net_pnl=_sum([trade.net for trade in trades]),
        fees_usd=_sum([one.fees for one in known.trades]),
        funding_usd=_sum([one.paid for one in known.trades]),
        median_hold_seconds=_seconds(told.median_hold),
        exposure=_exposure(known, trades),
        turnover=told.turnover,
        fees_n=len(with_fees),
        fee_share=trade_statistics(with_fees).fee_share,
        long_share_time=told.long_time_share,
        long_share_notional=told.long_notional_share,
    )


def _exposure(known: Known, trades: Sequence[ClosedTrade]) -> float | None:
    """The share of the time with a position, the ones still open included."""
    account, start = known.row.account, known.history.begin
    if account is None or start is None:
        return None
    end = account.time
    if len(known.trades) < known.row.stats.closed_positions:
        start = max(start, min(one.opened_at for one in known.trades))
    running = [
        ClosedTrade(row.side, ZERO, ZERO, ZERO, ZERO, row.entry_time, max(row.entry_time, end))
        for row in known.open
    ]
    return trade_statistics([*trades, *running], start, end).exposure


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    total: Decimal | None = None
    for amount in amounts:
        total = plus(total, amount)
    return shown(total)
