"""Pure metrics: returns, drawdown, ratios, trade statistics, calibration. No I/O, no clock."""

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
    "Drawdown",
    "EquityPoint",
    "Figure",
    "Flow",
    "Performance",
    "TradeStatistics",
    "cagr",
    "calibration",
    "calmar",
    "daily_closes",
    "daily_returns",
    "max_drawdown",
    "performance",
    "sharpe",
    "sortino",
    "total_return",
    "trade_statistics",
]
