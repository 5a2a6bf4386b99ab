"""The whole picture of an account: every figure with its n, annualized only with cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.metrics.drawdown import Drawdown, max_drawdown
from motherhaven.metrics.figures import Figure
from motherhaven.metrics.ratios import cagr, calmar, sharpe, sortino
from motherhaven.metrics.returns import EquityPoint, Flow, daily_closes, daily_returns, unit_prices
from motherhaven.metrics.trades import ClosedTrade, TradeStatistics, trade_statistics

MIN_DAYS: Final = 30
"""Below this many daily returns an annualized figure would only mislead: None."""


@dataclass(frozen=True, slots=True)
class Performance:
    """Returns as fractions, ratios annualized (None below MIN_DAYS), drawdown, trades.

    The n of the ratios is the number of daily returns; that of the total return, which
    runs from the first point to the last, the number of points.
    """

    total_return: Figure[float]
    sharpe: Figure[float]
    sortino: Figure[float]
    cagr: Figure[float]
    calmar: Figure[float]
    drawdown: Drawdown | None
    trades: TradeStatistics


def performance(
    points: Sequence[EquityPoint],
    flows: Sequence[Flow] = (),
    trades: Sequence[ClosedTrade] = (),
) -> Performance:
    """Everything about an account from its equity points (in order), flows and trades."""
    returns = daily_returns(daily_closes(points, flows))
    days = len(returns)
    fall = max_drawdown(points, flows)
    enough = days >= MIN_DAYS
    start, end = (points[0].time, points[-1].time) if points else (None, None)
    mean = sum((p.equity for p in points), Decimal(0)) / len(points) if points else None
    return Performance(
        total_return=_growth(points, flows),
        sharpe=Figure(sharpe(returns) if enough else None, days),
        sortino=Figure(sortino(returns) if enough else None, days),
        cagr=Figure(cagr(returns) if enough else None, days),
        calmar=Figure(calmar(returns, fall.depth if fall else None) if enough else None, days),
        drawdown=fall,
        trades=trade_statistics(trades, start, end, mean),
    )


def _growth(points: Sequence[EquityPoint], flows: Sequence[Flow]) -> Figure[float]:
    prices = [price for _, price in unit_prices(points, flows)]
    if len(prices) < 2 or prices[0] <= 0:
        return Figure(None, len(prices))
    return Figure(float(prices[-1] / prices[0] - 1), len(prices))
