"""A hold or a close from parsed JSON: coin and signal decide, nothing else can refuse it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.guard.types import Signal, TradeDecision
from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.jsonio import check_text

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
MAX_TEXT: Final = 20_000
_MAX_LEVERAGE: Final = 1_000


def exit_decision(coin: str, signal: Signal, fields: Mapping[str, Any]) -> TradeDecision:
    """What else `fields` says is kept for the record where it can be, else left out.

    A close takes its size and leverage from the position itself, so that a leverage of 0,
    null, "n/a" or a negative quantity changes nothing about it.
    """
    plan = fields.get("exit_plan")
    wide = {**(plan if isinstance(plan, Mapping) else {}), **fields}
    confidence = _number(wide, "confidence")
    leverage = _number(wide, "leverage")
    whole = leverage is not None and leverage == leverage.to_integral_value()
    return TradeDecision(
        coin=coin,
        signal=signal,
        quantity_usd=_number(wide, "quantity_usd") or ZERO,
        leverage=int(leverage)
        if leverage is not None and whole and 1 <= leverage <= _MAX_LEVERAGE
        else 1,
        confidence=confidence if confidence is not None and confidence <= ONE else ZERO,
        stop_loss=_number(wide, "stop_loss") or None,
        profit_target=_number(wide, "profit_target") or None,
        invalidation_condition=_words(wide.get("invalidation_condition")) or None,
        justification=_words(wide.get("justification")),
    )


def _number(fields: Mapping[str, Any], name: str) -> Decimal | None:
    """A finite number of at least 0; anything else is not known."""
    value = fields.get(name)
    return value if isinstance(value, Decimal) and value.is_finite() and value >= 0 else None


def _words(value: object) -> str:
    """Text, cut where it is too long; a list or an object as its JSON; else nothing."""
    if isinstance(value, (list, Mapping)):
        try:
            value = json.dumps(value, default=str, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            return ""
    if not isinstance(value, str):
        return ""
    try:
        check_text(value[:MAX_TEXT])
    except InvalidJson:
        return ""
    return value[:MAX_TEXT]
