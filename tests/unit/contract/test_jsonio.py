"""Strict JSON in, canonical JSON out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.jsonio import MAX_DEPTH, dumps, loads

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
