"""The guard's rules, one file a family, in the order in which they are asked."""

from typing import Final

from motherhaven.bot.guard.rule import MarginLimit, Rule, RuleText
from motherhaven.bot.guard.rules import (
    actions,
    coins,
    day,
    entries,
    freshness,
    halts,
    size,
    stops,
)
from motherhaven.contract.limits import RiskLimits

RULES: Final[tuple[Rule, ...]] = (
    *coins.RULES,
    *halts.RULES,
    *freshness.RULES,
    *day.RULES,
    *entries.RULES,
    *size.RULES,
    *stops.RULES,
)
"""What refuses an entry outright, in order; those with `on_adjust` refuse to move exits too."""

MARGIN_LIMITS: Final[tuple[MarginLimit, ...]] = size.MARGIN_LIMITS
"""How much margin each limit leaves, asked after the rules."""

ALL: Final[tuple[RuleText, ...]] = (
    *actions.RULES,
    *RULES,
    size.quantity,
    *MARGIN_LIMITS,
    size.min_notional,
)
"""Everything that can decide a verdict: each code is here once."""


def prompt_lines(limits: RiskLimits) -> list[str]:
    """What the model is told of the rules, in their order."""
    lines = (rule.line(limits) for rule in ALL)
    return [line for line in lines if line is not None]
