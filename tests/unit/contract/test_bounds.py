"""Every number, name and text of a payload is bounded before anything converts it."""

import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.bounds import (
    MAX_INTEGER,
    MAX_NAME_CHARS,
    MIN_INTEGER,
    OutOfRange,
    bounded_decimal,
    bounded_integer,
    check_values,
    fit,
    is_bounded,
)
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import PAYLOADS, Kind
from motherhaven.contract.events.base import is_lenient
from motherhaven.contract.jsonio import loads_wire
from motherhaven.contract.wire import event_from_item
from tests.serverkit import item

NOW = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)

BOMBS = [
    "1e400", "1e5000", "1e30000000", "1e400000000", "-1e30000000", "1e-400000000",
    "1e99999999999999999999", "1e-99999999999999999999", "1e31", "1e-31",
    "0." + "1" * 39, "1" * 39 + ".5", "9" * 19, "-" + "9" * 19, "9" * 5_000, "1." + "3" * 5_000,
    "9" * 500_000, "0." + "0" * 40 + "1",
]  # fmt: skip


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: f"{text[:24]}~{len(text)}")
@pytest.mark.parametrize("place", ["trades_today", "pnl_today", "unknown", "deep", "list"])
def test_a_number_beyond_the_bounds_is_refused_by_name(text: str, place: str) -> None:
    """Declared or not, at any depth: the field is named, and no memory is taken."""
    inner = {"deep": f'{{"a":[{{"b":{text}}}]}}', "list": f"[1,{text}]"}.get(place, text)
    body = f'{{"timestamp":"2026-01-02T03:04:05Z","status":"running","{place}":{inner}}}'
    tracemalloc.start()
    payload = loads_wire(body.encode())
    with pytest.raises(InvalidEvent, match=place) as caught:
        event_from_item(item(1, "status") | {"payload": payload}, NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "outside the accepted range" in str(caught.value)
    assert len(str(caught.value)) < 400
    assert peak < 20 * len(body) + 400_000


def numbers_of(kind: Kind, *, lenient: bool = False) -> list[str]:
    """The declared fields of a kind that are read as numbers, or as numbers where they are."""
    schema = PAYLOADS[kind].model_json_schema()
    return [
        name
        for name, told in schema["properties"].items()
        if is_lenient(PAYLOADS[kind].model_fields[name]) is lenient
        and any(
            one.get("type") == "integer" or one.get("format") == "decimal"
            for one in [told, *told.get("anyOf", [])]
        )
    ]


def schema_type(kind: Kind, name: str) -> str:
    """ "string" of a decimal field, else "integer"."""
    told = PAYLOADS[kind].model_json_schema()["properties"][name]
    kinds = {one.get("format") for one in [told, *told.get("anyOf", [])]}
    return "string" if "decimal" in kinds else "integer"


_HARMLESS = {"string": {"9" * 19, "-" + "9" * 19}, "integer": {"1_000", "１"}}
"""Text that a field of this type may read: too large only as a JSON integer, or small."""

FIELDS = [(kind, name) for kind in PAYLOADS for name in numbers_of(kind)]


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_every_declared_number_is_bounded_as_number_and_as_text(kind: Kind, name: str) -> None:
    """Text in a field that is read as a number has the same bounds."""
    whole = item(1, kind)
    if kind == "candles":
        whole["payload"]["candles"] = []
    event_from_item(whole, NOW)
    for text in [*BOMBS, "NaN", "Infinity", "1_000", "0x10", "１"]:
        as_text = [] if text in _HARMLESS[schema_type(kind, name)] else [text]
        for value in (*as_text, OutOfRange(text)):
            bad = whole | {"payload": whole["payload"] | {name: value}}
            with pytest.raises(InvalidEvent, match=name):
                event_from_item(bad, NOW)


LENIENT = [(kind, name) for kind in PAYLOADS for name in numbers_of(kind, lenient=True)]


@pytest.mark.parametrize(("kind", "name"), LENIENT)
def test_what_is_no_number_in_a_lenient_field_is_not_told(kind: Kind, name: str) -> None:
    """Text beyond the bounds is never converted; a number beyond them is refused."""
    whole = item(1, kind)
    for text in [*BOMBS, "NaN", "Infinity", "words"]:
        if text not in _HARMLESS[schema_type(kind, name)]:
            payload = whole["payload"] | {name: text}
            with suppress(InvalidEvent):
                assert (
                    getattr(event_from_item(whole | {"payload": payload}, NOW).body, name) is None
                )
        bad = whole | {"payload": whole["payload"] | {name: OutOfRange(text)}}
        with pytest.raises(InvalidEvent, match=name):
            event_from_item(bad, NOW)


def test_numbers_within_nested_models_are_bounded() -> None:
    """Marks, verdicts and candles are read as numbers too."""
    digits = "1" * 10 + "." + "1" * 29
    mark = {"position_id": "p", "coin": "BTC", "size": digits, "entry_price": "1", "mark": "1",
            "leverage": "1", "unrealized_pnl": "1"}  # fmt: skip
    account = item(1, "account")
    account["payload"]["positions"] = [mark]
    verdict = item(1)
    verdict["payload"]["verdict"] = {"allowed": True, "asked_usd": digits}
    candles = item(1, "candles")
    candles["payload"]["candles"] = [["2026-01-01T00:00:00Z", "1", "1", "1", digits, None]]
    for one, name in ((account, r"positions\.0: size"), (verdict, "asked_usd"), (candles, r"0\.4")):
        with pytest.raises(InvalidEvent, match=name):
            event_from_item(one, NOW)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_the_parsed_number_is_the_sent_one_or_none(number: Decimal) -> None:
    """What is within the bounds comes back exactly; what is not is never converted."""
    parsed = bounded_decimal(str(number))
    assert isinstance(parsed, Decimal) == is_bounded(number)
    if isinstance(parsed, Decimal):
        assert parsed.as_tuple() == number.as_tuple()


@given(st.integers(-(1 << 70), 1 << 70))
def test_integers_are_taken_within_64_bits(number: int) -> None:
    """The bounds are inclusive."""
    parsed = bounded_integer(str(number))
    assert (parsed == number) == (MIN_INTEGER <= number <= MAX_INTEGER)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**29), max_value=10**29))
