"""`dumps_columns` writes the same bytes as `dumps`, and refuses the values that that refuses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.jsonio import dumps, dumps_columns

decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
plain = st.none() | st.booleans() | st.integers() | texts | decimals
columns = st.lists(texts) | st.lists(decimals) | st.lists(st.lists(plain, max_size=6))
values = st.recursive(
    plain | columns,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def in_order(value):
    """The value with its keys in order at every level."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return list(map(in_order, value)) if isinstance(value, list) else value


@pytest.mark.long
@given(st.dictionaries(texts, values))
def test_the_bytes_are_the_same(payload):
    """Keys in order at every level, exact decimals, any text."""
    assert dumps_columns(in_order(payload)) == dumps(payload)


@pytest.mark.parametrize(
    "wrong", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+2000"), "a\x00b", "\ud800"]
)
def test_what_cannot_be_written_is_refused_as_before(wrong):
    """Alone, in a column and in a row of a column."""
    for value in (wrong, ["1", wrong], [["1", wrong]], {"a": {"b": wrong}}):
        with pytest.raises(InvalidJson):
            dumps({"x": value})
        with pytest.raises(InvalidJson):
            dumps_columns({"x": value})
