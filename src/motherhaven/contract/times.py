"""Times on the wire: RFC 3339 in UTC, and what to make of an old client's naive times."""

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from motherhaven.contract.errors import InvalidEvent

_QUARTER: Final = timedelta(minutes=15)
_WEST: Final = timedelta(hours=-12)
_EAST: Final = timedelta(hours=14)

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
"""A clock that shows another year (1970, 2201) is wrong: such a time is not taken."""

_READ_YEARS: Final = (1971, 2200)
_FAR_DATE: Final = re.compile(r"[+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}([T ][0-9:.,]*)?(Z|[+-][0-9:]+)?")
_SHOWN: Final = 60
_PADDED: Final = 1000
_DAY: Final = 86_400
_SECOND: Final = timedelta(seconds=1)
_TEXT: Final = "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ"
"""Twice as fast as isoformat, which asks for the offset, and strftime."""

_UNUSED: Final = datetime(2000, 1, 1, tzinfo=UTC)


class PlacedTime(NamedTuple):
    """A time as it is taken, in UTC, and the text that it replaces; None if it is the sender's."""

    moment: datetime
    replaced: str | None


def format_time(moment: datetime) -> str:
    """`moment` as UTC text with microseconds, e.g. 2026-01-02T03:04:05.000006Z.

    Raises:
        ValueError: the moment is naive.
    """
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError(f"{moment!r} is naive; attach its zone first")
        moment = moment.astimezone(UTC)
    return _TEXT % (
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second,
        moment.microsecond,
    )  # fmt: skip


def format_row(first: datetime, step: timedelta, count: int) -> list[str]:
    """`format_time` of `count` moments: `first` and each a `step` above 0 after the one before.

    Raises:
        ValueError: `first` is naive.
    """
    odd = first.tzinfo is None or first.microsecond or step % _SECOND or first.year <= _PADDED
    if odd or count == 1:
        return [format_time(first + number * step) for number in range(count)]
    between, found = step // _SECOND, list[str]()
    at = int(first.timestamp())
    while len(found) < count:  # a day at a time
        day, second = divmod(at, _DAY)
        clocks = _clocks(second % between, between)
        begin = second // between
        rest = clocks[begin : begin + count - len(found)]
        date = _date(day)
        found += [date + clock for clock in rest]
        at += len(rest) * between
    return found


@lru_cache(maxsize=64)
def _date(day: int) -> str:
    """The date of a day since 1970, as `format_time` has it."""
    return format_time(datetime.fromtimestamp(day * _DAY, UTC))[:10]


@lru_cache(maxsize=64)
def _clocks(first: int, step: int) -> tuple[str, ...]:
    """The rest of the text, for each `step` seconds of a day from `first` on."""
    return tuple(
        format_time(datetime.fromtimestamp(second, UTC))[10:] for second in range(first, _DAY, step)
    )


def parse_time(value: object, received_at: datetime, what: str = "timestamp") -> datetime:
    """An aware UTC time from what a client sent.

    Text with an offset is taken as it is. Naive text is a client's local time: its
    offset is inferred by comparing it with `received_at`, to the quarter hour that
    all zones keep; a naive time too far away for any zone is taken as UTC. Numbers
    are Unix seconds, or milliseconds from 1e11 on.

    Raises:
        InvalidEvent: not a time, or outside the years 1971 to 2200.
    """
    moment = _in_utc(_parse(value, what), received_at)
    if moment is None or not _READ_YEARS[0] <= moment.year <= _READ_YEARS[1]:
        shown = str(value)[:_SHOWN]
        raise InvalidEvent(f"{what}: {shown!r} is outside the years {_READ_YEARS}")
    return moment


def place_time(value: object, received_at: datetime, what: str = "timestamp") -> PlacedTime:
    """The time of an event from what a clock of a client said, however wrong that clock is.

    As parse_time, but a time outside FIRST_YEAR to LAST_YEAR, and naive text that would
    lie after its receipt, give `received_at` and the text that it replaces (at most 60
    characters). A recorder may use it with its own clock's best guess for `received_at`.

    Raises:
        InvalidEvent: not a time at all.
    """
    parsed = _parse(value, what)
    moment = _in_utc(parsed, received_at)
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return PlacedTime(received_at, str(value)[:_SHOWN])
    if parsed is not None and parsed.tzinfo is None and moment > received_at:
        return PlacedTime(received_at, str(value)[:_SHOWN])
    return PlacedTime(moment, None)


def parse_instant(value: object, what: str = "time") -> datetime:
    """An aware UTC time from a value that is nobody's local time; naive text is UTC.

    Raises:
        InvalidEvent: not a time, or outside the years 1971 to 2200.
    """
    moment = _parse(value, what)
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return parse_time(value if moment is None else moment, _UNUSED, what)


def _parse(value: object, what: str) -> datetime | None:
    """What was sent, naive where it names no offset; None for a time beyond the calendar."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        if 8 <= len(value) <= 40:
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                if _is_far(value):
                    return None
    elif isinstance(value, int | float | Decimal) and _is_number(value):
        return _of_number(value)
    if value is None:
        raise InvalidEvent(f"{what}: a time is missing; send e.g. 2026-01-02T03:04:05.000006Z")
    raise InvalidEvent(
        f"{what}: {str(value)[:_SHOWN]!r} is not a time; send e.g. 2026-01-02T03:04:05.000006Z"
    )


def _is_number(value: int | float | Decimal) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or math.isfinite(value))


def _is_far(text: str) -> bool:
    """Whether it is a date of a year that has no datetime: 0, signed, or of five digits."""
    year = re.match(r"[+-]?[0-9]+", text)
    return (
        year is not None
        and _FAR_DATE.fullmatch(text) is not None
        and (year[0] == "0000" or len(year[0]) > 4)
    )


def _of_number(value: int | float | Decimal) -> datetime | None:
    """Unix seconds, or milliseconds from 1e11 on."""
    try:
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds >= 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _in_utc(moment: datetime | None, received_at: datetime) -> datetime | None:
    """`moment` in UTC; None where the calendar does not reach."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        return _place(moment, received_at)
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _place(naive: datetime, received_at: datetime) -> datetime:
    shift = naive.replace(tzinfo=UTC) - received_at
    offset = round(shift / _QUARTER) * _QUARTER
    if _WEST <= offset <= _EAST:
        return naive.replace(tzinfo=UTC) - offset
    return naive.replace(tzinfo=UTC)
