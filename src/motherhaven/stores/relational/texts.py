"""Long texts in chunks, so that a slice of a 20 MB answer reads only what it shows."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from motherhaven.contract.events import LONG_TEXTS
from motherhaven.contract.views import TextSlice
from motherhaven.stores.records import no_text
from motherhaven.stores.relational.dialect import Dialect, Session

CHUNK: Final = 65_536
"""Characters in a chunk."""

_LAST_FIELD: Final = 3
_LAST_CHUNK: Final = (1 << 16) - 1
_SPAN: Final = 1 << 14
"""Chunks of one text: 2^30 characters."""

_SLOTS: Final = {
    (min(place, _LAST_FIELD), max(0, place - _LAST_FIELD)): field
    for place, field in enumerate(LONG_TEXTS)
}
"""Each text by its field's number and its span of chunks there: the fourth number has several."""

_PLACES: Final = {field: (code, span * _SPAN) for (code, span), field in _SLOTS.items()}
"""Each text's number and first chunk."""


def chunk_rows(n: int, texts: Mapping[str, str]) -> Iterator[tuple[int, int, int, str]]:
    """The rows (n, field, chunk, text) of the long texts of commit number `n`."""
    for field, text in texts.items():
        code, base = _PLACES[field]
        for chunk in range(max(1, -(-len(text) // CHUNK))):
            yield n, code, base + chunk, text[chunk * CHUNK : (chunk + 1) * CHUNK]


def read_texts(session: Session, n: int) -> dict[str, str]:
    """All long texts of commit number `n`."""
    d = session.dialect
    pieces: dict[str, list[str]] = {}
    for code, span, text in session.rows(
        f"SELECT {d.text_field}, ({d.text_chunk}) / {_SPAN}, text FROM texts "
        f"WHERE {_between(d)} ORDER BY {d.text_place}",
        _all_of(d, n, n),
    ):
        pieces.setdefault(_SLOTS[code, span], []).append(text)
    return {field: "".join(chunks) for field, chunks in pieces.items()}


def read_lengths(session: Session, n: int) -> dict[str, int]:
    """The length in characters of each long text of commit number `n`."""
    d = session.dialect
    found = session.rows(
        f"SELECT {d.text_field}, ({d.text_chunk}) / {_SPAN}, sum(length(text)) FROM texts "
        f"WHERE {_between(d)} GROUP BY 1, 2 ORDER BY 1, 2",
        _all_of(d, n, n),
    )
    return {_SLOTS[code, span]: int(length) for code, span, length in found}


def lengths_of(session: Session, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
    """The same of many commit numbers, in two queries that read each text's last chunk alone."""
    d = session.dialect
    places = d.question(
        f"{{n}}, {d.text_field}, ({d.text_chunk}) / {_SPAN}, max({d.text_chunk})",
        "texts", f"{d.text_of} GROUP BY 1, 2, 3", n="big",
    )  # fmt: skip
    asked = session.ask(places, [(n,) for n in numbers]) if numbers else ()
    last = [(n, code, end) for n, code, _, end in asked]
    if not last:
        return {}
    ends = d.question(
        "{n}, {field}, {chunk}, length(text)", "texts", d.text_at,
        n="big", field="big", chunk="big",
    )  # fmt: skip
    found: dict[int, dict[str, int]] = {}
    for n, code, end, length in session.ask(ends, sorted(last)):
        field, chunk = _SLOTS[code, end // _SPAN], end % _SPAN
        found.setdefault(n, {})[field] = chunk * CHUNK + length
    return found


def read_slice(
    session: Session, event_id: str, n: int, field: str, *, offset: int, limit: int
) -> TextSlice:
    """`limit` characters from `offset` on, reading only the chunks that hold them.

    Raises:
        NotFound: the event has no such text.
    """
    if field not in LONG_TEXTS:
        raise no_text(event_id, field)
    d, offset = session.dialect, max(offset, 0)
    code, base = _PLACES[field]
    backwards = d.text_place.replace(",", " DESC,") + " DESC"
    last = session.row(
        f"SELECT {d.text_chunk}, length(text) FROM texts WHERE {_between(d)} "
        f"ORDER BY {backwards} LIMIT 1",
        (*d.place(n, code, base), *d.place(n, code, base + _SPAN - 1)),
    )
    if last is None:
        raise no_text(event_id, field)
    total = (last[0] - base) * CHUNK + last[1]
    end = min(offset + max(limit, 0), total)
    first = min(offset // CHUNK, _SPAN - 1)
    final = min(max(end - 1, 0) // CHUNK, _SPAN - 1)
    pieces = session.rows(
        f"SELECT text FROM texts WHERE {_between(d)} ORDER BY {d.text_place}",
        (*d.place(n, code, base + first), *d.place(n, code, base + final)),
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
