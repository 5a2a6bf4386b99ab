"""Columns of a bulk record: each value as it stands, or a rule that gives them all.

A list has the values themselves. `Steps` are decimals as whole numbers with what they count
said once, `Count` are whole numbers and `Times` are times that grow evenly. What a column says
is the text of each value, to the last digit.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NotRequired, TypedDict

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.times import format_row, format_time

MAX_DECIMALS: Final = 15
_SECOND: Final = timedelta(seconds=1)
_WITHIN: Final = 1 << 53
"""Whole numbers below are exact as floats too: so the views of a journal round but once."""


class Steps(TypedDict):
    """Decimals: each value is whole number / `per`, a power of ten.

    Their texts have as many decimals as `per` has zeros, or with `short` only those they need.
    """

    per: int
    values: Sequence[int]
    short: NotRequired[bool]


class Count(TypedDict):
    """Whole numbers from `first` on, each `step` above the one before."""

    first: int
    step: int


Times = TypedDict("Times", {"from": str, "seconds": int})
"""Times as RFC 3339 text: `from` the first, a whole second, each `seconds` after the other."""

Column = Sequence[Any] | Steps | Count | Times


def texts(column: Iterable[Decimal]) -> list[Any]:
    """A column of numbers as the text that JSON has for them, where all are plainly written."""
    numbers = list(column)
    found = list(map(str, numbers))
    # "E": an exponent. NaN and infinity have an "N" each; the writer of JSON refuses them.
    joined = "".join(found)
    return numbers if "E" in joined or "N" in joined or "I" in joined else found


def steps(
    values: Sequence[int], decimals: int, largest: int, *, short: bool = False
) -> Steps | None:
    """Decimals as whole numbers of 10**-`decimals`; None where they are too many digits.

    No value is beyond ±`largest`.
    """
    if decimals > MAX_DECIMALS or largest >= _WITHIN:
        return None
    if short:
        return {"per": 10**decimals, "short": True, "values": values}
    return {"per": 10**decimals, "values": values}


def times(first: datetime, step: timedelta, count: int) -> Column:
    """`count` times, `first` and each a `step` above 0 after the one before."""
    if first.microsecond or step % _SECOND:
        return format_row(first, step, count)
    return {"from": format_time(first), "seconds": step // _SECOND}


def read_column(value: object, count: int, where: str) -> Sequence[Any]:
    """The `count` values of a column as each alone would have been recorded.

    Raises:
        InvalidEvent: it is no column, or has not so many values.
    """
    if isinstance(value, Mapping):
        if "per" in value:
            return _decimals(value, count, where)
        if "from" in value:
            return _times(value, count, where)
        first, step = value.get("first"), value.get("step")
        if type(first) is not int or type(step) is not int:
            raise InvalidEvent(f"{where}: neither a list nor a rule for a column")
        return [first + number * step for number in range(count)]
    if not isinstance(value, list) or len(value) != count:
        raise InvalidEvent(f"{where}: the column does not have {count} values")
    return value


def _decimals(value: Mapping[str, Any], count: int, where: str) -> list[str]:
    per, values = value["per"], value.get("values")
    digits = len(str(per)) - 1 if type(per) is int else MAX_DECIMALS + 1
    if digits > MAX_DECIMALS or per != 10**digits:
        raise InvalidEvent(f"{where}.per: {str(per)[:40]!r} is no power of ten up to 10**15")
    if not isinstance(values, list) or len(values) != count or set(map(type, values)) - {int}:
        raise InvalidEvent(f"{where}.values: the column does not have {count} whole numbers")
    found = [str(one) for one in values] if digits == 0 else [_text(one, digits) for one in values]
    if value.get("short") is True and digits:
        return [one.rstrip("0").rstrip(".") for one in found]
    return found


def _times(value: Mapping[str, Any], count: int, where: str) -> list[str]:
    seconds = value.get("seconds")
    try:
        first = datetime.fromisoformat(str(value["from"]))
        if type(seconds) is int and seconds > 0 and first.tzinfo is not None:
            return format_row(first.astimezone(UTC), timedelta(seconds=seconds), count)
    except (ValueError, OverflowError):
        pass
    raise InvalidEvent(f"{where}: a rule for times has a first one, and seconds above 0")


def _text(value: int, digits: int) -> str:
    """The whole number of 10**-`digits` as decimal text."""
    text = str(abs(value)).zfill(digits + 1)
    return f"{'-' if value < 0 else ''}{text[:-digits]}.{text[-digits:]}"
