"""Payloads made fit to record: exact numbers, clean text, nothing that JSON lacks.

A cleaned payload holds only text, ints, booleans, None, lists and dicts with sorted keys;
decimals are text already. `encode` writes it as the contract's canonical JSON.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from pydantic_core import to_json

from motherhaven.contract.bounds import fit
from motherhaven.contract.errors import InvalidMoney
from motherhaven.contract.jsonio import MAX_DEPTH
from motherhaven.contract.money import to_decimal
from motherhaven.contract.times import format_time
from motherhaven.recorder.faults import Faults
from motherhaven.recorder.text import clean_text
from motherhaven.recorder.values import Pairs, Unknown, Unordered, shown, simple

REPAIRED: Final = "text_repaired"
"""Set to true in a payload in which characters were replaced by U+FFFD."""

_COMMON: Final = 1e-12
"""Floats between this and its inverse are always within the contract's bounds."""

_LARGE: Final = 1 << 63

_DEPTH: Final = MAX_DEPTH - 3
"""A payload travels three levels deep inside a batch."""

_MOST_VALUES: Final = 1_000_000
_LONGEST_KEY: Final = 1_000
_LONGEST_TEXT: Final = 200_000_000


def clean(payload: Mapping[str, Any], faults: Faults | None = None) -> dict[str, Any]:
    """A copy with decimals as exact text (floats by their shortest repr) and times as UTC.

    Lone surrogates and NUL characters, which no store can keep, become U+FFFD, and the
    copy says so in `text_repaired`: what a model wrote is never a reason to lose it.
    What has no exact JSON form is noted in `faults` and replaced by the nearest that has.

    Raises:
        InvalidEvent: without `faults` (or with strict ones): NaN, infinity, a naive time,
            too deep, or no JSON type; names the field.
    """
    cleaner = _Cleaner(Faults(strict=True) if faults is None else faults)
    result = cleaner.mapping(Pairs(payload.items()), "", 1)
    if cleaner.repaired:
        result[REPAIRED] = True
    return result


def encode(payload: dict[str, Any]) -> bytes:
    """The canonical JSON of a cleaned payload; the same bytes as the contract's `dumps`.

    Several times as fast, and it does not hold the loop up for long texts.
    """
    return to_json(dict(sorted(payload.items())))


