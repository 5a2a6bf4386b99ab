"""Payloads are made fit to record without changing what they mean."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.times import format_time
from motherhaven.recorder.payload import REPAIRED, clean, encode, utc_text


def test_floats_become_the_decimal_they_show():
    """0.1 is recorded as 0.1, not as the double next to it; ints and texts stay."""
    assert clean({"a": 0.1, "b": 3, "c": "0.10", "d": Decimal("1E-8")}) == {
        "a": "0.1",
        "b": 3,
        "c": "0.10",
        "d": "0.00000001",
    }


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")]
)
def test_what_is_not_finite_is_refused_by_name(value):
    """NaN and infinity never reach the journal, and the error names the field."""
    with pytest.raises(InvalidEvent, match=r"plan\.stop_loss"):
        clean({"plan": {"stop_loss": value}})


def test_broken_text_is_repaired_visibly():
    """Lone surrogates and NUL become U+FFFD, with a flag; pairs cut apart are joined."""
    cleaned = clean({"raw_response": "a\x00b\ud83d", "user_prompt": "\ud83d\ude00"})
    assert cleaned["raw_response"] == "a\ufffdb\ufffd"
    assert cleaned["user_prompt"] == "\U0001f600"
    assert cleaned[REPAIRED] is True
    assert REPAIRED not in clean({"raw_response": "fine"})


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_any_text_can_be_written_and_read_back(payload):
    """Whatever text a model writes, the cleaned payload survives strict JSON both ways."""
    cleaned = clean(payload)
    assert loads(dumps(cleaned)) == cleaned


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**29), 10**29), st.text(st.characters()),
        st.floats(-1e15, 1e15, allow_subnormal=False).filter(lambda f: f == 0 or abs(f) > 1e-9),
        st.decimals(-(10**9), 10**9, places=8),
    ),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(), VALUES))
def test_the_fast_encoder_writes_the_contracts_bytes(payload):
    """encode() gives what the contract's dumps gives, byte for byte: hashes stay equal."""
    cleaned = clean(payload)
    assert encode(cleaned) == dumps(cleaned)
    exact = {key: Decimal(repr(v)) if type(v) is float else v for key, v in payload.items()}
    assert encode(clean(exact)) == encode(cleaned)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year > 1970))
def test_fast_times_are_the_contracts(moment):
    """utc_text is format_time for UTC times."""
    assert utc_text(moment) == format_time(moment)


def test_times_become_utc_text_and_naive_ones_are_refused():
    """A time travels as UTC text; a naive one names its field."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert clean({"next_cycle_at": moment})["next_cycle_at"] == "2026-01-02T03:04:05.000000Z"
    with pytest.raises(InvalidEvent, match="next_cycle_at"):
        clean({"next_cycle_at": moment.replace(tzinfo=None)})


def test_depth_and_foreign_types_are_refused_by_name():
    """What JSON cannot carry, or a server would refuse as too deep, names its field."""
    deep = current = {}
    for _ in range(40):
        current["x"] = {}
        current = current["x"]
    with pytest.raises(InvalidEvent, match="nested deeper"):
        clean({"deep": deep})
    with pytest.raises(InvalidEvent, match=r"blob: an object of class object"):
        clean({"blob": object()})
    with pytest.raises(InvalidEvent, match="digits"):
        clean({"n": 10**4000})
