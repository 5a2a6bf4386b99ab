"""Python objects as JSON can hold them, one level at a time, with exact values.

Libraries are known by the module that defines a class (`numpy`, `pandas`), so that none of
them is imported here. Nothing is taken by its repr.
"""

import base64
import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import islice
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from motherhaven.contract.money import EXACT

MARK_TEXT: Final = 500
"""Characters kept of the text of an object of an unknown class."""

MOST_ITEMS: Final = 1_000_001
"""Items read of one collection: some have no end."""


class Unknown(Exception):
    """The object has no exact JSON form; `text` is what can be said of it."""

    def __init__(self, code: str, problem: str, text: str) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.text = text


class Pairs(list[tuple[Any, Any]]):
    """A mapping's items; keys may be of any type and may repeat."""


class Unordered(list[Any]):
    """A set's members: to be sorted once they are plain."""


def simple(value: object) -> object:
    """`value` as a simpler object: None, bool, int, float, Decimal, str, datetime, list, Pairs.

    What is in a list or in Pairs may need another call.

    Raises:
        Unknown: an object of no known class.
        Exception: whatever the object's own methods raise.
    """
    library = _LIBRARIES.get(_library(type(value)))
    if library is not None:
        found = library(value)
        if found is not NotImplemented:
            return found
    for kind, convert in _CLASSES:
        if isinstance(value, kind):
            return convert(value)
    return _by_shape(value)


def shown(value: object, limit: int = MARK_TEXT) -> str:
    """A short text about any object, whatever its methods do."""
    try:
        if isinstance(value, int) and value.bit_length() > 1_000:
            return f"<integer of {value.bit_length()} bits>"
        if isinstance(value, (str, bytes, bytearray)):
            value = value[:limit]
        text = str(value)
        text = str.__str__(text)
    except Exception:  # noqa: BLE001  # a foreign object's own methods
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"


def _library(kind: type) -> str:
    """The top package of the first library class among the bases."""
    for base in kind.__mro__:
        name = str(base.__module__).partition(".")[0]
        if name in _LIBRARIES:
            return name
    return ""


# -- NumPy ---------------------------------------------------------------------------------


def _numpy(value: Any) -> object:
    if type(value).__name__ == "MaskedConstant":
        return None
    shape = getattr(value, "shape", None)
    if shape is None or getattr(value, "dtype", None) is None:
        return NotImplemented
    if shape != ():
        return list(value)
    if any(base.__name__ == "generic" for base in type(value).__mro__):
        return _numpy_scalar(value, value.dtype)
    return value[()]  # a 0-d array holds one scalar


def _numpy_scalar(value: Any, dtype: Any) -> object:
    match dtype.kind:
        case "b":
            return bool(value)
        case "i" | "u":
            return int(value)
        case "f":
            text = str(value)  # the shortest for its width
            return Decimal(text) if text[-1].isdigit() else float(value)
        case "M":
            text = str(value)
            return None if text == "NaT" else text
        case "m":
            return None if str(value) == "NaT" else _seconds_of(value, dtype.str)
        case "U":
            return str.__str__(value)
        case "S":
            return bytes(value)
    if dtype.names:
        return Pairs((name, value[name]) for name in dtype.names)
    return NotImplemented


def _seconds_of(value: Any, unit: str) -> object:
    """A numpy.timedelta64 in seconds; months and years, which have no length, as text."""
    if "[Y]" in unit or "[M]" in unit or "[" not in unit:
        return str(value)
    return EXACT.divide(Decimal(int(value.astype("m8[ns]").astype("i8"))), 1_000_000_000)


# -- pandas --------------------------------------------------------------------------------


def _pandas(value: Any) -> object:
    name = type(value).__name__
    if name in {"NAType", "NaTType"}:
        return None
    if name == "Timedelta":
        return EXACT.divide(Decimal(int(value.value)), 1_000_000_000)
    if name in {"Period", "Interval"}:
        return str(value)
    if name == "DataFrame":
        columns = [value.iloc[:, place].array for place in range(len(value.columns))]
        return [dict(zip(value.columns, row, strict=True)) for row in zip(*columns, strict=True)]
    if name == "Series":
        return Pairs(zip(value.index, value.array, strict=True))
    if hasattr(value, "dtype") and hasattr(value, "__iter__"):
        return list(getattr(value, "array", value))  # its items keep the width of their floats
    return NotImplemented


