"""Times on the wire: RFC 3339 in UTC, and what to make of an old client's naive times."""

from datetime import UTC, datetime, timedelta
from typing import Final

from motherhaven.contract.errors import InvalidEvent

_QUARTER: Final = timedelta(minutes=15)
_WEST: Final = timedelta(hours=-12)
_EAST: Final = timedelta(hours=14)


def format_time(moment: datetime) -> str:
    """`moment` as UTC text with microseconds, e.g. 2026-01-02T03:04:05.000006Z.

    Raises:
        ValueError: the moment is naive.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} is naive; attach its zone first")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(value: object, received_at: datetime, what: str = "timestamp") -> datetime:
    """An aware UTC time from what a client sent.

    Text with an offset is taken as it is. Naive text is a client's local time: its
    offset is inferred by comparing it with `received_at`, to the quarter hour that
    all zones keep; a naive time too far away for any zone is taken as UTC. Numbers
    are Unix seconds, or milliseconds from 1e11 on.

    Raises:
        InvalidEvent: not a time, or outside the years 1971 to 2200.
    """
    moment = _parse(value, what)
    if moment.tzinfo is None:
        moment = _place(moment, received_at)
    moment = moment.astimezone(UTC)
    if not 1971 <= moment.year <= 2200:
        raise InvalidEvent(f"{what}: {value!r} is outside the years 1971 to 2200")
    return moment


def parse_instant(value: object, what: str = "time") -> datetime:
    """An aware UTC time from a value that is nobody's local time; naive text is UTC.

    Raises:
        InvalidEvent: not a time, or outside the years 1971 to 2200.
    """
    moment = _parse(value, what)
    return parse_time(moment if moment.tzinfo else moment.replace(tzinfo=UTC), moment, what)


def _parse(value: object, what: str) -> datetime:
    try:
        if isinstance(value, str) and 8 <= len(value) <= 40:
            return datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value
        if not isinstance(value, (bool, str)) and value is not None:
            seconds = float(str(value))
            return datetime.fromtimestamp(seconds / 1000 if seconds >= 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    if value is None:
        raise InvalidEvent(f"{what}: a time is missing; send e.g. 2026-01-02T03:04:05.000006Z")
    raise InvalidEvent(
        f"{what}: {str(value)[:60]!r} is not a time; send e.g. 2026-01-02T03:04:05.000006Z"
    )


def _place(naive: datetime, received_at: datetime) -> datetime:
    shift = naive.replace(tzinfo=UTC) - received_at
    offset = round(shift / _QUARTER) * _QUARTER
    if _WEST <= offset <= _EAST:
        return naive.replace(tzinfo=UTC) - offset
    return naive.replace(tzinfo=UTC)
