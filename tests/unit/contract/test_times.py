"""Times: offsets are kept, naive local times are placed by their arrival."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.times import format_row, format_time, parse_instant, parse_time

SECOND = timedelta(seconds=1)
NOW = datetime(2026, 3, 8, 12, 0, 3, 250_000, UTC)
NAIVE = NOW.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2026-03-08T12:00:03.250000Z", "2026-03-08T12:00:03.250000Z"),
        ("2026-03-08T17:30:03.25+05:30", "2026-03-08T12:00:03.250000Z"),
        ("2018-04-04T00:00:00", "2018-04-04T00:00:00.000000Z"),
        (1_772_971_203.25, "2026-03-08T12:00:03.250000Z"),
        (1_772_971_203_250, "2026-03-08T12:00:03.250000Z"),
    ],
)
def test_known_forms(sent: object, expected: str) -> None:
    """Offsets, epochs and far-away naive times give the expected UTC time."""
    assert format_time(parse_time(sent, NOW)) == expected


@given(
    quarters=st.integers(-48, 56),
    late=st.floats(0, 120, allow_nan=False),
)
def test_naive_local_time_is_placed_by_arrival(quarters: int, late: float) -> None:
    """A local time without offset, posted within two minutes, gives the true UTC time."""
    true = NOW - timedelta(seconds=late)
    local = (true + timedelta(minutes=15 * quarters)).replace(tzinfo=None)
    assert parse_time(local.isoformat(), NOW) == true


@pytest.mark.parametrize("sent", [None, "", "yesterday", True, {}, "1815-06-18T00:00:00Z", 1e300])
def test_what_is_no_time_is_refused(sent: object) -> None:
    """Nonsense is refused, and the field is named."""
    with pytest.raises(InvalidEvent, match="exit_time"):
        parse_time(sent, NOW, "exit_time")


@pytest.mark.parametrize(
    "sent",
    [
        "2026-03-08T12:00:03.25Z",
        "2026-03-08T13:00:03.25+01:00",
        "2026-03-08T12:00:03.25",
        1_772_971_203_250,
        1_772_971_203.25,
        NOW,
    ],
)
def test_an_instant_is_nobodys_local_time(sent: object) -> None:
    """Offsets hold, naive text is UTC, numbers are Unix seconds or milliseconds."""
    assert parse_instant(sent) == NOW


@pytest.mark.parametrize("sent", [None, "soon", True, 0, "1815-06-18T00:00:00"])
def test_what_is_no_instant_is_refused(sent: object) -> None:
    """Nonsense and times out of range are refused, and the field is named."""
    with pytest.raises(InvalidEvent, match="start"):
        parse_instant(sent, "start")


def test_naive_moments_are_not_written() -> None:
    """A time without a zone never leaves."""
    with pytest.raises(ValueError, match="naive"):
        format_time(datetime(2026, 1, 1))  # noqa: DTZ001  # the point of the test


@given(
    first=st.datetimes(NAIVE - timedelta(days=370_000), NAIVE + timedelta(days=60_000)),
    offset=st.integers(-24, 28),
    whole=st.booleans(),
    step=st.timedeltas(timedelta(microseconds=1), timedelta(days=3)),
    count=st.integers(0, 40),
)
def test_a_row_of_times_is_each_of_them(
    first: datetime, offset: int, whole: bool, step: timedelta, count: int
) -> None:
    """Over midnights, before 1970, in any zone, and where there are parts of a second."""
    begin = first.replace(tzinfo=timezone(timedelta(minutes=30 * offset)))
    if whole:
        begin, step = begin.replace(microsecond=0), timedelta(seconds=step // SECOND or 1)
    found = format_row(begin, step, count)
    assert found == [format_time(begin + number * step) for number in range(count)]


def test_a_row_of_naive_times_is_refused() -> None:
    """As each of them would be."""
    with pytest.raises(ValueError, match="naive"):
        format_row(NAIVE, SECOND, 2)
