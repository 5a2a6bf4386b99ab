"""Rows as CSV or JSON text, piece by piece."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import Final

from motherhaven.contract.jsonio import dumps

Row = dict[str, str | int | None]

_FORMULA: Final = tuple("=+-@|\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets take for the beginning of a formula; the last four are full-width."""

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


def safe_cell(value: str | int | None) -> str:
    """A value as a spreadsheet may open it: text that would be a formula begins with '.

    Numbers stay numbers, a minus sign included; None is an empty cell.
    """
    if value is None:
        return ""
    text = str(value).replace("\x00", "\ufffd")
    if text.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


async def csv_pieces(
    columns: Sequence[str], pages: AsyncIterator[Sequence[Row]]
) -> AsyncIterator[bytes]:
    """A CSV file (RFC 4180, UTF-8) with a header; one piece for each page."""
    yield _lines([columns])
    async for page in pages:
        yield _lines([[safe_cell(row[name]) for name in columns] for row in page])


async def json_pieces(pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """A JSON array of objects, one to a line."""
    separator = b"[\n"
    async for page in pages:
        for row in page:
            yield separator + dumps(row)
            separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
