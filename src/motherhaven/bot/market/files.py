"""Bars from files as a feed: aligned by time, with their holes reported."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from motherhaven.bot.market.bars import BarFile, read_bar_file
from motherhaven.bot.market.feed import Book, FundingKept, Gap, Quote, Slice, WithoutMarks
from motherhaven.bot.market.instruments import Bar, MarketSpec, default_spec
from motherhaven.bot.market.timeline import Timeline
from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import MarketError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CoinFile:
    """One coin's bars, oldest first, with the holes between them."""

    coin: str
    path: Path
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    interval: timedelta
    notes: tuple[str, ...] = ()

    @property
    def phase(self) -> timedelta:
        """How long after each full interval (counted from 1970) the bars start."""
        return (self.bars[0].start - _EPOCH) % self.interval


def read_bars(coin: str, path: Path) -> CoinFile:
    """Read a file of bars in any of the known forms; a time is the bar's start.

    Raises:
        MarketError: as `read_bar_file`; the message names file and line.
    """
    return _coin_file(coin, read_bar_file(path))


def _coin_file(coin: str, file: BarFile) -> CoinFile:
    interval = file.interval

    def moment(microseconds: int) -> datetime:
        return _EPOCH + timedelta(microseconds=microseconds)

    bars = tuple(
        Bar(coin, moment(stamp), start, high, low, close, volume, interval)
        for stamp, start, high, low, close, volume in file.rows
    )
    gaps = tuple(Gap(coin, moment(start), moment(end)) for start, end in file.missing)
    return CoinFile(coin, file.path, bars, gaps, interval, file.notes)


def _check_alike(files: Sequence[CoinFile]) -> None:
    """Refuse files whose bars do not begin at the same moments."""
    first = files[0]
    for file in files[1:]:
        if file.interval != first.interval:
            raise MarketError(
                f"the files differ in their interval: {first.coin} ({first.path}) has a bar every "
                f"{first.interval}, {file.coin} ({file.path}) every {file.interval}; give files "
                "of one interval"
            )
        if file.phase != first.phase:
            raise MarketError(
                f"the files are out of phase: with a bar every {first.interval}, {first.coin} "
                f"({first.path}) starts at {_clock(first.phase)} and {file.coin} ({file.path}) at "
                f"{_clock(file.phase)} after each full interval; give files of one grid"
            )


def _clock(phase: timedelta) -> str:
    """A phase as :SS, MM:SS or H:MM:SS, as short as it can be."""
    if phase < timedelta(minutes=1):
        return f":{phase.total_seconds():02g}"
    return str(phase)


class FileFeed(WithoutMarks):
    """Recorded bars of one or several coins, as a feed. Not simulated, but not of today."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """Read and check every file.

        Raises:
            MarketError: a file is not usable, or the files differ in interval or phase.
        """
        if not files:
            raise MarketError("no bars given; name at least one COIN=FILE")
        self._files = {
            coin: read_bars(coin, path)
            for coin, path in ((normalise_symbol(name), path) for name, path in files.items())
        }
        _check_alike(list(self._files.values()))
        self._interval = next(iter(self._files.values())).interval
        self._specs = {
            coin: default_spec(coin, price=file.bars[0].open) for coin, file in self._files.items()
        }
        self._timeline: Timeline | None = None

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
    def notes(self) -> tuple[str, ...]:
        """What was found in the files and done to them, for people."""
        return tuple(f"{f.path}: {note}" for f in self._files.values() for note in f.notes)

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

    @property
    def timeline(self) -> Timeline:
        """All slices by number, with the bars as columns; made once."""
        if self._timeline is None:
            ended: dict[datetime, tuple[Gap, ...]] = {}
            for file in self._files.values():
                for gap in file.gaps:
                    ended[gap.end] = (*ended.get(gap.end, ()), gap)
            files = {coin: file.bars for coin, file in self._files.items()}
            self._timeline = Timeline(files, ended)
        return self._timeline

    def slices(self) -> Iterator[Slice]:
        """All slices, oldest first, the coins aligned by time."""
        return iter(self.timeline)

    @property
    def funding_kept(self) -> FundingKept:
        """None: bars have no funding."""
        return FundingKept.NONE

    async def funding_rates(
        self, coin: str, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, Decimal]]:
        """None."""
        return ()

    async def closed(self, since: datetime, until: datetime) -> Sequence[Slice]:
        """Slices with since < time <= until."""
        return self.timeline.between(since, until)

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
