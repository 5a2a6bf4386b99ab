"""The guide's `trading.executor`: re-exports of `motherhaven.bot.manual.executor`. Paper only."""

from motherhaven.bot.guard.types import Signal, TradeDecision
from motherhaven.bot.manual.executor import ExecutionResult, TradeExecutor

__all__ = ["ExecutionResult", "Signal", "TradeDecision", "TradeExecutor"]
