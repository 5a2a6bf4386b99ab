"""Recorded funding rates from a CSV file, by the hour at which they are paid."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from motherhaven.contract.errors import InvalidMoney, MarketError
from motherhaven.contract.money import to_decimal

COLUMNS: Final = ("timestamp_ms", "rate")
_HOUR_MS: Final = 3_600_000
_FIRST_MS: Final = 31_536_000_000
_LAST_MS: Final = 7_258_118_400_000
_MOST: Final = Decimal("0.04")

Rates = Mapping[datetime, Decimal]
"""The rate by the hour at which it is paid; longs pay a positive one."""


def read_funding(path: Path) -> Rates:
    """Read `timestamp_ms,rate`: a rate is paid once, at the hour that its time lies in.

    Venues that pay every eight hours have a row every eight hours.

    Raises:
        MarketError: the file cannot be read, or a line is not a time and a rate of at most
            4 %, or an hour comes twice; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MarketError(f"{path}: cannot be read ({error}); give a readable CSV file") from None
    if not lines or tuple(cell.strip() for cell in lines[0].split(",")) != COLUMNS:
        raise MarketError(f"{path}: line 1: the header must be {','.join(COLUMNS)}")
    rates: dict[datetime, Decimal] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        hour, rate = _row(line, where)
        if hour in rates:
            raise MarketError(f"{where}: the hour {hour:%Y-%m-%d %H:%M} comes twice; keep one")
        rates[hour] = rate
    if not rates:
        raise MarketError(f"{path}: no rates below the header; give a file with data")
    return rates


def _row(line: str, where: str) -> tuple[datetime, Decimal]:
    cells = line.split(",")
    try:
        stamp, rate = int(cells[0]), to_decimal(cells[1].strip(), "rate")
        if len(cells) != len(COLUMNS) or not _FIRST_MS <= stamp < _LAST_MS or abs(rate) > _MOST:
            raise ValueError
    except (ValueError, IndexError, InvalidMoney):
        raise MarketError(
            f"{where}: not a time in milliseconds and a rate of at most {_MOST}; mend the line"
        ) from None
    hours = stamp // _HOUR_MS
    return datetime.fromtimestamp(hours * 3600, UTC), rate
