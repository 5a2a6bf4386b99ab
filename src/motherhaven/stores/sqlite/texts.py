"""Long texts in chunks, so that a slice of a 20 MB answer reads only what it shows."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Iterator, Mapping
from typing import Final

import apsw

from motherhaven.contract.events import LONG_TEXTS
from motherhaven.contract.views import TextSlice
from motherhaven.stores.records import no_text

CHUNK: Final = 65_536
"""Characters in a chunk."""

_CHUNK_BITS: Final = 16
_EVENT_BITS: Final = 18
_LONGEST: Final = (1 << _CHUNK_BITS) - 1


def chunk_rows(n: int, texts: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """The rows (id, text) of the long texts of commit number `n`."""
    for field, text in texts.items():
        base = _base(n, field)
        for chunk in range(max(1, -(-len(text) // CHUNK))):
            yield base + chunk, text[chunk * CHUNK : (chunk + 1) * CHUNK]


def read_texts(connection: apsw.Connection, n: int) -> dict[str, str]:
    """All long texts of commit number `n`."""
    pieces: dict[str, list[str]] = {}
    for number, text in connection.execute(
        "SELECT id, text FROM texts WHERE id >= ? AND id < ? ORDER BY id", event_range(n, n)
    ):
        pieces.setdefault(_field(number), []).append(text)
    return {field: "".join(chunks) for field, chunks in pieces.items()}


def read_lengths(connection: apsw.Connection, n: int) -> dict[str, int]:
    """The length in characters of each long text of commit number `n`."""
    return {
        LONG_TEXTS[code]: length
        for code, length in connection.execute(
            f"SELECT (id >> {_CHUNK_BITS}) & 3, sum(length(text)) FROM texts "
            "WHERE id >= ? AND id < ? GROUP BY 1 ORDER BY 1",
            event_range(n, n),
        )
    }


def read_slice(
    connection: apsw.Connection, event_id: str, n: int, field: str, *, offset: int, limit: int
) -> TextSlice:
    """`limit` characters from `offset` on, reading only the chunks that hold them.

    Raises:
        NotFound: the event has no such text.
    """
    if field not in LONG_TEXTS:
        raise no_text(event_id, field)
    base, offset = _base(n, field), max(offset, 0)
    last = connection.execute(
        "SELECT id, length(text) FROM texts WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1",
        (base, base + _LONGEST),
    ).fetchone()
    if last is None:
        raise no_text(event_id, field)
    total = (last[0] - base) * CHUNK + last[1]
    end = min(offset + max(limit, 0), total)
    first = min(offset // CHUNK, _LONGEST)
    pieces = connection.execute(
        "SELECT text FROM texts WHERE id BETWEEN ? AND ? ORDER BY id",
        (base + first, base + min(max(end - 1, 0) // CHUNK, _LONGEST)),
    )
    held = "".join(piece for (piece,) in pieces) if end > offset else ""
    begin = offset - first * CHUNK
    return TextSlice(text=held[begin : begin + end - offset], offset=offset, total=total)


def event_range(first: int, last: int) -> tuple[int, int]:
    """The ids [from, to) of all chunks of the commits `first` to `last`."""
    return first << _EVENT_BITS, (last + 1) << _EVENT_BITS


def _base(n: int, field: str) -> int:
    return (n << _EVENT_BITS) | (LONG_TEXTS.index(field) << _CHUNK_BITS)


def _field(number: int) -> str:
    return LONG_TEXTS[(number >> _CHUNK_BITS) & 3]
