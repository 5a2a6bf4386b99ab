"""The strict parser: a model's raw answer becomes decisions, or reasons why not."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.exchange.symbols import normalise_symbol
from motherhaven.bot.guard.answer_text import Bad, Spoiled, read_json
from motherhaven.bot.guard.exit_decision import exit_decision
from motherhaven.bot.guard.types import (
    ParsedAnswer,
    RejectedDecision,
    Signal,
    TradeDecision,
)
from motherhaven.contract.errors import (
    AnswerMalformed,
    AnswerTruncated,
    InvalidJson,
    MarketError,
)
from motherhaven.contract.jsonio import check_text

MAX_DECISIONS: Final = 50
MAX_TEXT: Final = 20_000
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_PLAN: Final = ("stop_loss", "profit_target", "invalidation_condition")


def parse_answer(text: str) -> ParsedAnswer:
    """Read an answer: {"decisions": [...]}, a bare list, or one decision object.

    A decision that cannot be taken is rejected alone; what makes the whole answer
    unreadable sets `error`, and `truncated` when it was cut off. Never raises.
    """
    try:
        items = _items(read_json(text))
    except AnswerTruncated as error:
        return ParsedAnswer(error=str(error), truncated=True)
    except AnswerMalformed as error:
        return ParsedAnswer(error=str(error))
    decisions: list[TradeDecision] = []
    indices: list[int] = []
    rejected: list[RejectedDecision] = []
    for index, item in enumerate(items):
        try:
            decisions.append(parse_decision(item))
            indices.append(index)
        except AnswerMalformed as error:
            rejected.append(_rejection(index, item, str(error)))
    return ParsedAnswer(tuple(decisions), tuple(rejected), indices=tuple(indices))


def parse_decision(item: object) -> TradeDecision:
    """One decision from parsed JSON; a close or a hold needs its coin and signal alone.

    Raises:
        AnswerMalformed: a field is missing, of the wrong type or out of range; the
            message names it.
    """
    if not isinstance(item, Mapping):
        raise AnswerMalformed(f"a decision must be an object, not {_kind(item)}")
    if isinstance(item, Spoiled) and not item.repeated.isdisjoint({"coin", "signal"}):
        raise AnswerMalformed(f"{item.why}; send each key once")
    signal = _signal(item)
    if not signal.is_entry:
        return exit_decision(_coin(item), signal, item)
    if isinstance(item, Spoiled):
        raise AnswerMalformed(f"{item.why}; send each key once")
    fields = _flat(item)
    quantity = _decimal(fields, "quantity_usd", required=True)
    leverage = _decimal(fields, "leverage", required=True)
    confidence = _decimal(fields, "confidence", required=True)
    if quantity is not None and quantity <= 0:
        raise AnswerMalformed(f"quantity_usd {quantity} must be above 0")
    if leverage is not None and (leverage != leverage.to_integral_value() or leverage < 1):
        raise AnswerMalformed(f"leverage {leverage} must be a whole number from 1 on")
    if confidence is not None and not ZERO <= confidence <= ONE:
        raise AnswerMalformed(f"confidence {confidence} must lie between 0 and 1")
    return TradeDecision(
        coin=_coin(fields),
        signal=signal,
        quantity_usd=quantity or ZERO,
        leverage=int(leverage) if leverage is not None else 1,
        confidence=confidence or ZERO,
        stop_loss=_price(fields, "stop_loss"),
        profit_target=_price(fields, "profit_target"),
        invalidation_condition=_text(fields, "invalidation_condition") or None,
        justification=_text(fields, "justification"),
    )


def _items(value: object) -> list[object]:
    if isinstance(value, Spoiled) and "decisions" in value:
        raise AnswerMalformed(f"{value.why}; send each key once")
    items = value.get("decisions", [value]) if isinstance(value, Mapping) else value
    if not isinstance(items, list):
        raise AnswerMalformed(f"decisions must be a list of objects, not {_kind(items)}")
    if len(items) > MAX_DECISIONS:
        raise AnswerMalformed(f"{len(items)} decisions; at most {MAX_DECISIONS} are read")
    return items


def _flat(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with those of exit_plan beside them; a contradiction is refused."""
    fields = dict(item)
    plan = fields.pop("exit_plan", None)
    if plan is None:
        return fields
    if isinstance(plan, Spoiled):
        raise AnswerMalformed(f"exit_plan: {plan.why}; send each key once")
    if not isinstance(plan, Mapping):
        raise AnswerMalformed(f"exit_plan must be an object or null, not {_kind(plan)}")
    for name in _PLAN:
        if plan.get(name) is None:
            continue
        if fields.get(name) is not None and fields[name] != plan[name]:
            raise AnswerMalformed(f"{name} differs from exit_plan.{name}; send it once")
        fields[name] = plan[name]
    return fields


def _signal(fields: Mapping[str, Any]) -> Signal:
    value = fields.get("signal")
    try:
        if isinstance(value, str):
            return Signal(value)
    except ValueError:
        pass
    allowed = ", ".join(signal.value for signal in Signal)
    raise AnswerMalformed(f"signal {_shown(value)} is not one of {allowed}")


def _coin(fields: Mapping[str, Any]) -> str:
    value = fields.get("coin")
    if not isinstance(value, str):
        raise AnswerMalformed(f"coin must be text such as BTC, not {_kind(value)}")
    try:
        return normalise_symbol(value)
    except MarketError as error:
        raise AnswerMalformed(f"coin: {error}") from None


def _decimal(fields: Mapping[str, Any], name: str, *, required: bool = False) -> Decimal | None:
    value = fields.get(name)
    if value is None:
        if required:
            raise AnswerMalformed(f"{name} is missing; an entry needs it")
        return None
    if isinstance(value, Decimal):
        return value
    why = value.why if isinstance(value, Bad) else f"must be a number, not {_kind(value)}"
    raise AnswerMalformed(f"{name}: {why}")


def _price(fields: Mapping[str, Any], name: str) -> Decimal | None:
    value = _decimal(fields, name)
    if value is not None and value < 0:
        raise AnswerMalformed(f"{name} {value} must be above 0")
    return value or None


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AnswerMalformed(f"{name} must be text, not {_kind(value)}")
    if len(value) > MAX_TEXT:
        raise AnswerMalformed(f"{name} has {len(value)} characters; at most {MAX_TEXT}")
    try:
        check_text(value)
    except InvalidJson as error:
        raise AnswerMalformed(f"{name}: {error}") from None
    return value


def _rejection(index: int, item: object, reason: str) -> RejectedDecision:
    coin = signal = None
    if isinstance(item, Mapping):
        try:
            coin = _coin(item)
        except AnswerMalformed:
            coin = None
        raw = item.get("signal")
        signal = raw if isinstance(raw, str) and raw in set(Signal) else None
    return RejectedDecision(index, coin, signal, reason)


def _kind(value: object) -> str:
    names = {
        type(None): "null",
        bool: "a boolean",
        str: "text",
        Decimal: "a number",
        list: "a list",
    }
    if isinstance(value, Mapping):
        return "an object"
    return value.why if isinstance(value, Bad) else names.get(type(value), "that")


def _shown(value: object) -> str:
    return repr(value[:40]) if isinstance(value, str) else _kind(value)