class _Cleaner:
    """One pass over a payload; remembers whether any text had to be repaired."""

    def __init__(self, faults: Faults) -> None:
        self.repaired = False
        self._faults = faults
        self._inside: set[int] = set()
        self._left = _MOST_VALUES

    def text(self, text: str, where: str) -> str:
        if len(text) > _LONGEST_TEXT:
            problem = f"cut to {_LONGEST_TEXT} of its {len(text)} characters"
            self._faults.add("too_long", where, problem, text[:80], "log it in several events")
            text = text[:_LONGEST_TEXT]
        cleaned = clean_text(text)
        if cleaned is not text:
            self.repaired = True
        return cleaned

    def mapping(self, items: Pairs, where: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in items:
            if self._left <= 0:
                self._too_many(where)
                break
            name = self._key(key, where, result)
            result[name] = self.value(item, f"{where}.{name}" if where else name, depth)
        return result if depth == 1 else dict(sorted(result.items()))

    def value(self, value: object, where: str, depth: int) -> Any:
        """`value` as plain JSON; what it cannot hold exactly is noted."""
        self._left -= 1
        kind = type(value)
        if kind is str:
            return self.text(value, where)  # type: ignore[arg-type]  # its exact class is known
        if value is None or kind is bool:
            return value
        if kind is float or kind is int or kind is Decimal:
            return self._number(value, where)
        if kind is dict:
            return self._nested(value, Pairs(value.items()), where, depth)  # type: ignore[attr-defined]  # a dict
        if kind is list or (kind is tuple and not hasattr(kind, "_fields")):
            return self._nested(value, list(value), where, depth)  # type: ignore[call-overload]  # a list or tuple
        return self._foreign(value, where, depth)

    def _foreign(self, value: object, where: str, depth: int) -> Any:
        """An object of another class; its own methods may do anything."""
        if isinstance(value, datetime) and type(value).__name__ != "NaTType":
            return self._time(value, where)
        try:
            found = simple(value)
        except Unknown as unknown:
            text = self.text(unknown.text, where)
            self._faults.add(unknown.code, where, unknown.problem, text, "give its fields or text")
            return text
        except Exception as error:  # noqa: BLE001  # a foreign object's own methods
            problem = f"could not be read ({type(error).__name__})"
            self._faults.add("unreadable", where, problem, shown(value), "give plain values")
            return None
        if isinstance(found, (Pairs, list)):
            return self._nested(value, found, where, depth)
        if found is value or depth > _DEPTH:
            self._faults.add("unknown_class", where, "has no JSON form", shown(value))
            return None
        # Enum members and 0-d arrays hold a value of any class, so the depth grows.
        return self.value(found, where, depth + 1)

    def _nested(self, owner: object, found: list[Any], where: str, depth: int) -> Any:
        if id(owner) in self._inside:
            self._faults.add("cycle", where, "refers to itself; left out", fix="give a tree")
            return None
        if depth >= _DEPTH:
            problem = f"nested deeper than {_DEPTH} levels; kept as text"
            text = self.text(shown(owner), where)
            self._faults.add("too_deep", where, problem, text, "flatten it")
            return text
        self._inside.add(id(owner))
        try:
            if isinstance(found, Pairs):
                return self.mapping(found, where, depth + 1)
            return self._items(found, where, depth + 1)
        finally:
            self._inside.discard(id(owner))

    def _items(self, found: list[Any], where: str, depth: int) -> list[Any]:
        items = []
        for place, item in enumerate(found):
            if self._left <= 0:
                self._too_many(where)
                break
            items.append(self.value(item, f"{where}.{place}", depth))
        if isinstance(found, Unordered):
            items.sort(key=to_json)
        return items

    def _too_many(self, where: str) -> None:
        problem = f"more than {_MOST_VALUES} values; the rest was left out"
        self._faults.add("too_many", where, problem, fix="log it in several events")

    def _key(self, key: object, where: str, taken: Mapping[str, Any]) -> str:
        if type(key) is str:
            name = self.text(key, where)
        else:
            plain = self.value(key, f"{where}.<key>" if where else "<key>", _DEPTH - 2)
            name = plain if isinstance(plain, str) else to_json(plain).decode()
        if len(name) > _LONGEST_KEY:
            problem = f"a key of {len(name)} characters was cut"
            self._faults.add("too_long", where, problem, name, "use short keys")
            name = name[:200]
        if name not in taken:
            return name
        number = 2
        while f"{name} ({number})" in taken:
            number += 1
        self._faults.add("same_key", where, "two keys have the same text", name)
        return f"{name} ({number})"

    def _number(self, value: Any, where: str) -> int | str | None:
        if type(value) is float and _COMMON < abs(value) < 1 / _COMMON:
            text = repr(value)
            return format(Decimal(text), "f") if "e" in text else text
        if type(value) is int and -_LARGE <= value < _LARGE:
            return value
        try:
            return format(fit(to_decimal(value, where)), "f")
        except InvalidMoney as error:
            finite = type(value) is int or Decimal(value).is_finite()
            if finite:
                text = shown(value)
                self._faults.add("out_of_range", where, _reason(error, where), text)
                return text
            self._faults.add("not_finite", where, "not a finite number; left out", shown(value))
            return None

    def _time(self, value: datetime, where: str) -> str | None:
        try:
            return utc_text(value)
        except ValueError:
            fix = "attach its zone, e.g. datetime.now(UTC)"
            text = datetime.isoformat(value)
            self._faults.add("naive_time", where, "a time without a zone; kept as it is", text, fix)
            return text
        except Exception as error:  # noqa: BLE001  # a foreign time zone's own methods
            problem = f"could not be read ({type(error).__name__})"
            self._faults.add("unreadable", where, problem, shown(value))
            return None


def utc_text(moment: datetime) -> str:
    """As the contract's `format_time`, faster for times that are UTC already.

    Nanoseconds, which pandas has, are kept.

    Raises:
        ValueError: the moment is naive.
    """
    nanos = getattr(moment, "nanosecond", 0)
    if nanos:
        return f"{format_time(moment)[:-1]}{nanos:03d}Z"
    if moment.tzinfo is UTC and type(moment) is datetime:
        return moment.isoformat(timespec="microseconds")[:-6] + "Z"
    return format_time(moment)


def _reason(error: InvalidMoney, where: str) -> str:
    return f"{str(error).removeprefix(f'{where}: ')}; kept as text"
