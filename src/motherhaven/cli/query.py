"""`motherhaven query`: a bot's own journal, read safely while the bot runs."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from motherhaven.cli.output import emit, say
from motherhaven.contract.csvtext import csv_bytes
from motherhaven.contract.errors import ConfigError
from motherhaven.recorder.factory import journal_path
from motherhaven.recorder.query import Value, query
from motherhaven.settings import get_settings

_WIDEST: Final = 60
_MEASURED: Final = 1_000

Rows = Iterator[tuple[Value, ...]]


def run(sql: str, journal: Path | None, *, as_json: bool, as_csv: bool) -> None:
    """Print what one SELECT gives: a table, or one object or line of values for each row.

    Raises:
        ConfigError: there is no such journal, or the query is wrong or would change it.
        JournalError: the file cannot be read now.
    """
    if as_json and as_csv:
        raise ConfigError("query: --json and --csv exclude each other; give one of them")
    if journal is None:
        settings = get_settings()
        mode = "live" if settings.trading_mode == "live" else "paper"
        journal = journal_path(settings.motherhaven_data, mode)
    columns, rows = query(journal, sql)
    if as_json:
        for row in rows:
            emit(json.dumps(dict(zip(columns, map(_plain, row), strict=True))))
    elif as_csv:
        sys.stdout.buffer.write(csv_bytes([columns]))
        for row in rows:
            sys.stdout.buffer.write(csv_bytes([[_plain(value) for value in row]]))
    else:
        _table(columns, rows)


def _table(columns: list[str], rows: Rows) -> None:
    """Aligned by the first rows; long texts cut, control characters shown as escapes."""
    first = [[_cell(value) for value in row] for row in islice(rows, _MEASURED)]
    head = [_cell(column) for column in columns]
    widths = [max(map(len, column)) for column in zip(head, *first, strict=True)]
    count = 0
    if head:
        emit(_line(head, widths))
        emit("  ".join("-" * width for width in widths))
    for line in first:
        emit(_line(line, widths))
        count += 1
    for row in rows:
        emit(_line([_cell(value) for value in row], widths))
        count += 1
    say(f"{count} rows")


def _line(cells: list[str], widths: list[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return "  ".join(cell.ljust(width) for cell, width in pairs).rstrip()


def _cell(value: Value) -> str:
    text = "" if value is None else str(_plain(value))
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: _WIDEST * 2])
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _plain(value: Value) -> str | int | float | None:
    return value.hex() if isinstance(value, bytes) else value
