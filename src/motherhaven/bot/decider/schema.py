"""The one form in which a model answers: a tool with a strict schema."""

from collections.abc import Sequence
from typing import Any, Final

from motherhaven.bot.guard.faults import TOOL

__all__ = ["TOOL", "TOOL_DESCRIPTION", "answer_schema"]

TOOL_DESCRIPTION: Final = "Give your decision for each coin. Call it exactly once."


def answer_schema(coins: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an answer for `coins`: one decision a coin at most."""
    number = {"type": ["number", "null"]}
    decision = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "coin": {"type": "string", "enum": list(coins)},
            "signal": {
                "type": "string",
                "enum": ["buy_to_enter", "sell_to_enter", "hold", "close"],
            },
            "quantity_usd": {"type": "number", "description": "margin in USD; 0 for hold, close"},
            "leverage": {"type": "integer", "description": "whole number from 1"},
            "confidence": {"type": "number", "description": "0 to 1"},
            "stop_loss": {**number, "description": "price in USD; required for entries"},
            "profit_target": {**number, "description": "price in USD, or null"},
            "invalidation_condition": {"type": ["string", "null"]},
            "justification": {"type": "string", "description": "why, in a few sentences"},
        },
        "required": [
            "coin",
            "signal",
            "quantity_usd",
            "leverage",
            "confidence",
            "stop_loss",
            "profit_target",
            "invalidation_condition",
            "justification",
        ],
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {"decisions": {"type": "array", "items": decision}},
        "required": ["decisions"],
    }
