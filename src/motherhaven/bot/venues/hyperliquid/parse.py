"""Fields of the venue's answers: each bounded and of one type, or the answer is unreadable."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.errors import ExchangeError, InvalidMoney
from motherhaven.contract.money import to_decimal

MOST_TEXT: Final = 200
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS: Final = 946_684_800_000
_LAST_MS: Final = 4_102_444_800_000
_COIN: Final = re.compile(r"[A-Za-z0-9]{1,24}")


class BadAnswer(ExchangeError):
    """An answer came, and is not what the venue documents. It counts as no answer."""

    def __init__(self, what: str, why: str) -> None:
        self.why = why
        super().__init__(
            f"Hyperliquid's answer to {what} is unreadable: {why}; nothing is taken from it"
        )


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """An object.

    Raises:
        BadAnswer: it is none; so do all functions here.
    """
    if isinstance(value, Mapping):
        return value
    raise BadAnswer(what, f"{value!r:.60} is no object")


def rows(value: Any, what: str, most: int = 20_000) -> list[Any]:
    """A list of at most `most` things."""
    if isinstance(value, list) and len(value) <= most:
        return value
    raise BadAnswer(what, "it is no list" if not isinstance(value, list) else "it is too long")


def number(item: Mapping[str, Any], field: str, what: str, *, signed: bool = False) -> Decimal:
    """A decimal that the venue sends as text; at least 0 unless `signed`."""
    try:
        value = to_decimal(item.get(field), field)
    except InvalidMoney as error:
        raise BadAnswer(what, str(error)) from None
    if not signed and value < 0:
        raise BadAnswer(what, f"{field} is {value}, below 0")
    return value


def optional(item: Mapping[str, Any], field: str, what: str) -> Decimal | None:
    """A decimal, None where the venue has none."""
    return None if item.get(field) is None else number(item, field, what)


def whole(item: Mapping[str, Any], field: str, what: str, most: int = 1 << 63) -> int:
    """An integer from 0 to below `most`."""
    value = item.get(field)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < most:
        return value
    raise BadAnswer(what, f"{field} is {value!r:.40}, no whole number in range")


def text(item: Mapping[str, Any], field: str, what: str) -> str:
    """A text of at most MOST_TEXT characters."""
    value = item.get(field)
    if isinstance(value, str) and len(value) <= MOST_TEXT:
        return value
    raise BadAnswer(what, f"{field} is {value!r:.40}, no short text")


def flag(item: Mapping[str, Any], field: str, what: str) -> bool:
    """True or false."""
    value = item.get(field)
    if isinstance(value, bool):
        return value
    raise BadAnswer(what, f"{field} is {value!r:.40}, neither true nor false")


def time_of(item: Mapping[str, Any], field: str, what: str) -> datetime:
    """A time in milliseconds as UTC."""
    stamp = whole(item, field, what)
    if not _FIRST_MS <= stamp < _LAST_MS:
        raise BadAnswer(what, f"{field} is {stamp}, no time of this century")
    return _ORIGIN + timedelta(milliseconds=stamp)


def millis(moment: datetime) -> int:
    """The venue's time of a moment, never before 2000."""
    return max((moment - _ORIGIN) // timedelta(milliseconds=1), _FIRST_MS)


def is_ours(coin: str) -> bool:
    """Whether it is a perpetual of the main exchange: no spot pair, no exchange of its own."""
    return _COIN.fullmatch(coin) is not None
