"""Bars from CSV files: strictly checked, aligned by time, with their holes reported."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Final

from motherhaven.bot.exchange.types import Bar, MarketSpec, default_spec, normalise_symbol
from motherhaven.bot.market.feed import Book, Gap, Quote, Slice
from motherhaven.contract.errors import MarketError

COLUMNS: Final = ("timestamp_ms", "open", "high", "low", "close", "volume")
_FIRST_MS: Final = 31_536_000_000
_LAST_MS: Final = 7_258_118_400_000
_HUGE: Final = Decimal("1e20")
_LONGEST: Final = 200

Row = tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]
"""timestamp_ms, open, high, low, close, volume."""


@dataclass(frozen=True, slots=True)
class CoinFile:
    """One coin's bars, oldest first, with the holes between them."""

    coin: str
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    interval: timedelta


def read_bars(coin: str, path: Path) -> CoinFile:
    """Read `timestamp_ms,open,high,low,close,volume`; the time is the bar's start, UTC.

    Raises:
        MarketError: the file cannot be read, or a line is out of order, repeated,
            not a number, or impossible (high < low …); the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MarketError(f"{path}: cannot be read ({error}); give a readable CSV file") from None
    if not lines or tuple(cell.strip() for cell in lines[0].split(",")) != COLUMNS:
        raise MarketError(f"{path}: line 1: the header must be {','.join(COLUMNS)}")
    rows: list[Row] = []
    before = -1
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        row = _parse_row(line, f"{path}: line {number}")
        if row[0] <= before:
            fault = "repeats the time of" if row[0] == before else "is older than"
            raise MarketError(
                f"{path}: line {number}: {fault} the line before; sort and deduplicate"
            )
        before = row[0]
        rows.append(row)
    if not rows:
        raise MarketError(f"{path}: no bars below the header; give a file with data")
    return _assemble(coin, path, rows)


def _parse_row(line: str, where: str) -> Row:
    cells = line.split(",")
    try:
        stamp, values = int(cells[0]), [Decimal(cell) for cell in cells[1:]]
        start, high, low, close, volume = values
        # One chain for the common case; what breaks it is looked at closely below.
        if (
            0 < low <= start <= high < _HUGE
            and low <= close <= high
            and 0 <= volume < _HUGE
            and _FIRST_MS <= stamp < _LAST_MS
            and len(line) <= _LONGEST
            and "_" not in line
        ):
            return stamp, start, high, low, close, volume
    except (ValueError, InvalidOperation):
        pass
    raise MarketError(f"{where}: {_fault(cells)}")


def _fault(cells: list[str]) -> str:
    """Why a row cannot be taken."""
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} columns, not {len(COLUMNS)}"
    if any("_" in cell for cell in cells) or sum(len(cell) for cell in cells) > _LONGEST - 5:
        return "not plain numbers of a reasonable length; mend the line"
    try:
        stamp = int(cells[0])
        start, high, low, close, volume = (Decimal(cell) for cell in cells[1:])
    except (ValueError, InvalidOperation):
        return "not a row of numbers; mend or drop it"
    if not all(value.is_finite() for value in (start, high, low, close, volume)):
        return "NaN and infinity are not prices; mend or drop the line"
    if not _FIRST_MS <= stamp < _LAST_MS:
        return f"timestamp_ms {stamp} does not lie in the years 1971 to 2199"
    if not (0 < low <= start <= high and low <= close <= high):
        return "0 < low <= open, close <= high does not hold"
    return "a volume below 0, or a number beyond 1e20"


def _assemble(
    coin: str,
    path: Path,
    rows: Sequence[Row],
) -> CoinFile:
    stamps = [row[0] for row in rows]
    steps = [later - earlier for earlier, later in pairwise(stamps)]
    width = min(steps, default=60_000)
    odd = next((index for index, step in enumerate(steps) if step % width), None)
    if odd is not None:
        raise MarketError(
            f"{path}: the bar at {stamps[odd + 1]} ms does not lie on the grid of "
            f"{width // 1000} s that the others keep; mend its time"
        )
    interval = timedelta(milliseconds=width)
    times = [datetime.fromtimestamp(stamp / 1000, UTC) for stamp in stamps]
    bars = tuple(
        Bar(coin, time, row[1], row[2], row[3], row[4], row[5], interval)
        for time, row in zip(times, rows, strict=True)
    )
    gaps = tuple(
        Gap(coin, times[index] + interval, times[index + 1])
        for index, step in enumerate(steps)
        if step != width
    )
    return CoinFile(coin, bars, gaps, interval)


class FileFeed:
    """Recorded bars of one or several coins, as a feed. Not simulated, but not of today."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """Read and check every file.

        Raises:
            MarketError: a file is not usable, or the files differ in their interval.
        """
        if not files:
            raise MarketError("no bars given; name at least one COIN=FILE")
        self._files = {
            coin: read_bars(coin, path)
            for coin, path in ((normalise_symbol(name), path) for name, path in files.items())
        }
        intervals = {file.interval for file in self._files.values()}
        if len(intervals) > 1:
            shown = ", ".join(f"{coin} {f.interval}" for coin, f in self._files.items())
            raise MarketError(f"the files differ in their interval ({shown}); give equal ones")
        self._interval = intervals.pop()
        self._specs = {
            coin: default_spec(coin, price=file.bars[0].open) for coin, file in self._files.items()
        }
        self._slices: list[Slice] | None = None

    @property
    def name(self) -> str:
        """ "replay:" and the coins."""
        return "replay:" + ",".join(self._files)

    @property
    def simulated(self) -> bool:
        """False: these prices were."""
        return False

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins in the order given."""
        return tuple(self._files)

    @property
    def interval(self) -> timedelta:
        """The interval that all files share."""
        return self._interval

    @property
    def specs(self) -> Mapping[str, MarketSpec]:
        """The default rules of each coin, with steps that suit its first price."""
        return self._specs

    @property
    def set_aside(self) -> Mapping[str, str]:
        """None: a file that is not usable is refused at the start."""
        return {}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Every hole of every coin, by time."""
        every = [gap for file in self._files.values() for gap in file.gaps]
        return tuple(sorted(every, key=lambda gap: (gap.start, gap.coin)))

    @property
    def bars(self) -> int:
        """How many bars all files have together."""
        return sum(len(file.bars) for file in self._files.values())

    @property
    def start(self) -> datetime:
        """The start of the first bar."""
        return min(file.bars[0].start for file in self._files.values())

    @property
    def end(self) -> datetime:
        """The end of the last bar."""
        return max(file.bars[-1].end for file in self._files.values())

    def slices(self) -> Iterator[Slice]:
        """All slices, oldest first, the coins aligned by time."""
        ended: dict[datetime, tuple[Gap, ...]] = {}
        for file in self._files.values():
            for gap in file.gaps:
                ended[gap.end] = (*ended.get(gap.end, ()), gap)
        none: tuple[Gap, ...] = ()
        interval = self._interval
        if len(self._files) == 1:
            ((coin, file),) = self._files.items()
            for bar in file.bars:
                start = bar.start
                yield Slice(start + interval, {coin: bar}, ended.get(start, none))
            return
        by_start: dict[datetime, dict[str, Bar]] = {}
        for file in self._files.values():
            for bar in file.bars:
                by_start.setdefault(bar.start, {})[bar.coin] = bar
        for start in sorted(by_start):
            yield Slice(start + interval, by_start[start], ended.get(start, none))

    async def closed(self, since: datetime, until: datetime) -> Sequence[Slice]:
        """Slices with since < time <= until."""
        if self._slices is None:
            self._slices = list(self.slices())
        return [piece for piece in self._slices if since < piece.time <= until]

    async def quotes(self, now: datetime) -> Mapping[str, Quote]:
        """The open of the bar that starts at or before `now` and is not over yet."""
        result = {}
        for coin, file in self._files.items():
            index = bisect_right(file.bars, now, key=lambda bar: bar.start) - 1
            if index >= 0 and now < file.bars[index].end:
                bar = file.bars[index]
                result[coin] = Quote(coin, bar.open, bar.open, bar.open, bar.start)
        return result

    async def books(self, coins: Sequence[str]) -> Mapping[str, Book]:
        """None: takers pay the slippage formula here."""
        return {}

    async def close(self) -> None:
        """Nothing to let go of."""
