"""Recorded bars as columns: whole numbers that are quick to look through, and exact."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from motherhaven.bot.market.feed import Gap, Slice
from motherhaven.bot.market.instruments import Bar
from motherhaven.contract.exact import EXACT


class Steps(NamedTuple):
    """A column of decimals, exactly, as whole numbers of 10**-decimals.

    None is beyond ±`largest`. `fixed`: each was written with as many decimals; `short`: with no
    more than it needs. Python's integers have no bound, so nothing is rounded or overflows.
    """

    values: list[int]
    decimals: int
    largest: int
    fixed: bool
    short: bool

    def piece(self, chosen: slice) -> "Steps":
        """Some of them."""
        return self._replace(values=self.values[chosen])


@dataclass(frozen=True, slots=True)
class Columns:
    """One coin's bars, oldest first.

    The prices count the same steps; `volumes` is None where one is not known. `numbers` are
    the closes as floats, for indicators. `begins` names the bars that follow no other at once.
    """

    bars: tuple[Bar, ...]
    opens: Steps
    highs: Steps
    lows: Steps
    ends: Steps
    volumes: Steps | None
    closes: list[Decimal]
    numbers: list[float]
    begins: tuple[int, ...]

    @classmethod
    def of(cls, bars: tuple[Bar, ...]) -> "Columns":
        """The columns of checked bars of one interval."""
        closes = [bar.close for bar in bars]
        opens, highs, lows, ends = _alike(
            [bar.open for bar in bars],
            [bar.high for bar in bars],
            [bar.low for bar in bars],
            closes,
        )
        volumes = [bar.volume for bar in bars if bar.volume is not None]
        begins = [0]
        for index in range(1, len(bars)):
            before = bars[index - 1]
            if bars[index].start != before.start + before.interval:
                begins.append(index)
        return cls(
            bars,
            opens,
            highs,
            lows,
            ends,
            _alike(volumes)[0] if len(volumes) == len(bars) else None,
            closes,
            [float(close) for close in closes],
            tuple(begins),
        )

    def first_outside(self, start: int, stop: int, low: Decimal, high: Decimal) -> int:
        """The first bar from `start` on that does not stay strictly within; `stop` if all do."""
        if low >= 0:
            bound = _floor(low, self.lows.decimals)
            lows = self.lows.values[start:stop]
            if lows and min(lows) <= bound:
                stop = start + next(n for n, one in enumerate(lows) if one <= bound)
        if high.is_finite():
            bound = -_floor(-high, self.highs.decimals)
            highs = self.highs.values[start:stop]
            if highs and max(highs) >= bound:
                stop = start + next(n for n, one in enumerate(highs) if one >= bound)
        return stop


class Stretch(NamedTuple):
    """Slices from `first` until before `end` that have a bar of every coin and end no hole.

    A coin's bar in slice n of the stretch is number n + `offsets[coin]` of its columns.
    """

    first: int
    end: int
    offsets: Mapping[str, int]


class Timeline:
    """All slices of recorded bars by number, and each coin's bars as columns."""

    def __init__(
        self, files: Mapping[str, tuple[Bar, ...]], gaps: Mapping[datetime, tuple[Gap, ...]]
    ) -> None:
        """`files` are the bars of each coin, oldest first; `gaps` the holes by their ends."""
        self.columns = {coin: Columns.of(bars) for coin, bars in files.items()}
        self._gaps = gaps
        self._only = next(iter(files)) if len(files) == 1 else None
        by_start: dict[datetime, dict[str, Bar]] = {}
        if self._only is None:
            for bars in files.values():
                for bar in bars:
                    by_start.setdefault(bar.start, {})[bar.coin] = bar
        self._rows = [by_start[start] for start in sorted(by_start)]
        self.times = [
            bar.end for bar in (files[self._only] if self._only else map(_any, self._rows))
        ]
        self._stretches = _stretches(self, tuple(files))
        self._firsts = [stretch.first for stretch in self._stretches]

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: int) -> Slice:
        """Slice number `index`; of a single coin it is made when it is asked for.

        Raises:
            IndexError: there is none.
        """
        if self._only is None:
            bars = self._rows[index]
            start = _any(bars).start
        else:
            bar = self.columns[self._only].bars[index]
            bars, start = {self._only: bar}, bar.start
        return Slice(self.times[index], bars, self._gaps.get(start, ()))

    def __iter__(self) -> Iterator[Slice]:
        return (self[index] for index in range(len(self)))

    def between(self, since: datetime, until: datetime) -> list[Slice]:
        """Slices with since < time <= until."""
        return [
            self[index]
            for index in range(bisect_right(self.times, since), bisect_right(self.times, until))
        ]

    def stretch(self, index: int) -> Stretch | None:
        """The stretch that a slice lies in; None when it lies in none."""
        place = bisect_right(self._firsts, index) - 1
        if place < 0 or index >= self._stretches[place].end:
            return None
        return self._stretches[place]


def steps_until(start: datetime, goal: datetime, interval: timedelta) -> int:
    """How many intervals after `start` the first moment at or after `goal` comes, at least 0."""
    return -((start - goal) // interval) if start < goal else 0


def _any(bars: Mapping[str, Bar]) -> Bar:
    return next(iter(bars.values()))


def _stretches(slices: Timeline, coins: tuple[str, ...]) -> list[Stretch]:
    found: list[Stretch] = []
    seen = dict.fromkeys(coins, 0)
    first: int | None = None
    offsets: dict[str, int] = {}
    for index, (_, bars, gaps) in enumerate(slices):
        if gaps or len(bars) < len(coins):
            if first is not None:
                found.append(Stretch(first, index, offsets))
                first = None
        elif first is None:
            first, offsets = index, {coin: count - index for coin, count in seen.items()}
        for coin in bars:
            seen[coin] += 1
    if first is not None:
        found.append(Stretch(first, len(slices), offsets))
    return found


def _decimals(number: Decimal) -> int:
    """Its decimals as it stands; below 0 for whole tens (1E+3)."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _alike(*columns: Sequence[Decimal]) -> list[Steps]:
    """Columns in steps that suit all of them."""
    decimals = max(0, *(_decimals(number) for column in columns for number in column))
    return [_in_steps(column, decimals) for column in columns]


def _in_steps(column: Sequence[Decimal], decimals: int) -> Steps:
    values, fixed, short = [], True, True
    for number in column:
        value = number.scaleb(decimals, EXACT)
        whole, own = int(value), _decimals(number)
        if whole != value:
            raise ArithmeticError(f"{number} has more than {decimals} decimals")
        values.append(whole)
        fixed = fixed and own == decimals
        short = short and (own == 0 or (own > 0 and whole % 10 ** (decimals - own + 1) != 0))
    return Steps(values, decimals, max(map(abs, values)), fixed, short)


def _floor(price: Decimal, decimals: int) -> int:
    above, below = price.as_integer_ratio()
    step: int = 10**decimals
    return above * step // below
