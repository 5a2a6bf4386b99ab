"""Columns of rows as PostgreSQL's own arrays.

The driver packs an array one value at a time, in Python, which was a third of an append's
work. Here a column whose values have a fixed size is packed with one call, others are joined.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

from psycopg.adapt import AdaptersMap, Buffer, Dumper
from psycopg.pq import Format

from motherhaven.stores.keys import micros
from motherhaven.stores.relational.tables import Kind

ArrayKind = Kind | Literal["key"]

_EPOCH: Final = micros(datetime(2000, 1, 1, tzinfo=UTC))
"""Where PostgreSQL's own microseconds begin."""

_NULL: Final = b"\xff\xff\xff\xff"


class _Type(NamedTuple):
    """The number of the array's type, that of its values, and the code of a fixed size."""

    array: int
    value: int
    code: str = ""


_TYPES: Final[dict[ArrayKind, _Type]] = {
    "int": _Type(1007, 23, "i"), "big": _Type(1016, 20, "q"), "small": _Type(1005, 21, "h"),
    "flag": _Type(1000, 16, "?"), "time": _Type(1185, 1184, "q"), "money": _Type(1231, 1700),
    "text": _Type(1009, 25), "bytes": _Type(1001, 17), "key": _Type(1001, 17),
}  # fmt: skip


class PackedArray:
    """An array ready to be sent; a class for each type of array, as the driver wants it."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class _Dumper(Dumper):
    """Sends what is packed."""

    def dump(self, obj: PackedArray) -> Buffer | None:
        return obj.data


_CLASSES: Final[dict[ArrayKind, type[PackedArray]]] = {
    kind: type(f"{kind.capitalize()}Array", (PackedArray,), {"__slots__": ()}) for kind in _TYPES
}


def register(adapters: AdaptersMap) -> None:
    """Let a connection send PackedArrays."""
    for kind, its_type in _TYPES.items():
        form = Format.TEXT if kind == "money" else Format.BINARY
        dumper = type(f"{kind.capitalize()}Dumper", (_Dumper,),
                      {"oid": its_type.array, "format": form})  # fmt: skip
        adapters.register_dumper(_CLASSES[kind], dumper)


def packed(kind: ArrayKind, values: Sequence[Any]) -> PackedArray:
    """The array of some values: times in microseconds, money as Decimal, None for NULL."""
    its_type = _TYPES[kind]
    if kind == "money":
        data = _as_text(values)
    elif its_type.code:
        shifted = _shifted(values) if kind == "time" else values
        data = _fixed(its_type, shifted)
    else:
        data = _sized(its_type, values)
    return _CLASSES[kind](data)


def _shifted(values: Sequence[int | None]) -> list[int | None]:
    return [None if one is None else one - _EPOCH for one in values]


def _head(its_type: _Type, count: int, *, has_null: bool) -> bytes:
    return struct.pack("!5i", 1, has_null, its_type.value, count, 1)


def _fixed(its_type: _Type, values: Sequence[Any]) -> bytes:
    code = its_type.code
    size = struct.calcsize(f"!{code}")
    if None not in values:
        flat = chain.from_iterable((size, one) for one in values)
        body = struct.pack("!" + f"i{code}" * len(values), *flat)
        return _head(its_type, len(values), has_null=False) + body
    pack = struct.Struct(f"!i{code}").pack
    pieces = [_NULL if one is None else pack(size, one) for one in values]
    return _head(its_type, len(values), has_null=True) + b"".join(pieces)


def _sized(its_type: _Type, values: Sequence[Any]) -> bytes:
    pieces = [_head(its_type, len(values), has_null=None in values)]
    for one in values:
        if one is None:
            pieces.append(_NULL)
            continue
        data = one.encode() if isinstance(one, str) else one
        pieces += (len(data).to_bytes(4, "big"), data)
    return b"".join(pieces)


def _as_text(values: Sequence[Any]) -> bytes:
    """The server reads a number faster than Python takes it apart."""
    return f"{{{','.join(['NULL' if one is None else str(one) for one in values])}}}".encode()