_LIBRARIES: Final[dict[str, Any]] = {"numpy": _numpy, "pandas": _pandas}


# -- the standard library ------------------------------------------------------------------


def _bytes(value: Any) -> object:
    """Bytes that are UTF-8 text as that text, others as {"base64": …}."""
    data = bytes(value)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return Pairs([("base64", base64.b64encode(data).decode("ascii"))])


def _fraction(value: Fraction) -> object:
    """The exact decimal where there is one, else numerator/denominator as text."""
    denominator, power = value.denominator, 0
    if denominator.bit_length() > 400 or value.numerator.bit_length() > 400:
        raise Unknown("out_of_range", "a fraction with too many digits", shown(value.denominator))
    while denominator % 10 == 0:
        denominator, power = denominator // 10, power + 1
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator, power = denominator // prime, power + 1
    if denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = value.numerator * 10**power // value.denominator
    return Decimal((digits < 0, tuple(int(d) for d in str(abs(digits))), -power))


def _timedelta(value: timedelta) -> Decimal:
    """Exact seconds."""
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    return EXACT.divide(Decimal(micros), 1_000_000)


def _exception(value: BaseException) -> object:
    text = f"{type(value).__name__}: {shown(value)}".removesuffix(": ")
    raise Unknown("exception", "an exception was given; its text is kept", text)


def _tuple(value: Any) -> object:
    names = getattr(type(value), "_fields", None)
    if isinstance(names, tuple) and len(names) == len(value):
        return Pairs(zip(names, value, strict=True))
    return list(value)


_CLASSES: Final[tuple[tuple[type | tuple[type, ...], Any], ...]] = (
    (Enum, lambda v: v.value),
    (str, str.__str__),
    (bool, bool),
    (int, int.__int__),
    (float, float.__float__),
    (Decimal, Decimal),
    (datetime, lambda v: v),
    ((date, time), lambda v: v.isoformat()),
    (timedelta, _timedelta),
    (UUID, str),
    (os.PathLike, os.fspath),
    (Fraction, _fraction),
    ((bytes, bytearray, memoryview), _bytes),
    (BaseException, _exception),
    (tuple, _tuple),
    (Mapping, lambda v: Pairs(islice(v.items(), MOST_ITEMS))),
    (Set, lambda v: Unordered(islice(v, MOST_ITEMS))),
    (Sequence, lambda v: list(islice(v, MOST_ITEMS))),
)


# -- by shape ------------------------------------------------------------------------------


def _by_shape(value: Any) -> object:
    """Objects with named fields (dataclass, pydantic, attrs, msgspec), and array-likes."""
    kind = type(value)
    if isinstance(value, type):
        raise Unknown("unknown_class", "a class was given, not a value", shown(value))
    if dataclasses.is_dataclass(value):
        return _fields(value, (field.name for field in dataclasses.fields(value)))
    if hasattr(kind, "model_fields"):
        more = getattr(value, "__pydantic_extra__", None) or {}
        return Pairs([*_fields(value, kind.model_fields), *more.items()])
    if hasattr(kind, "__attrs_attrs__"):
        return _fields(value, (field.name for field in kind.__attrs_attrs__))
    if hasattr(kind, "__struct_fields__"):
        return _fields(value, kind.__struct_fields__)
    if isinstance(value, SimpleNamespace):
        return Pairs(vars(value).items())
    if hasattr(kind, "tolist") and hasattr(kind, "shape"):
        return value.tolist()
    raise Unknown(
        "unknown_class", f"an object of class {kind.__name__[:60]}; its text is kept", shown(value)
    )


def _fields(value: object, names: Iterable[str]) -> Pairs:
    return Pairs((name, getattr(value, name)) for name in names)
