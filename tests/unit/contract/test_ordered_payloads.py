"""Payloads are made with their keys in order, so that they are written as they stand."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest

from motherhaven.contract.events import (
    account,
    cash_flow,
    decision,
    execution,
    market,
    order,
    position,
    protection,
    status,
)
from motherhaven.contract.jsonio import dumps, dumps_ordered

NOW = datetime(2026, 1, 5, 12, 30, 1, 250, tzinfo=UTC)
MARK = account.encode_mark(
    position_id="p", coin="BTC", size=Decimal(1), entry_price=Decimal(2), mark=Decimal(3),
    leverage=5, unrealized_pnl=Decimal(4), liquidation_price=Decimal("1E+1"),
    stop_loss=Decimal("0.1"), profit_target=None, stop_beyond_liquidation=True,
)  # fmt: skip
TERMS = position.terms(Decimal("12.5"), 3, Decimal(100))
GIVEN: dict[str, Any] = {
    "positions": [MARK],
    "found_by": TERMS,
    "replaces": TERMS,
    "verdict": decision.encode_verdict(
        allowed=True, reason="ok", rule="r", asked_usd=Decimal(1), allowed_usd=Decimal(2)
    ),
    "shared": {
        **decision.of_answer(cycle_id="c", decider="d", model="m", answer_id="a"),
        "answer_index": 1,
        "cost_usd": Decimal(0),
        "trigger": "schedule",
    },
}
VALUES: dict[Any, Any] = {
    datetime: NOW, date: NOW.date(), Decimal: Decimal("12.50"), int: 7, float: 1.5, bool: True,
    str: 'a "word"\n', Sequence[str]: ["x", "y"],
}  # fmt: skip
ENCODERS = (
    account.encode, account.encode_mark, cash_flow.encode, decision.encode, execution.encode,
    market.encode_fill, market.encode_funding, order.encode, position.encode_opened,
    position.encode_closed, protection.encode, status.encode,
)  # fmt: skip


def filled(encode: Callable[..., dict[str, Any]], *, whole: bool) -> dict[str, Any]:
    """What an encoder makes with all of its fields, or only with those that it must have."""
    given: dict[str, Any] = {}
    for one in inspect.signature(encode).parameters.values():
        if one.kind is one.VAR_KEYWORD or (not whole and one.default is not one.empty):
            continue
        kind = next((part for part in get_args(one.annotation) if part in VALUES), one.annotation)
        given[one.name] = GIVEN.get(one.name, VALUES.get(kind, "word"))
    if encode is status.encode and whole:
        live = {name: Decimal(1) for name in status.LiveStatus.__annotations__}
        given |= live | {"limits": {"a": "1", "b": None}, "tags": ["t"]}
    return encode(**given)


def unordered(value: object, where: str = "") -> list[str]:
    """Where the keys of an object are not in order."""
    if isinstance(value, Mapping):
        wrong = [where or "payload"] if list(value) != sorted(value) else []
        return wrong + [one for key, item in value.items() for one in unordered(item, str(key))]
    if isinstance(value, list | tuple):
        return [one for item in value for one in unordered(item, where)]
    return []


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("encode", ENCODERS, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_what_an_encoder_makes_is_in_order(
    encode: Callable[..., dict[str, Any]], whole: bool
) -> None:
    """At every level, and so its bytes are the canonical ones."""
    payload = filled(encode, whole=whole)
    assert unordered(payload) == []
    assert None not in payload.values()
    assert dumps_ordered(payload) == dumps(payload)


def test_nothing_that_is_shared_or_live_is_left_out() -> None:
    """What an answer's decisions share, and what a status tells of live trading."""
    assert GIVEN["shared"].items() <= filled(decision.encode, whole=True).items()
    assert status.LiveStatus.__annotations__.keys() <= filled(status.encode, whole=True).keys()
