"""`motherhaven export`: decisions, trades, accounts or raw events for other programs.

Money stays exact: decimals are text in every format.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Self

from pydantic import BaseModel

from motherhaven.cli.move import opened
from motherhaven.cli.output import emit
from motherhaven.contract.csvtext import csv_bytes
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.times import format_time
from motherhaven.contract.views import AccountRow, DecisionRow, PositionRow
from motherhaven.stores import DecisionFilter, Store
from motherhaven.stores.moving import StoreSource, identity

What = Literal["decisions", "trades", "account", "events"]
Format = Literal["csv", "json", "parquet"]
Row = dict[str, Any]

PAGE: Final = 1_000
_EVENT: Final = (
    "event_id", "bot_id", "bot_name", "mode", "kind", "epoch", "seq", "time", "recorded_at",
    "received_at", "payload",
)  # fmt: skip


def export(what: What, form: Format, out: Path, bot: str | None, store: str | None) -> None:
    """Write the rows to `out`, which appears whole or not at all.

    Raises:
        ConfigError: the file exists or cannot be written, or pyarrow is missing.
        StoreError: the store cannot work now.
    """
    if out.exists():
        raise ConfigError(f"export: {out} exists already; name a new file")
    count = asyncio.run(_export(what, form, out, bot, store))
    emit(f"exported {count} {what} to {out}")


async def _export(what: What, form: Format, out: Path, bot: str | None, store: str | None) -> int:
    columns, rows = _TABLES[what]
    part = out.with_name(out.name + ".part")
    count = 0
    async with opened(store, existing=True) as source:
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            with _WRITERS[form](part, columns) as writer:
                async for row in rows(source, bot):
                    writer.write(row)
                    count += 1
            part.replace(out)
        except OSError as error:
            raise ConfigError(f"export: {out} cannot be written: {error}") from error
        finally:
            part.unlink(missing_ok=True)
    return count


async def _decisions(store: Store, bot: str | None) -> AsyncIterator[Row]:
    before: str | None = None
    while True:
        page = await store.decisions(DecisionFilter(bot_id=bot), before=before, limit=PAGE)
        for row in page.items:
            yield _plain(row)
        before = page.next
        if before is None:
            return


async def _trades(store: Store, bot: str | None) -> AsyncIterator[Row]:
    before: str | None = None
    while True:
        page = await store.positions(status="all", bot_id=bot, before=before, limit=PAGE)
        for row in page.items:
            yield _plain(row)
        before = page.next
        if before is None:
            return


async def _account(store: Store, bot: str | None) -> AsyncIterator[Row]:
    async for event in StoreSource(store).lean():
        if event.kind == "account" and bot in (None, event.bot_id):
            told = event.body.model_dump(include=set(AccountRow.model_fields))
            own = {
                "bot_id": event.bot_id,
                "time": event.shown_at,
                "recorded_at": event.written_at,
                "received_at": event.received_at or event.recorded_at,
            }
            yield _plain(AccountRow.model_validate(told | own))


async def _events(store: Store, bot: str | None) -> AsyncIterator[Row]:
    async for event in StoreSource(store).whole(0):
        if bot in (None, event.bot_id):
            yield dict(zip(_EVENT, (*identity(event), event.payload.decode()), strict=True))


def _plain(row: BaseModel) -> Row:
    """A row of cells: decimals as text, times in UTC, what has parts as JSON."""
    told = row.model_dump(mode="json")
    told.pop("cursor", None)
    for name, value in told.items():
        if isinstance(value, (dict, list)):
            told[name] = json.dumps(value, ensure_ascii=False)
        elif isinstance(getattr(row, name), datetime):
            told[name] = format_time(getattr(row, name))
    return told


def _columns(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if name != "cursor")


_Rows = Callable[[Store, str | None], AsyncIterator[Row]]

_TABLES: Final[dict[What, tuple[tuple[str, ...], _Rows]]] = {
    "decisions": (_columns(DecisionRow), _decisions),
    "trades": (_columns(PositionRow), _trades),
    "account": (_columns(AccountRow), _account),
    "events": (_EVENT, _events),
}


class Writer(AbstractContextManager["Writer"], Protocol):
    """Writes rows to one file."""

    def write(self, row: Row) -> None:
        """One row; it has every column."""
        ...


class _File:
    """What the text formats share."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.columns = columns
        self.stack = ExitStack()
        self.file = self.stack.enter_context(path.open("w", encoding="utf-8", newline=""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()


class CsvFile(_File):
    """Comma-separated, for spreadsheets: no cell of it is ever taken for a formula."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        super().__init__(path, columns)
        self._write([columns])

    def write(self, row: Row) -> None:
        """One line."""
        self._write([[row[name] for name in self.columns]])

    def _write(self, rows: Sequence[Sequence[Any]]) -> None:
        self.file.write(csv_bytes(rows).decode())


class JsonFile(_File):
    """One JSON array, a row on each line."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        super().__init__(path, columns)
        self._before = "[\n"
        self.stack.callback(lambda: self.file.write("\n]\n" if self._before == ",\n" else "[]\n"))

    def write(self, row: Row) -> None:
        """One element."""
        self.file.write(self._before + json.dumps(row, ensure_ascii=False))
        self._before = ",\n"


class ParquetFile(_File):
    """Parquet through pyarrow; whole numbers as integers, everything else as text."""

    _WHOLE: Final = ("epoch", "seq", "num_positions")

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        try:
            import pyarrow  # large and optional: loaded only here
            from pyarrow import parquet
        except ImportError as error:
            raise ConfigError(
                f"export: parquet needs pyarrow ({error}); "
                'run: pip install "motherhaven[parquet]", or use --format csv or json'
            ) from None
        super().__init__(path, columns)
        self._arrow = pyarrow
        self._schema = pyarrow.schema(
            [
                (name, pyarrow.int64() if name in self._WHOLE else pyarrow.string())
                for name in columns
            ]
        )
        self._rows: list[Row] = []
        self._parquet = parquet.ParquetWriter(path, self._schema)
        self.stack.callback(self._close)

    def write(self, row: Row) -> None:
        """One row, written in groups."""
        self._rows.append(row)
        if len(self._rows) >= PAGE:
            self._flush()

    def _flush(self) -> None:
        table = self._arrow.Table.from_pylist(self._rows, schema=self._schema)
        self._parquet.write_table(table)
        self._rows = []

    def _close(self) -> None:
        if self._rows:
            self._flush()
        self._parquet.close()


_WRITERS: Final[dict[Format, Callable[[Path, Sequence[str]], Writer]]] = {
    "csv": CsvFile,
    "json": JsonFile,
    "parquet": ParquetFile,
}
