"""Which columns of a file of bars are which: by its header, or by its shape where it has none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FORMATS: Final = ("auto", "csv", "binance", "tradingview", "yfinance", "freqtrade")
"""What a file may be said to be; csv is any table with a header of plain names."""

WANTED: Final = "timestamp_ms,open,high,low,close,volume"
MOST_COLUMNS: Final = 200

_TIMES: Final = (
    "timestamp_ms", "timestamp", "time", "datetime", "date", "open_time", "open time", "opentime",
    "unix", "unix timestamp", "ts", "t",
)  # fmt: skip
_NAMES: Final = {
    "open": ("open", "o"), "high": ("high", "h"), "low": ("low", "l"), "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
}  # fmt: skip
_KLINE_COLUMNS: Final = 12
_STAMP: Final = re.compile(r"\d{8,19}(\.0+)?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d.*|\d\d\.\d\d\.\d{4}.*")


class NoLayout(ValueError):
    """The head of a file does not say where its times and prices are; the text says why."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a row's cells are. `volume` None: the file has none; `width` cells a row.

    `header` is how many rows come before the first bar; `ignored` the names of columns
    that are left out although they could be taken for another price.
    """

    form: str
    time: int
    prices: tuple[int, int, int, int]
    volume: int | None
    width: int
    header: int
    time_name: str = "time"
    ignored: tuple[str, ...] = ()


def find_layout(rows: Sequence[Sequence[str]], *, bare: bool = False) -> Layout:
    """The layout that the first rows (at least three, where there are as many) show.

    `bare` says that there is no header, whatever the first row looks like.

    Raises:
        NoLayout: it cannot be told.
    """
    if not rows:
        raise NoLayout(f"the file is empty; the header must be {WANTED}")
    first = [cell.strip() for cell in rows[0]]
    if len(first) > MOST_COLUMNS:
        raise NoLayout(f"{len(first)} columns, over {MOST_COLUMNS}; leave out the others")
    if bare or _STAMP.fullmatch(first[0]) or _DAY.fullmatch(first[0]):
        return _without_header(first)
    if first[0].lower() in ("price", "ticker") and len(rows) > 1:
        return _two_level(rows)
    return _named(first, 1)


def _without_header(first: Sequence[str]) -> Layout:
    width = len(first)
    if width == _KLINE_COLUMNS:
        return Layout("binance", 0, (1, 2, 3, 4), 5, width, 0, "open time")
    if width in (5, 6):
        return Layout("csv", 0, (1, 2, 3, 4), 5 if width == 6 else None, width, 0)
    raise NoLayout(
        f"there is no header, and {width} columns are neither Binance klines (12) nor time, open, "
        f"high, low, close, volume (6): put a header such as {WANTED} above them"
    )


def _two_level(rows: Sequence[Sequence[str]]) -> Layout:
    """yfinance since 2024: names and tickers in rows of their own, then the index's name."""
    levels = {row[0].strip().lower(): row for row in rows[:2]}
    if levels.keys() != {"price", "ticker"}:
        return _named([cell.strip() for cell in rows[0]], 1)
    tickers = {cell.strip() for cell in levels["ticker"][1:]} - {""}
    if len(tickers) > 1:
        shown = ", ".join(repr(ticker[:20]) for ticker in sorted(tickers)[:5])
        raise NoLayout(f"it holds several tickers ({shown}); download one and save it alone")
    names = ["Date", *(cell.strip() for cell in levels["price"][1:])]
    header = 2
    if len(rows) > 2 and rows[2][0].strip().lower() in ("date", "datetime"):
        names[0], header = rows[2][0].strip(), 3
    return _named(names, header)


def _named(names: Sequence[str], header: int) -> Layout:
    lowered = [name.lower() for name in names]
    time = next((lowered.index(name) for name in _TIMES if name in lowered), None)
    if time is None and lowered[0] == "":
        time = 0  # an index without a name, as pandas writes it
    columns = {name: _column(lowered, name, spellings) for name, spellings in _NAMES.items()}
    missing = [name for name in ("open", "high", "low", "close") if columns[name] is None]
    if time is None or missing:
        lacks = ", ".join((["a time"] if time is None else []) + missing)
        raise NoLayout(f"the header names no column for {lacks}; it must be like {WANTED}")
    prices = tuple(column for name in tuple(_NAMES)[:4] if (column := columns[name]) is not None)
    ignored = tuple(name for name in names if name.lower().replace("_", " ") == "adj close")
    return Layout(
        _form(names, lowered), time, (prices[0], prices[1], prices[2], prices[3]),
        columns["volume"], len(names), header, names[time] or "time", ignored,
    )  # fmt: skip


def _column(lowered: Sequence[str], name: str, spellings: Sequence[str]) -> int | None:
    for spelling in spellings:
        if lowered.count(spelling) > 1:
            raise NoLayout(f"the header has several columns named {name}; keep the right one")
        if spelling in lowered:
            return lowered.index(spelling)
    return None


def _form(names: Sequence[str], lowered: Sequence[str]) -> str:
    if any(name.replace("_", " ") in ("open time", "opentime") for name in lowered):
        return "binance"
    if names[0] == "time":
        return "tradingview"
    if names[0] in ("Date", "Datetime") and "Open" in names:
        return "yfinance"
    return "csv"
