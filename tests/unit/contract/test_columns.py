"""What a column of a bulk record says, by a list or by a rule."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.columns import MAX_DECIMALS, read_column, steps, texts, times
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.jsonio import dumps, dumps_columns, loads_own
from motherhaven.contract.times import format_time

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)


def written(column):
    """A column after its way through JSON."""
    assert dumps_columns({"column": column}) == dumps({"column": column})
    return loads_own(dumps({"column": column}))["column"]


@given(st.lists(WHOLE, min_size=1, max_size=9), st.integers(0, MAX_DECIMALS))
def test_steps_say_the_text_of_each_decimal(values, decimals):
    """With as many decimals as the step has, zeros at the end included."""
    column = written(steps(values, decimals, max(map(abs, values))))
    wanted = texts([Decimal(value).scaleb(-decimals) for value in values])
    plain = [one if isinstance(one, str) else format(one, "f") for one in wanted]
    assert read_column(column, len(values), "c") == plain


@given(st.lists(WHOLE, min_size=1, max_size=9), st.integers(0, MAX_DECIMALS))
def test_short_steps_say_the_shortest_text(values, decimals):
    """No zeros at the end, and no point after a whole number."""
    column = written(steps(values, decimals, max(map(abs, values)), short=True))
    found = read_column(column, len(values), "c")
    for text, value in zip(found, values, strict=True):
        number = Decimal(value).scaleb(-decimals)
        assert Decimal(text) == number
        assert text == format(number.normalize(), "f") or (number == 0 and text == "0")


@pytest.mark.parametrize(("largest", "decimals"), [(2**53, 2), (1, MAX_DECIMALS + 1)])
def test_what_a_float_does_not_hold_is_written_as_text(largest, decimals):
    """The views of a journal would round twice."""
    assert steps([1, largest], decimals, largest) is None


@given(
    st.integers(10**15, 4 * 10**15).map(lambda micro: EPOCH + timedelta(microseconds=micro)),
    st.sampled_from([1, 7, 60, 180, 3_600, 86_400, 100_000, 0.5]),
    st.integers(1, 700),
)
def test_times_say_each_time(first, seconds, count):
    """Over days, with steps that no day is a multiple of, and with parts of a second."""
    step = timedelta(seconds=seconds)
    for begin in (first, first.replace(microsecond=0)):
        found = read_column(written(times(begin, step, count)), count, "t")
        assert found == [format_time(begin + n * step) for n in range(count)]


def test_a_count_grows_evenly():
    """Starts of bars in a row."""
    assert read_column({"first": 5, "step": 60_000}, 3, "c") == [5, 60_005, 120_005]


@pytest.mark.parametrize(
    "wrong",
    [
        None, "text", 1, [], [1], [1, 2, 3], {}, {"first": 1}, {"first": "1", "step": 1},
        {"per": 10, "values": [1]}, {"per": 10, "values": [1, "2"]}, {"per": 10, "values": None},
        {"per": 10}, {"per": 12, "values": [1, 2]}, {"per": "10", "values": [1, 2]},
        {"per": 0, "values": [1, 2]}, {"per": -10, "values": [1, 2]},
        {"per": 10**16, "values": [1, 2]}, {"per": 10, "values": [True, 1]},
        {"per": True, "values": [1, 2]}, {"from": "noon", "seconds": 1},
        {"from": "2026-01-01T00:00:00", "seconds": 1}, {"from": "2026-01-01T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "seconds": 0},
        {"from": "2026-01-01T00:00:00Z", "seconds": 10**30},
        {"from": "9999-12-31T23:59:59Z", "seconds": 10**9},
    ],
)  # fmt: skip
def test_what_is_no_column_of_two_values_is_refused_by_name(wrong):
    """An error of the contract, whatever was damaged."""
    with pytest.raises(InvalidEvent, match=r"each\.mark"):
        read_column(wrong, 2, "each.mark")
