"""Pure metrics: returns, drawdown, ratios, trade statistics, calibration. No I/O, no clock."""

from motherhaven.metrics.breakdown import (
    Day,
    GroupFigures,
    Spread,
    by_day,
    group_figures,
    grouped,
    hold_bins,
    net_bins,
)
from motherhaven.metrics.calibration import Bin, Calibration, calibration
from motherhaven.metrics.drawdown import Drawdown, max_drawdown
from motherhaven.metrics.figures import Figure
from motherhaven.metrics.performance import MIN_DAYS, Performance, performance
from motherhaven.metrics.ratios import cagr, calmar, sharpe, sortino, total_return
from motherhaven.metrics.returns import EquityPoint, Flow, daily_closes, daily_returns
from motherhaven.metrics.trades import ClosedTrade, TradeStatistics, trade_statistics

__all__ = [
    "MIN_DAYS",
    "Bin",
    "Calibration",
    "ClosedTrade",
    "Day",
    "Drawdown",
    "EquityPoint",
    "Figure",
    "Flow",
    "GroupFigures",
    "Performance",
    "Spread",
    "TradeStatistics",
    "by_day",
    "cagr",
    "calibration",
    "calmar",
    "daily_closes",
    "daily_returns",
    "group_figures",
    "grouped",
    "hold_bins",
    "max_drawdown",
    "net_bins",
    "performance",
    "sharpe",
    "sortino",
    "total_return",
    "trade_statistics",
]
