"""Long texts in chunks, so that a slice of a 20 MB answer reads only what it shows."""

from collections.abc import Iterator, Mapping
from typing import Final

from motherhaven.contract.events import LONG_TEXTS
from motherhaven.contract.views import TextSlice
from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.records import no_text

CHUNK: Final = 65_536
"""Characters in a chunk."""

_LAST_CHUNK: Final = (1 << 31) - 1


def chunk_rows(n: int, texts: Mapping[str, str]) -> Iterator[tuple[int, int, int, str]]:
    """The rows (n, field, chunk, text) of the long texts of commit number `n`."""
    for field, text in texts.items():
        code = LONG_TEXTS.index(field)
        for chunk in range(max(1, -(-len(text) // CHUNK))):
            yield n, code, chunk, text[chunk * CHUNK : (chunk + 1) * CHUNK]


def read_texts(connection: Connection, numbers: list[int]) -> dict[int, dict[str, str]]:
    """All long texts of these commit numbers, by number and field."""
    texts: dict[int, dict[str, str]] = {}
    pieces: dict[tuple[int, str], list[str]] = {}
    for n, code, text in connection.execute(
        "SELECT n, field, text FROM texts WHERE n = ANY(%s) ORDER BY n, field, chunk", (numbers,)
    ):
        pieces.setdefault((n, LONG_TEXTS[code]), []).append(text)
    for (n, field), chunks in pieces.items():
        texts.setdefault(n, {})[field] = "".join(chunks)
    return texts


def read_lengths(connection: Connection, n: int) -> dict[str, int]:
    """The length in characters of each long text of commit number `n`."""
    found = connection.execute(
        "SELECT field, sum(length(text))::bigint FROM texts WHERE n = %s GROUP BY 1 ORDER BY 1",
        (n,),
    )
    return {LONG_TEXTS[code]: length for code, length in found}


def read_slice(
    connection: Connection, event_id: str, n: int, field: str, *, offset: int, limit: int
) -> TextSlice:
    """`limit` characters from `offset` on, reading only the chunks that hold them.

    Raises:
        NotFound: the event has no such text.
    """
    if field not in LONG_TEXTS:
        raise no_text(event_id, field)
    code, offset = LONG_TEXTS.index(field), max(offset, 0)
    last = connection.execute(
        "SELECT chunk, length(text) FROM texts WHERE n = %s AND field = %s "
        "ORDER BY chunk DESC LIMIT 1",
        (n, code),
    ).fetchone()
    if last is None:
        raise no_text(event_id, field)
    total = last[0] * CHUNK + last[1]
    end = min(offset + max(limit, 0), total)
    first = min(offset // CHUNK, _LAST_CHUNK)
    pieces = connection.execute(
        "SELECT text FROM texts WHERE n = %s AND field = %s AND chunk BETWEEN %s AND %s "
        "ORDER BY chunk",
        (n, code, first, max(end - 1, 0) // CHUNK),
    )
    held = "".join(piece for (piece,) in pieces) if end > offset else ""
    begin = offset - first * CHUNK
    return TextSlice(text=held[begin : begin + end - offset], offset=offset, total=total)
