"""Bars in columns: feather and parquet, as freqtrade keeps them, read through pyarrow."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.market.bars.faults import bad_file

FEATHER: Final = (b"ARROW1\x00\x00", b"FEA1")
PARQUET: Final = b"PAR1"
_BATCH: Final = 8_192
_COLUMNS: Final = ("date", "open", "high", "low", "close", "volume")


def rows(path: Path, magic: bytes) -> Iterator[tuple[int, list[str]]]:
    """A header of names, then rows numbered from 1 on, floats in their shortest exact text.

    Raises:
        MarketError: pyarrow is missing, or the file is damaged or lacks a column.
    """
    try:
        import pyarrow  # large and optional: loaded only here
        from pyarrow import ipc, parquet
    except ImportError as error:
        raise bad_file(
            path,
            f"feather and parquet need pyarrow ({error}); run: "
            'pip install "motherhaven[parquet]", or save the bars as CSV',
        ) from None
    try:
        if magic.startswith(PARQUET):
            file = parquet.ParquetFile(path)
            batches: Any = file.iter_batches(_BATCH)
            names: Sequence[str] = file.schema_arrow.names
        else:
            reader = ipc.open_file(path)
            batches = (reader.get_batch(n) for n in range(reader.num_record_batches))
            names = reader.schema.names
        yield from _rows(path, names, batches)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise bad_file(
            path, f"is damaged ({' '.join(str(error).split())[:100]}); save it again"
        ) from None


def _rows(path: Path, names: Sequence[str], batches: Any) -> Iterator[tuple[int, list[str]]]:
    missing = [name for name in _COLUMNS[:5] if name not in names]
    if missing:
        raise bad_file(
            path, f"has no column {', '.join(missing)}; give freqtrade's file of candles"
        )
    chosen = [name for name in _COLUMNS if name in names]
    yield 0, chosen
    number = 0
    for batch in batches:
        for first in range(0, batch.num_rows, _BATCH):
            part = batch.slice(first, _BATCH)
            columns = [
                part.column(part.schema.get_field_index(name)).to_pylist() for name in chosen
            ]
            for values in zip(*columns, strict=True):
                number += 1
                yield number, [_text(value) for value in values]


def _text(value: Any) -> str:
    """A value of a column as text that the readers of times and numbers take."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return repr(value) if isinstance(value, float) else str(value)[:80]
