"""The one form in which a model answers: a tool with a strict schema, reasons before figures.

A model writes in the order of the schema, so that analysis comes first and every figure
follows from it.
"""

from collections.abc import Sequence
from typing import Any, Final

from motherhaven.bot.guard.faults import TOOL
from motherhaven.bot.guard.types import Action

__all__ = ["TOOL", "TOOL_DESCRIPTION", "answer_schema"]

TOOL_DESCRIPTION: Final = (
    "Give your analysis, then your decision for each coin. Call it exactly once."
)
_BOOK: Final = (
    "first of all: the account as a whole in 2 to 5 sentences - exposure, what the coins have in "
    "common, how much of the day's loss limit is left, what you will do and why"
)
_COIN: Final = (
    "before anything else of this coin: what the data say, for and against, in 1 to 4 sentences; "
    "for an open position whether its thesis still holds"
)


def answer_schema(coins: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an answer for `coins`: one decision a coin at most."""
    number = {"type": ["number", "null"]}
    properties: dict[str, Any] = {
        "coin": {"type": "string", "enum": list(coins)},
        "analysis": {"type": "string", "description": _COIN},
        "signal": {"type": "string", "enum": [action.value for action in Action]},
        "stop_loss": {
            **number,
            "description": "price in USD; entries need it, adjust: the new one; else null",
        },
        "profit_target": {**number, "description": "price in USD; adjust: the new one; or null"},
        "close_fraction": {
            **number,
            "description": "reduce: the part of the position to close, above 0 and below 1",
        },
        "invalidation_condition": {"type": ["string", "null"]},
        "leverage": {"type": "integer", "description": "whole number from 1"},
        "quantity_usd": {"type": "number", "description": "margin in USD; 0 for all but entries"},
        "confidence": {"type": "number", "description": "0 to 1"},
        "justification": {"type": "string", "description": "why, in a sentence or two"},
    }
    decision = {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(properties),
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "analysis": {"type": "string", "description": _BOOK},
            "decisions": {"type": "array", "items": decision},
        },
        "required": ["analysis", "decisions"],
    }
