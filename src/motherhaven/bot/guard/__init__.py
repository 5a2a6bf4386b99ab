"""The guard between the model and the exchange: parse, judge, explain."""

from motherhaven.bot.guard.judgement import RULES, judge
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.types import (
    OpenPosition,
    ParsedAnswer,
    RejectedDecision,
    RiskContext,
    RiskLimits,
    Signal,
    TradeDecision,
    Verdict,
)

__all__ = [
    "RULES",
    "OpenPosition",
    "ParsedAnswer",
    "RejectedDecision",
    "RiskContext",
    "RiskLimits",
    "Signal",
    "TradeDecision",
    "Verdict",
    "judge",
    "parse_answer",
]
