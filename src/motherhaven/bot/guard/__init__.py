"""The guard between the model and the exchange: parse, judge, explain."""

from motherhaven.bot.guard.judgement import judge
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.rules import RULES
from motherhaven.bot.guard.types import (
    OpenPosition,
    ParsedAnswer,
    RejectedDecision,
    RiskContext,
    Signal,
    TradeDecision,
    Verdict,
)
from motherhaven.contract.limits import RiskLimits

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
