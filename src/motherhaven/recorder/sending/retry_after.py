"""What a Retry-After header asks for, whatever stands in it."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT: Final = 3600.0
"""Seconds: no server makes us wait longer."""

_SECONDS: Final = re.compile(r"\+?([0-9]+)(\.[0-9]*)?", re.ASCII)
_DATE: Final = re.compile(r"[A-Za-z]{3,9}, [^,]{10,40}")
_LONGEST_TEXT: Final = 10_000
_DIGITS: Final = 9


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait, 0 to LONGEST_WAIT; None if the text asks for nothing that is known.

    Whole or fractional seconds, an HTTP date, or several of them (headers that came twice):
    then the longest counts. A date in the past is 0; a negative number asks for nothing.
    """
    text = text[:_LONGEST_TEXT].strip()
    dates = _DATE.findall(text) or [text]
    found = [_seconds(piece.strip()) for piece in text.split(",")]
    found += [_until(date, now) for date in dates]
    return max((wait for wait in found if wait is not None), default=None)


def _seconds(text: str) -> float | None:
    match = _SECONDS.fullmatch(text)
    if match is None:
        return None
    whole = match[1].lstrip("0")
    if len(whole) > _DIGITS:
        return LONGEST_WAIT
    return min(float(f"{whole or 0}{(match[2] or '')[:_DIGITS]}"), LONGEST_WAIT)


def _until(text: str, now: datetime) -> float | None:
    if not re.search("[A-Za-z]", text):
        return None
    try:
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT)
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
        return None