def test_what_a_bot_computed_can_be_fitted(number: Decimal) -> None:
    """Rounded to what may travel, by less than a unit of its last digit; else left alone."""
    fitted = fit(number)
    assert is_bounded(fitted)
    assert fitted == number or not is_bounded(number)
    assert abs(fitted - number) <= max(abs(number), Decimal(1)) * Decimal("1e-29")


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"position_id": "p" * (MAX_NAME_CHARS + 1)}, "position_id"),
        ({"model": "m" * (MAX_NAME_CHARS + 1)}, "model"),
        ({"coins": ["BTC", "c" * (MAX_NAME_CHARS + 1)]}, "coins.1"),
        ({"k" * (MAX_NAME_CHARS + 1): 1}, "field"),
        ({"x": {"k" * (MAX_NAME_CHARS + 1): 1}}, "x"),
        ({"x": [{"y": "t" * ((1 << 20) + 1)}]}, r"x\.0\.y"),
        ({"finish_reason": "t" * ((1 << 20) + 1)}, "finish_reason"),
        ({"x": Decimal("1e31")}, "x"),
        ({"x": 1 << 63}, "x"),
        ({"x": Decimal("NaN")}, "x"),
    ],
)
def test_names_and_texts_have_lengths(payload: dict[str, Any], name: str) -> None:
    """What is too long is refused by the name of its field."""
    with pytest.raises(InvalidEvent, match=name):
        check_values(payload, "status")


def test_long_texts_have_no_bound_of_their_own() -> None:
    """Prompts, answers and justifications travel in parts: their size refuses nothing."""
    text = "x" * (3 << 20)
    check_values(dict.fromkeys(["raw_response", "system_prompt", "user_prompt"], text), "decision")
    check_values({"justification": text, "model": "m" * MAX_NAME_CHARS}, "decision")


@pytest.mark.parametrize("text", [f"{'1' * 38}e30", f"{'1' * 38}", "1e30", "9e31", "-9e31"])
def test_digits_and_exponent_together_stay_within_the_magnitude(text: str) -> None:
    """Many digits and a large exponent, each within its bound, make a number beyond both."""
    found = bounded_decimal(text)
    assert (found == Decimal("1e30")) if text == "1e30" else isinstance(found, OutOfRange)
