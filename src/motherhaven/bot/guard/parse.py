"""The strict parser: a model's raw answer becomes decisions, or reasons why not."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.answer_fields import MAX_TEXT, Fields
from motherhaven.bot.guard.answer_json import Spoiled
from motherhaven.bot.guard.answer_names import ACTIONS, read_action
from motherhaven.bot.guard.answer_shape import Item, analyses_of, decisions_of, kind_of
from motherhaven.bot.guard.answer_text import read_document
from motherhaven.bot.guard.faults import AnswerFault, FaultCode
from motherhaven.bot.guard.types import (
    Action,
    ParsedAnswer,
    RejectedDecision,
    Signal,
    TradeDecision,
)
from motherhaven.contract.coins import is_scoped, match_coin, normalise_symbol, scoped_refusal
from motherhaven.contract.errors import MarketError

_GLUED: Final = re.compile(r"([A-Za-z0-9]{1,24}?)_?(?:USDT|USDC|USD|PERP)", re.IGNORECASE)
"""Symbols such as BTCUSDT: taken only where the market lists the coin before the quote."""


def parse_answer(text: str, coins: Collection[str] | None = None) -> ParsedAnswer:
    """Read an answer: {"decisions": [...]}, a bare list, one decision, or keyed by coin.

    `coins` is the market's list, whose spelling is used; None takes every coin's short
    name. A decision that cannot be taken is rejected alone; what makes the whole answer
    unreadable sets `error`, and `truncated` when it was cut off. Never raises.
    Tool calls side by side are merged if they decide for different coins.
    """
    try:
        document = read_document(text)
        items = decisions_of(document)
    except AnswerFault as fault:
        truncated = fault.code is FaultCode.TRUNCATED
        return ParsedAnswer(error=str(fault), truncated=truncated, code=fault.code)
    return replace(_parsed(items, coins), analysis=_analysis(document))


def _analysis(document: object) -> str:
    """What the answer says of the whole account; it never refuses the decisions beside it."""
    fields = Fields({"analysis": "\n\n".join(analyses_of(document))[:MAX_TEXT]})
    fields.forgive = True
    return fields.text("analysis")


def _parsed(items: Sequence[Item], coins: Collection[str] | None) -> ParsedAnswer:
    decisions: list[TradeDecision] = []
    indices: list[int] = []
    rejected: list[RejectedDecision] = []
    for index, item in enumerate(items):
        try:
            decisions.append(parse_decision(item.value, coins, item.key))
            indices.append(index)
        except AnswerFault as fault:
            rejected.append(_rejection(index, item, coins, fault))
    between = _between_calls(items, indices, decisions)
    if between is not None:
        return ParsedAnswer(
            error=f"several tool calls decide for {between}; call the tool once",
            code=FaultCode.SEVERAL_DOCUMENTS,
        )
    return ParsedAnswer(tuple(decisions), tuple(rejected), indices=tuple(indices))


def _between_calls(
    items: Sequence[Item], indices: Iterable[int], decisions: Iterable[TradeDecision]
) -> str | None:
    """A coin for which two tool calls of one answer decide, None when there is none."""
    calls: dict[str, int | None] = {}
    for index, decision in zip(indices, decisions, strict=True):
        call = items[index].call
        if calls.setdefault(decision.coin, call) != call:
            return decision.coin
    return None


def parse_decision(
    item: object, coins: Collection[str] | None = None, key: str | None = None
) -> TradeDecision:
    """One decision from parsed JSON; `key` is the coin that it is filed under, if it is.

    A hold or a close needs coin and signal alone; but for the part that is to be closed
    nothing else in it refuses it.

    Raises:
        AnswerFault: a field is missing, of the wrong type or out of range; the
            message names it.
    """
    if not isinstance(item, Mapping):
        raise AnswerFault(
            FaultCode.WRONG_TYPE, f"a decision must be an object, not {kind_of(item)}"
        )
    fields = Fields(item)
    action = _action(fields)
    signal = action.signal
    coin = _coin(fields, coins, key)
    if not signal.is_entry:
        fields.forgive = True
    elif isinstance(item, Spoiled):
        raise AnswerFault(FaultCode.DUPLICATE_KEY, item.why)
    fields.flatten_plan()
    quantity = fields.quantity(needed=signal.is_entry)
    leverage = fields.leverage(needed=signal.is_entry)
    confidence = fields.confidence(needed=signal.is_entry)
    analysis = fields.text("analysis")
    part = _part(fields, action)
    moved = _moved(fields, action)
    adjusts = action is Action.ADJUST
    return TradeDecision(
        coin=coin,
        signal=signal,
        quantity_usd=quantity,
        leverage=leverage,
        confidence=confidence,
        stop_loss=None if adjusts else fields.price("stop_loss"),
        profit_target=None if adjusts else fields.price("profit_target"),
        invalidation_condition=fields.text("invalidation_condition") or None,
        justification=fields.text("justification") or analysis,
        notes=tuple(fields.notes),
        analysis=analysis,
        close_fraction=part,
        adjusted_stop_loss=moved[0],
        adjusted_profit_target=moved[1],
    )


def _part(fields: Fields, action: Action) -> Decimal | None:
    """The part of the position that is to be closed, None for the whole."""
    if action.signal is not Signal.CLOSE:
        return None
    part = fields.fraction("close_fraction")
    if action is Action.REDUCE and part is None:
        raise AnswerFault(
            FaultCode.MISSING,
            "close_fraction is missing; a reduce needs it, e.g. 0.5 for half, else send close",
        )
    return part


def _moved(fields: Fields, action: Action) -> tuple[Decimal | None, Decimal | None]:
    """Where stop and target are to be moved. A hold moves only what it names as adjusted."""
    if action.signal is not Signal.HOLD:
        return None, None
    # What is to be moved must be readable; else an adjust is as forgiving as a hold.
    fields.forgive = action is Action.HOLD
    stop, target = fields.price("adjusted_stop_loss"), fields.price("adjusted_profit_target")
    if action is Action.HOLD:
        return stop, target
    stop, target = stop or fields.price("stop_loss"), target or fields.price("profit_target")
    fields.forgive = True
    if stop is None and target is None:
        raise AnswerFault(
            FaultCode.MISSING,
            "stop_loss and profit_target are missing; an adjust needs the one that is to move",
        )
    return stop, target


def _action(fields: Fields) -> Action:
    """The action; a side alone ("long") is taken for it, beside one it must not contradict."""
    value, side = fields.named("signal"), fields.named("side")
    if value is None:
        value, side = side, None
    action = read_action(value) if isinstance(value, str) else None
    if action is None:
        if value is None:
            raise AnswerFault(FaultCode.MISSING, f"signal is missing; send one of {_allowed()}")
        shown = repr(value[:40]) if isinstance(value, str) else kind_of(value)
        raise AnswerFault(FaultCode.UNKNOWN_SIGNAL, f"signal {shown} is not one of {_allowed()}")
    against = read_action(side) if isinstance(side, str) else None
    if action.signal.is_entry and against is not None and against is not action:
        raise AnswerFault(
            FaultCode.AMBIGUOUS, f"signal {value!r} and side {side!r} contradict each other"
        )
    return action


def _allowed() -> str:
    return ", ".join(dict.fromkeys(action.value for action in ACTIONS.values()))


def _coin(fields: Fields, coins: Collection[str] | None, key: str | None) -> str:
    value = fields.named("coin")
    if value is None and key is not None:
        return _named_coin(key, coins)
    if not isinstance(value, str):
        code = FaultCode.MISSING if value is None else FaultCode.WRONG_TYPE
        raise AnswerFault(code, f"coin must be text such as BTC, not {kind_of(value)}")
    coin = _named_coin(value, coins)
    if key is not None and _named_coin(key, coins) != coin:
        raise AnswerFault(
            FaultCode.AMBIGUOUS, f"the decision under {key[:40]!r} names the coin {coin}"
        )
    return coin


def _named_coin(text: str, coins: Collection[str] | None) -> str:
    if coins is None:
        try:
            return normalise_symbol(text)
        except MarketError as error:
            raise AnswerFault(FaultCode.UNKNOWN_COIN, f"coin: {error}") from None
    found = match_coin(text, coins)
    if found is None and (glued := _GLUED.fullmatch(text.strip()[:64])):
        found = match_coin(glued[1], coins)
    if found is not None:
        return found
    if is_scoped(text) and "/" not in text:
        raise AnswerFault(FaultCode.UNKNOWN_COIN, f"coin: {scoped_refusal(text.strip())}")
    listed = ", ".join(sorted(coins)[:20])
    raise AnswerFault(
        FaultCode.UNKNOWN_COIN, f"coin {text[:40]!r} is not one of this market's: {listed}"
    )


def _rejection(
    index: int, item: Item, coins: Collection[str] | None, fault: AnswerFault
) -> RejectedDecision:
    coin = signal = None
    if isinstance(item.value, Mapping):
        fields = Fields(item.value)
        for known in (coins, None):
            try:
                coin = coin or _coin(fields, known, item.key)
            except AnswerFault:
                continue
        try:
            signal = _action(fields).signal.value
        except AnswerFault:
            signal = None
    return RejectedDecision(index, coin, signal, str(fault), fault.code)
