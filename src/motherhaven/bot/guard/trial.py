"""What `motherhaven judge` shows: parse and verdict for a raw answer, nothing placed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.guard.faults import FaultCode
from motherhaven.bot.guard.judgement import judge
from motherhaven.bot.guard.limits import limits_from_mapping
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.types import (
    Action,
    OpenPosition,
    RejectedDecision,
    RiskContext,
    TradeDecision,
    Verdict,
)
from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import (
    ConfigError,
    ContractError,
    InvalidEvent,
    MarketError,
    MotherhavenError,
)
from motherhaven.contract.money import plain, to_decimal
from motherhaven.contract.times import parse_time

_OUTCOMES: Final = {"buy_to_enter": "buy", "sell_to_enter": "sell"}
"""Outcomes in another word than the action's own."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def judge_answer(answer_text: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Parse and judge a raw model answer in the given state.

    state: {"equity", "day_start_equity", "now", "marks": {COIN: price}, "positions":
    {COIN: {"size", "entry", "leverage"}}, "settings": {NAME: value}}; "kill_switch",
    "available", "asked_at", "data_times", "last_trades", "trades_today" are optional, as are
    a position's "stop_loss", "profit_target" and "liquidation_price".
    Returns {"outcome": "buy", "sell", "hold", "adjust", "reduce", "close" (several joined by
    "+") or "refused", "code": the kind of the fault or the rule that refused, "parsed": [...],
    "verdicts": [{"coin", "signal", "allowed", "rule", "reason", …}], "error": text or
    None}, with "analysis" where the answer has one. Never raises: what is wrong is in "error".
    """
    try:
        view = read_view(state)
        limits = limits_from_mapping(_mapping(state, "settings"))
    except MotherhavenError as error:
        parsed = parse_answer(answer_text)
        shown = [_decision(decision) for decision in parsed.decisions]
        return _told(shown, [], f"state: {error}", "state", parsed.analysis)
    parsed = parse_answer(answer_text, limits.coins | set(view.marks) | set(view.positions))
    shown = [_decision(decision) for decision in parsed.decisions]
    verdicts = dict(zip(parsed.indices, judge(parsed.decisions, view, limits), strict=True))
    asked = dict(zip(parsed.indices, parsed.decisions, strict=True))
    rows = {index: _verdict(verdict, asked[index]) for index, verdict in verdicts.items()}
    rows |= {rejected.index: _unparsed(rejected) for rejected in parsed.rejected}
    judged = [rows[index] for index in sorted(rows)]
    return _told(shown, judged, parsed.error, parsed.code, parsed.analysis)


def _told(
    shown: list[dict[str, Any]],
    verdicts: list[dict[str, Any]],
    error: str | None,
    code: str | None,
    analysis: str,
) -> dict[str, Any]:
    """The result with its outcome in one word, and the first reason why not."""
    done = (row.get("action") or row["signal"] for row in verdicts if row["allowed"])
    allowed = list(dict.fromkeys(_OUTCOMES.get(action, action) for action in done))
    refused = [row.get("code") or row["rule"] for row in verdicts if not row["allowed"]]
    nothing = "refused" if error or refused else "hold"
    return {
        "outcome": "+".join(allowed) or nothing,
        "code": code or next(iter(refused), None),
        "parsed": shown,
        "verdicts": verdicts,
        "error": error,
        **({"analysis": analysis} if analysis else {}),
    }


def read_view(state: Mapping[str, Any]) -> RiskContext:
    """The guard's view from plain JSON data.

    Raises:
        MotherhavenError: something is missing or malformed; the message names it.
    """
    if not isinstance(state, Mapping):
        raise ConfigError("not an object; send equity, day_start_equity, now, marks, positions")
    start = state.get("day_start_equity")
    available = state.get("available")
    asked = state.get("asked_at")
    times = _mapping(state, "data_times") if state.get("data_times") is not None else None
    return RiskContext(
        now=_time(state.get("now"), "now"),
        equity=to_decimal(state.get("equity"), "equity"),
        day_start_equity=None if start is None else to_decimal(start, "day_start_equity"),
        marks={
            _coin(coin): to_decimal(price, f"marks.{coin}")
            for coin, price in _mapping(state, "marks").items()
        },
        positions={
            _coin(coin): _position(coin, held)
            for coin, held in _mapping(state, "positions").items()
        },
        available=None if available is None else to_decimal(available, "available"),
        data_times=None
        if times is None
        else {_coin(coin): _time(value, f"data_times.{coin}") for coin, value in times.items()},
        last_trades={
            _coin(coin): _time(value, f"last_trades.{coin}")
            for coin, value in _mapping(state, "last_trades").items()
        },
        trades_today=int(to_decimal(state.get("trades_today", 0), "trades_today")),
        asked_at=None if asked is None else _time(asked, "asked_at"),
        kill_switch=state.get("kill_switch") not in (None, False),
    )


def _position(coin: str, held: object) -> OpenPosition:
    where = f"positions.{coin}"
    if not isinstance(held, Mapping):
        raise ConfigError(f"{where}: not an object; send size, entry and leverage")
    leverage = to_decimal(held.get("leverage", 1), f"{where}.leverage")
    entry = to_decimal(held.get("entry"), f"{where}.entry")
    if leverage < 1 or leverage != leverage.to_integral_value() or entry <= 0:
        raise ConfigError(f"{where}: leverage must be a whole number from 1 on, entry above 0")
    prices = (
        None if held.get(name) is None else to_decimal(held[name], f"{where}.{name}")
        for name in ("stop_loss", "profit_target", "liquidation_price")
    )
    size = to_decimal(held.get("size"), f"{where}.size")
    return OpenPosition(size, entry, int(leverage), *prices)


def _mapping(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = state.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{name}: not an object")
    return value


def _time(value: object, name: str) -> datetime:
    try:
        return parse_time(value, _EPOCH, name)
    except InvalidEvent as error:
        raise ConfigError(str(error)) from None


def _coin(symbol: str) -> str:
    try:
        return normalise_symbol(symbol)
    except MarketError as error:
        raise ContractError(str(error)) from None


def _decision(decision: TradeDecision) -> dict[str, Any]:
    return {
        "coin": decision.coin,
        "signal": decision.signal.value,
        "quantity_usd": plain(decision.quantity_usd),
        "leverage": decision.leverage,
        "confidence": plain(decision.confidence),
        "stop_loss": _plain(decision.stop_loss),
        "profit_target": _plain(decision.profit_target),
        "invalidation_condition": decision.invalidation_condition,
        "justification": decision.justification,
        "notes": list(decision.notes),
        **_extras(decision),
    }


def _extras(decision: TradeDecision) -> dict[str, Any]:
    """What only some decisions have."""
    found = {
        "analysis": decision.analysis or None,
        "close_fraction": _plain(decision.close_fraction),
        "adjusted_stop_loss": _plain(decision.adjusted_stop_loss),
        "adjusted_profit_target": _plain(decision.adjusted_profit_target),
    }
    return {name: value for name, value in found.items() if value is not None}


def _verdict(verdict: Verdict, asked: TradeDecision) -> dict[str, Any]:
    changes = {
        "action": asked.action.value if asked.action in (Action.ADJUST, Action.REDUCE) else None,
        "stop_loss": _plain(verdict.stop),
        "profit_target": _plain(verdict.target),
    }
    return {
        "coin": verdict.coin,
        "signal": verdict.signal.value if verdict.signal else None,
        "allowed": verdict.allowed,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "asked_usd": plain(verdict.asked_usd),
        "allowed_usd": plain(verdict.allowed_usd),
        "size": plain(verdict.size),
        "leverage": verdict.leverage,
        **{name: value for name, value in changes.items() if value is not None},
    }


def _unparsed(rejected: RejectedDecision) -> dict[str, Any]:
    return {
        "coin": rejected.coin,
        "signal": rejected.signal,
        "allowed": False,
        "rule": "unknown_coin" if rejected.code is FaultCode.UNKNOWN_COIN else "schema",
        "code": rejected.code or "schema",
        "reason": rejected.reason,
        "asked_usd": None,
        "allowed_usd": "0",
        "size": "0",
        "leverage": None,
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
