"""Payloads made fit to record: exact numbers, clean text, nothing that JSON lacks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from motherhaven.contract.errors import InvalidEvent, InvalidMoney
from motherhaven.contract.jsonio import MAX_DEPTH
from motherhaven.contract.money import to_decimal
from motherhaven.contract.times import format_time

REPAIRED: Final = "text_repaired"
"""Set to true in a payload in which characters were replaced by U+FFFD."""

_DEPTH: Final = MAX_DEPTH - 3
"""A payload travels three levels deep inside a batch."""


def clean(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with floats as exact Decimals and times as UTC text.

    Lone surrogates and NUL characters, which no store can keep, become U+FFFD, and the
    copy says so in `text_repaired`: what a model wrote is never a reason to lose it.

    Raises:
        InvalidEvent: NaN, infinity, a naive time, too deep, or no JSON type; names the field.
    """
    cleaner = _Cleaner()
    result = {
        cleaner.text(_key(key, "payload")): cleaner.value(item, str(key), 1)
        for key, item in payload.items()
    }
    if cleaner.repaired:
        result[REPAIRED] = True
    return result


def clean_text(text: str) -> str:
    """`text` without lone surrogates and NUL characters, each replaced by U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Surrogate pairs that were cut apart and stand side by side become one character.
        joined = text.encode("utf-16-le", "surrogatepass")
        return joined.decode("utf-16-le", "replace")
    return text


class _Cleaner:
    """One pass over a payload; remembers whether any text had to be repaired."""

    def __init__(self) -> None:
        self.repaired = False

    def text(self, text: str) -> str:
        cleaned = clean_text(text)
        if cleaned is not text:
            self.repaired = True
        return cleaned

    def value(self, value: object, where: str, depth: int) -> Any:
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float, Decimal)):
            return _number(value, where)
        if isinstance(value, datetime):
            return _time(value, where)
        if depth >= _DEPTH:
            raise InvalidEvent(f"{where}: nested deeper than {_DEPTH} levels; flatten it")
        if isinstance(value, Mapping):
            return {
                self.text(_key(key, where)): self.value(item, f"{where}.{key}", depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
            return [self.value(v, f"{where}.{i}", depth + 1) for i, v in enumerate(value)]
        raise InvalidEvent(
            f"{where}: {type(value).__name__} has no JSON form; "
            "send text, a number, a list or a dict"
        )


def _key(key: object, where: str) -> str:
    if isinstance(key, str):
        return key
    raise InvalidEvent(f"{where}: the key {str(key)[:40]!r} is not text; use text keys")


def _number(value: float | Decimal, where: str) -> int | Decimal:
    try:
        number = to_decimal(value, where)
    except InvalidMoney as error:
        raise InvalidEvent(str(error)) from None
    return value if isinstance(value, int) else number


def _time(value: datetime, where: str) -> str:
    try:
        return format_time(value)
    except ValueError as error:
        raise InvalidEvent(f"{where}: {error}") from None
