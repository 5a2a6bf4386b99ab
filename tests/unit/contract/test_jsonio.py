"""Strict JSON in, canonical JSON out."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.jsonio import MAX_DEPTH, dumps, dumps_ordered, loads

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-1, max_value=1),
    TEXT,
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)


def test_numbers_keep_every_digit() -> None:
    """A number beyond a double's precision comes back whole, as number and as string."""
    value = loads(b'{"x":0.1234567890123456789012}')
    assert value == {"x": Decimal("0.1234567890123456789012")}
    assert dumps(value, numbers=True) == b'{"x":0.1234567890123456789012}'
    assert dumps(value) == b'{"x":"0.1234567890123456789012"}'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "Infinity"),
        (b'{"a":1,"a":2}', "duplicate key"),
        (b"[" * 1000 + b"]" * 1000, "nested deeper"),
        (b"[" + b"[]," * 50_000 + b"[]]", "more than 50000 arrays"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(10_001)) + b"}", "10001 keys"),
        (b'{"a":1e99999999999999999999}', "out of range"),
        (b'{"a":1e61}', "out of range"),
        (b'{"a":0.' + b"3" * 200 + b"}", "out of range"),
        (b'{"a":' * 100_000, "nested deeper"),
        (b'{"a":' + b"9" * 5000 + b"}", "digits"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":"x\\u0000"}', "NUL"),
        (b'{"\\ud800":1}', "surrogate"),
        (b"\xff\xfe", "UTF-8"),
        (b"{", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_nonsense_is_refused_with_its_reason(data: bytes, why: str) -> None:
    """Each kind of poison is refused with a reason that names it."""
    with pytest.raises(InvalidJson, match=why):
        loads(data)


def test_depth_counts_brackets_outside_strings_only() -> None:
    """Brackets in a model's text are no depth; real nesting up to the limit passes."""
    text = "[" * 500 + '\\"{'
    assert loads(dumps({"a": text})) == {"a": text}
    deep = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert loads(deep) is not None


@pytest.mark.parametrize("value", [1.5, {"a": float("nan")}, {"a": object()}, Decimal("NaN")])
def test_only_exact_values_are_written(value: object) -> None:
    """Floats, objects and NaN do not get out."""
    with pytest.raises(InvalidJson):
        dumps(value if not isinstance(value, float) else {"f": object()})


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"])
def test_text_that_no_store_takes_is_refused(text: str) -> None:
    """Lone surrogates and NUL are refused when writing, too."""
    with pytest.raises(InvalidJson):
        dumps({"t": text})


@given(VALUES)
def test_canonical_form_is_stable(value: object) -> None:
    """Writing, reading and writing again gives the same bytes."""
    for numbers in (False, True):
        once = dumps(value, numbers=numbers)
        assert dumps(loads(once), numbers=numbers) == once


@pytest.mark.parametrize(
    "value",
    [
        {"b": 1, "a": {"z": None, "y": [True, {"d": 1, "c": Decimal("1.50")}]}},
        [Decimal("1E+3"), Decimal("-1.5E-9"), Decimal("0E-12"), Decimal("-0")],
        {"a": "E+ E- NaN Infinity \\ \u2028 \x1b \x7f é", "b": Decimal(2)},
        {"a": Decimal("1" * 1000), "b": "1" * 1200},
        {"a": 10**900, "b": ("x", 1)},
        {2: "b", 1: "a"},
        "text", None, 7, Decimal("2.0"), [], {},
    ],
)  # fmt: skip
def test_the_bytes_are_those_of_the_plain_encoder(value: object) -> None:
    """However a value is written: exponents, long numbers, keys out of order, odd keys."""
    plain = json.dumps(
        value, default=lambda one: format(one, "f"), sort_keys=True, ensure_ascii=False,
        separators=(",", ":"),
    )  # fmt: skip
    assert dumps(value) == plain.encode()


@pytest.mark.parametrize("number", [Decimal("1" * 1002), Decimal("Infinity"), Decimal("1E-2000")])
@pytest.mark.parametrize("around", [0, 450, 899])
def test_numbers_without_a_form_are_refused_wherever_they_stand(
    number: Decimal, around: int
) -> None:
    """Among others, and behind a text of any length."""
    for value in (number, {"a": "t" * around, "b": [number]}):
        with pytest.raises(InvalidJson):
            dumps(value)
        with pytest.raises(InvalidJson):
            dumps_ordered(value)


@pytest.mark.parametrize(
    "value", [{"a": {1}}, {"a": b"x"}, [object()], {"a": datetime(2026, 1, 5, tzinfo=UTC)}]
)
def test_only_what_json_has_is_written(value: object) -> None:
    """What another writer of JSON would take: sets, bytes, times."""
    with pytest.raises(InvalidJson):
        dumps(value)


def test_a_byte_order_mark_is_refused() -> None:
    """In words that say what it is."""
    with pytest.raises(InvalidJson, match="byte order mark"):
        loads(b"\xef\xbb\xbf{}")
