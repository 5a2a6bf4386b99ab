"""Long texts in chunks, so that a slice of a 20 MB answer reads only what it shows."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Iterator, Mapping
from typing import Final

from motherhaven.contract.events import LONG_TEXTS
from motherhaven.contract.views import TextSlice
from motherhaven.stores.records import no_text
from motherhaven.stores.relational.dialect import Dialect, Session

CHUNK: Final = 65_536
"""Characters in a chunk."""

_LAST_FIELD: Final = 3
_LAST_CHUNK: Final = (1 << 16) - 1


def chunk_rows(n: int, texts: Mapping[str, str]) -> Iterator[tuple[int, int, int, str]]:
    """The rows (n, field, chunk, text) of the long texts of commit number `n`."""
    for field, text in texts.items():
        code = LONG_TEXTS.index(field)
        for chunk in range(max(1, -(-len(text) // CHUNK))):
            yield n, code, chunk, text[chunk * CHUNK : (chunk + 1) * CHUNK]


def read_texts(session: Session, n: int) -> dict[str, str]:
    """All long texts of commit number `n`."""
    d = session.dialect
    pieces: dict[str, list[str]] = {}
    for code, text in session.rows(
        f"SELECT {d.text_field}, text FROM texts WHERE {_between(d)} ORDER BY {d.text_place}",
        _all_of(d, n, n),
    ):
        pieces.setdefault(LONG_TEXTS[code], []).append(text)
    return {field: "".join(chunks) for field, chunks in pieces.items()}


def read_lengths(session: Session, n: int) -> dict[str, int]:
    """The length in characters of each long text of commit number `n`."""
    d = session.dialect
    found = session.rows(
        f"SELECT {d.text_field}, sum(length(text)) FROM texts WHERE {_between(d)} "
        "GROUP BY 1 ORDER BY 1",
        _all_of(d, n, n),
    )
    return {LONG_TEXTS[code]: int(length) for code, length in found}


def read_slice(
    session: Session, event_id: str, n: int, field: str, *, offset: int, limit: int
) -> TextSlice:
    """`limit` characters from `offset` on, reading only the chunks that hold them.

    Raises:
        NotFound: the event has no such text.
    """
    if field not in LONG_TEXTS:
        raise no_text(event_id, field)
    d, code, offset = session.dialect, LONG_TEXTS.index(field), max(offset, 0)
    backwards = d.text_place.replace(",", " DESC,") + " DESC"
    last = session.row(
        f"SELECT {d.text_chunk}, length(text) FROM texts WHERE {_between(d)} "
        f"ORDER BY {backwards} LIMIT 1",
        (*d.place(n, code, 0), *d.place(n, code, _LAST_CHUNK)),
    )
    if last is None:
        raise no_text(event_id, field)
    total = last[0] * CHUNK + last[1]
    end = min(offset + max(limit, 0), total)
    first = min(offset // CHUNK, _LAST_CHUNK)
    final = min(max(end - 1, 0) // CHUNK, _LAST_CHUNK)
    pieces = session.rows(
        f"SELECT text FROM texts WHERE {_between(d)} ORDER BY {d.text_place}",
        (*d.place(n, code, first), *d.place(n, code, final)),
    )
    held = "".join(piece for (piece,) in pieces) if end > offset else ""
    begin = offset - first * CHUNK
    return TextSlice(text=held[begin : begin + end - offset], offset=offset, total=total)


def drop_texts(session: Session, first: int, last: int) -> None:
    """Delete the long texts of the commits `first` to `last`."""
    d = session.dialect
    session.run(f"DELETE FROM texts WHERE {_between(d)}", _all_of(d, first, last))


def _between(d: Dialect) -> str:
    marks = ", ".join("?" for _ in d.place(0, 0, 0))
    return f"({d.text_place}) >= ({marks}) AND ({d.text_place}) <= ({marks})"


def _all_of(d: Dialect, first: int, last: int) -> tuple[int, ...]:
    return (*d.place(first, 0, 0), *d.place(last, _LAST_FIELD, _LAST_CHUNK))
