"""Closed trades divided: by a word of theirs, by the day they ended, by result and by hold."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from typing import Final, TypeVar

from motherhaven.metrics.trades import ClosedTrade, trade_statistics

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
ZERO: Final = Decimal(0)

HOLD_EDGES: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (60, 300, 900, 3_600, 4 * 3_600, 86_400, 7 * 86_400, 30 * 86_400)
)
"""Where one group of holding times ends and the next begins."""

_STEPS: Final = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_MOST_BINS: Final = 12


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Some closed trades together. USD net of fees and funding; None where there is no such one.

    `best` and `worst` are the largest win and loss, `mean_win` and `mean_loss` the averages;
    a loss is negative. `funding` is as received.
    """

    n: int
    wins: int
    losses: int
    net: Decimal
    fees: Decimal
    funding: Decimal
    best: Decimal | None
    worst: Decimal | None
    mean_win: Decimal | None
    mean_loss: Decimal | None
    median_hold: timedelta | None


@dataclass(frozen=True, slots=True)
class Day:
    """What the trades made that ended on one day, in USD net of fees and funding."""

    day: date
    n: int
    wins: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Spread:
    """How many values lie in [low, high); None is without a bound."""

    low: Decimal | None
    high: Decimal | None
    n: int


def group_figures(trades: Sequence[ClosedTrade]) -> GroupFigures:
    """The figures of all of `trades` together."""
    told = trade_statistics(trades)
    won = [trade.net for trade in trades if trade.net > 0]
    lost = [trade.net for trade in trades if trade.net < 0]
    return GroupFigures(
        n=told.n,
        wins=told.wins,
        losses=told.losses,
        net=told.net,
        fees=told.fees,
        funding=told.funding,
        best=max(won, default=None),
        worst=min(lost, default=None),
        mean_win=_mean(won),
        mean_loss=_mean(lost),
        median_hold=told.median_hold,
    )


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """The items of each key, in their order; the keys in order of appearance."""
    found: dict[K, list[T]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return dict(found)


def by_day(trades: Iterable[ClosedTrade], zone: tzinfo) -> list[Day]:
    """What each day of `zone` made, oldest first; days without a trade are left out."""
    days = grouped(trades, lambda trade: trade.closed_at.astimezone(zone).date())
    return [
        Day(
            day,
            len(ended),
            sum(trade.net > 0 for trade in ended),
            sum((trade.net for trade in ended), ZERO),
        )
        for day, ended in sorted(days.items())
    ]


def net_bins(trades: Sequence[ClosedTrade]) -> list[Spread]:
    """How the net results spread: at most 14 bins of one round width, one edge at 0.

    The first and the last are without a bound, so that a single result of another size does
    not put all others into one bin: the width follows the middle nine tenths.
    """
    nets = sorted(trade.net for trade in trades)
    if not nets:
        return []
    cut = len(nets) // 20
    low, high = nets[cut], nets[len(nets) - 1 - cut]
    width = _round_width(max(high, ZERO) - min(low, ZERO))
    first, last = int(min(low, ZERO) // width), int(max(high, ZERO) // width) + 1
    edges = [width * step for step in range(first, last + 1)]
    return _counted(nets, edges)


def hold_bins(trades: Iterable[ClosedTrade]) -> list[Spread]:
    """How long trades were held: bins of HOLD_EDGES, their bounds in seconds."""
    seconds = sorted(Decimal(trade.hold / timedelta(seconds=1)) for trade in trades)
    edges = [Decimal(edge // timedelta(seconds=1)) for edge in HOLD_EDGES]
    return _counted(seconds, edges)


def _counted(values: Sequence[Decimal], edges: Sequence[Decimal]) -> list[Spread]:
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1
    bounds: list[Decimal | None] = [None, *edges, None]
    bins = [Spread(low, high, n) for low, high, n in zip(bounds, bounds[1:], counts, strict=False)]
    while bins and not bins[0].n:
        del bins[0]
    while bins and not bins[-1].n:
        del bins[-1]
    return bins


def _round_width(span: Decimal) -> Decimal:
    """A width of 1, 2 or 5 times a power of ten that divides `span` into _MOST_BINS at most."""
    if span <= 0:
        return Decimal(1)
    least = span / _MOST_BINS
    power = Decimal(1).scaleb(least.adjusted())
    return next(power * step for step in _STEPS if power * step >= least)


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    return sum(values, ZERO) / len(values) if values else None
