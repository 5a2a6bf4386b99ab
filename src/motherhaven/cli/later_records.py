"""Test records of the kinds that servers of version 0.1 do not know, and their comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from motherhaven.contract.errors import InvalidMoney
from motherhaven.contract.events import LISTED_KINDS, PROMPT_TEXTS, Kind
from motherhaven.contract.events import answer as answers
from motherhaven.contract.events import cash_flow as cash_flows
from motherhaven.contract.events import command as commands
from motherhaven.contract.events import order as orders
from motherhaven.contract.events import protection as protections
from motherhaven.contract.money import to_decimal

_TOLERANCE = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class LaterRecord:
    """One event of such a kind, as it is recorded; `texts` are kept apart from its row."""

    kind: Kind
    event_id: str
    payload: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)


def later_payloads(marker: str, price: Decimal, now: datetime) -> dict[Kind, dict[str, Any]]:
    """A payload of each kind, with every field that tells it from others; price in USD."""
    name = marker.replace(" ", "-").replace("(", "").replace(")", "")
    deadline = now + timedelta(minutes=1)
    made: dict[Kind, dict[str, Any]] = {
        "answer": answers.encode(
            now, cycle_id=name, asked_at=now, decider="test", model_asked="test", model="test-1",
            system_prompt=f"system of {marker}", user_prompt=f"user of {marker}",
            raw_response=f"answer of {marker}", analysis=marker, tokens_in=1_200, tokens_out=34,
            cost_usd=Decimal("0.00125"), cost_basis="table", latency_ms=56, finish_reason="stop",
        ),
        "order": orders.encode(
            now, cloid=name, coin="BTC", side="buy", size=Decimal("0.00125"), kind="limit",
            state="partly", price=price, reduce_only=False, nonce=1_700_000_000_123,
            deadline=deadline, position_id=name, oid="77", filled_size=Decimal("0.0005"),
            average_price=price - 1, reason=marker,
        ),
        "cash_flow": cash_flows.encode(
            now, amount=Decimal(0), reason="test", external_id=name, coin="BTC",
            position_id=name, margin=Decimal("1.25"), leverage=3,
        ),
        "protection": protections.encode(
            now, coin="BTC", size=Decimal("0.00125"), covered=Decimal("0.00125"),
            state="protected", position_id=name, stop=price - 1_000, since=now,
            stop_inside_liquidation=True, stop_distance=Decimal("0.02"), at_risk_usd=Decimal("1.5"),
        ),
        "command": commands.encode(
            now, command_id=name, name="snapshot", state="verified", args={"why": marker},
            by="integration test", source="local", snapshot_at=now, open_orders=0,
            positions={"BTC": Decimal("0.00125")},
        ),
    }  # fmt: skip
    return {kind: made[kind] for kind in LISTED_KINDS}


def as_record(kind: Kind, event_id: str, payload: Mapping[str, Any]) -> LaterRecord:
    """The record of an event that was written down under this id."""
    texts = {name: payload[name] for name in PROMPT_TEXTS if name in payload}
    rest = {name: value for name, value in payload.items() if name not in texts}
    return LaterRecord(kind, event_id, rest, texts)


def differing(expected: Mapping[str, Any], found: object) -> list[str]:
    """The names of the expected fields that were not given back as they were sent."""
    if not isinstance(found, Mapping):
        return sorted(expected)
    return sorted(name for name, value in expected.items() if not _same(value, found.get(name)))


def equal_number(value: object, expected: Decimal) -> bool:
    """Whether a number of an answer is the expected one, also as text or through a double."""
    try:
        return abs(to_decimal(value) - expected) < _TOLERANCE
    except InvalidMoney:
        return False


def _same(expected: object, found: object) -> bool:
    if isinstance(expected, Mapping):
        return not differing(expected, found)
    if isinstance(expected, (int, Decimal)) and not isinstance(expected, bool):
        return equal_number(found, Decimal(expected))
    return type(found) is type(expected) and found == expected
