"""Retry-After in any form: bounded, never an exception, at most an hour."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.recorder.sending.retry_after import LONGEST_WAIT, retry_after

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def later(seconds):
    """An HTTP date."""
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", 120), (" 7 ", 7), ("+5", 5), ("1.5", 1.5), ("0", 0), ("000", 0),
        ("9" * 5_000, LONGEST_WAIT), ("+" + "9" * 400, LONGEST_WAIT), ("86400", LONGEST_WAIT),
        (later(130), 130), (later(-5), 0), (later(10**6), LONGEST_WAIT), ("5, 120", 120),
        (f"5, {later(60)}", 60), (f"{later(60)}, {later(90)}", 90),
        ("-5", None), ("", None), ("soon", None), ("1e9", None), ("nan", None), ("inf", None),
        ("\u0661\u0662", None), ("Fri, 99 Foo 9999 99:99:99 GMT", None), ("0x10", None),
        ("Mon, 01 Jan 0001 00:00:00 +1400", None), (",,,", None),
    ],
)  # fmt: skip
def test_each_form(text, expected):
    """Seconds, dates, both twice, and what is neither."""
    found = retry_after(text, NOW)
    assert found == expected or (expected is None and found in (None, 0))


@given(st.text(max_size=300) | st.from_regex(r"[+-]?[0-9.,eE]{0,50}") | st.datetimes().map(str))
def test_any_text_gives_a_bounded_wait_or_none(text):
    """Never an exception, never beyond an hour."""
    found = retry_after(text, NOW)
    assert found is None or 0 <= found <= LONGEST_WAIT
