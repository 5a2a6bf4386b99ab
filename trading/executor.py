"""The guide's `trading.executor`: re-exports of `motherhaven.bot.trade_executor`. Paper only."""

from motherhaven.bot.guard.types import Signal, TradeDecision
from motherhaven.bot.trade_executor import ExecutionResult, TradeExecutor

__all__ = ["ExecutionResult", "Signal", "TradeDecision", "TradeExecutor"]
