"""CSV of any text: read back it is what was stored, and no cell of it is a formula."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.csvtext import csv_bytes, safe_cell, stored_cell

LEADS = ("", " ", "\xa0", "\ufeff", "\u200b", "\t", "\r", "\n", "\u3000", "\u2060", "\u3164",
         "\u180e", "\xad", "\x0b", "\x1f", "\u034f", " \xa0\ufeff")  # fmt: skip
STARTS = "=+-@|%\uff1d\uff0b\uff0d\uff20\u2212"
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    st.tuples(st.sampled_from(LEADS), st.sampled_from(STARTS), st.text("A1()'\"", max_size=4)).map(
        "".join
    ),
    st.text("'= -1", max_size=6),
)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
def test_what_is_parsed_back_is_what_was_stored(rows: list[list[str]]) -> None:
    """Quotes, line breaks and escapes included."""
    text = csv_bytes(rows).decode()
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert [[stored_cell(cell) for cell in row] for row in found] == rows


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("start", STARTS)
def test_no_formula_after_any_white_space(lead: str, start: str) -> None:
    """Seen or unseen white space before it makes it no safer."""
    assert safe_cell(f"{lead}{start}SUM(A1)").startswith("'")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_numbers_stay_numbers(value: object) -> None:
    """A loss is a number, not an escaped cell."""
    text = f"{value:f}"
    assert re.fullmatch(r"-?[0-9]+\.[0-9]+", text)
    assert safe_cell(text) == text
