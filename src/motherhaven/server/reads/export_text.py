"""Rows as CSV or JSON text, piece by piece."""

from collections.abc import AsyncIterator, Sequence

from motherhaven.contract.csvtext import csv_bytes
from motherhaven.contract.jsonio import dumps

Row = dict[str, str | int | None]


async def csv_pieces(
    columns: Sequence[str], pages: AsyncIterator[Sequence[Row]]
) -> AsyncIterator[bytes]:
    """A CSV file (RFC 4180, UTF-8) with a header; one piece for each page."""
    yield csv_bytes([columns])
    async for page in pages:
        yield csv_bytes([row[name] for name in columns] for row in page)


async def json_pieces(pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """A JSON array of objects, one to a line."""
    separator = b"[\n"
    async for page in pages:
        for row in page:
            yield separator + dumps(row)
            separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"
