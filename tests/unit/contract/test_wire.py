"""The wire form: our batch items, the old clients' bodies, long texts in parts."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.ids import IdSource
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import (
    Endpoint,
    encode_item,
    event_from_item,
    event_from_single,
    part_from_item,
    payload_sha256,
    split_long_texts,
)

NOW = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)


class _Clock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


IDS = IdSource(_Clock(), random.Random(1).randbytes)

DECISION: dict[str, Any] = {
    "timestamp": "2026-03-08T13:00:00.123456",
    "coin": "BTC",
    "signal": "buy_to_enter",
    "quantity_usd": 50.5,
    "leverage": 3,
    "confidence": 0.75,
    "justification": "breakout",
}
OPENING: dict[str, Any] = {
    "coin": "ETH",
    "side": "long",
    "quantity_usd": 20,
    "leverage": 2,
    "entry_price": 3000.1,
    "entry_time": "2026-03-08T13:00:00",
    "status": "open",
}
ACCOUNT: dict[str, Any] = {
    "timestamp": "2026-03-08T13:00:00",
    "balance_usd": 1000,
    "equity_usd": 1050,
    "unrealized_pnl": 50,
    "realized_pnl": 0,
    "total_pnl": 50,
    "num_positions": 1,
}
STATUS: dict[str, Any] = {"timestamp": "2026-03-08T13:00:00", "status": "running", "message": ""}


@pytest.mark.parametrize(
    ("endpoint", "body", "kind"),
    [
        ("decision", DECISION, "decision"),
        ("account", ACCOUNT, "account"),
        ("position", OPENING, "position_opened"),
        (
            "position",
            {
                **OPENING,
                "status": "closed",
                "exit_price": None,
                "exit_time": 1772971203,
                "realized_pnl": -1,
            },
            "position_closed",
        ),
        ("status", STATUS, "status"),
    ],
)
def test_old_bodies_are_understood(endpoint: Endpoint, body: dict[str, Any], kind: str) -> None:
    """What today's clients send becomes an event of the bot `default`, with a new id."""
    event = event_from_single(endpoint, loads(dumps(_exact(body), numbers=True)), NOW, IDS)
    assert (event.kind, event.bot_id, event.mode) == (kind, "default", "unknown")
    assert event.recorded_at == NOW
    assert event.event_id > ""


def test_naive_time_of_a_client_an_hour_east() -> None:
    """The naive 13:00 that arrives at 12:00 UTC is 12:00 UTC, and no later than its arrival."""
    later = NOW + timedelta(seconds=1)
    event = event_from_single("decision", _exact(DECISION), later, IDS)
    assert event.time == datetime(2026, 3, 8, 12, 0, 0, 123456, UTC)
    assert event.body.time_replaced is None
    early = event_from_single("decision", _exact(DECISION), NOW, IDS)
    assert (early.time, early.body.time_replaced) == (NOW, DECISION["timestamp"])


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"signal": "yolo"}, "signal"),
        ({"quantity_usd": "NaN"}, "quantity_usd"),
        ({"coin": ""}, "coin"),
        ({"timestamp": "soon"}, "timestamp"),
        ({"event_id": "a b"}, "event_id"),
        ({"seq": -1}, "seq"),
        ({"mode": "monopoly"}, "mode"),
        ({"bot_name": "x" * 101}, "bot_name"),
    ],
)
def test_nonsense_names_its_field(change: dict[str, Any], names: str) -> None:
    """A wrong field is refused by name."""
    with pytest.raises(InvalidEvent, match=names):
        event_from_single("decision", {**_exact(DECISION), **change}, NOW, IDS)


def test_item_round_trip_keeps_payload_bytes() -> None:
    """What our client joins into a batch arrives with the same payload bytes."""
    payload = dumps({**_exact(DECISION), "ours": {"x": Decimal("0.1234567890123456789012")}})
    item = encode_item(
        event_id="e1", bot_id="b1", bot_name="Bot ✓", mode="paper", epoch=1, seq=9,
        kind="decision", time="2026-03-08T12:00:00Z", recorded_at="2026-03-08T12:00:01Z",
        payload=payload,
    )  # fmt: skip
    event = event_from_item(loads(item), NOW)
    assert event.payload == payload
    assert (event.seq, event.bot_name, event.lane) == (9, "Bot ✓", "decisions")


def test_long_texts_travel_apart_and_come_back_whole() -> None:
    """A payload cut into parts and put together again has the same hash."""
    text = "".join(random.Random(3).choices("ab\n✓😀", k=250_001))
    payload = {**_exact(DECISION), "raw_response": text}
    short, parts, counts = split_long_texts("e1", "b1", payload)
    assert counts == {"raw_response": 3}
    assert len(dumps(short)) < 1000
    back = [part_from_item({**_fields(part)}) for part in parts]
    whole = {**short, "raw_response": "".join(part.text for part in back)}
    assert payload_sha256(dumps(whole)) == payload_sha256(dumps(payload))


@pytest.mark.parametrize(
    "change",
    [{"index": 3}, {"count": -1}, {"field": "coin"}, {"text": None}, {"event_id": ""}],
)
def test_odd_parts_are_refused(change: dict[str, Any]) -> None:
    """A part that does not say what it belongs to is refused."""
    part = {"event_id": "e", "field": "raw_response", "index": 0, "count": 3, "text": "x"}
    with pytest.raises(InvalidEvent):
        part_from_item({**part, **change})


def _exact(body: dict[str, Any]) -> dict[str, Any]:
    return {k: Decimal(repr(v)) if isinstance(v, float) else v for k, v in body.items()}


def _fields(part: Any) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__dataclass_fields__}
