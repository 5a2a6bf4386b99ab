"""Drawdown on full-resolution equity, net of deposits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from motherhaven.metrics.returns import EquityPoint, Flow, unit_prices


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a peak, and how long the account stayed below one.

    `depth` is a fraction at or below 0 (-0.024 = 2.4 % under the peak); `recovered_at`
    None while the peak is not reached again; `duration` runs from the peak to the
    recovery, or to the last point; `longest` is the longest time below any peak.
    """

    depth: float
    peak_at: datetime
    trough_at: datetime
    recovered_at: datetime | None
    duration: timedelta
    longest: timedelta
    n: int


def max_drawdown(points: Iterable[EquityPoint], flows: Iterable[Flow] = ()) -> Drawdown | None:
    """The maximum drawdown of equity points in order of time; None without any.

    Deposits and withdrawals are neither gain nor loss (see `unit_prices`).
    """
    track: _Track | None = None
    for time, price in unit_prices(points, flows):
        if track is None:
            track = _Track(time, price)
        else:
            track.step(time, price)
    return track.result() if track else None


class _Track:
    """The peak so far, the deepest fall so far, the longest time below a peak so far."""

    def __init__(self, time: datetime, price: Decimal) -> None:
        self.n = 1
        self.peak, self.peak_at, self.last = price, time, time
        self.below = False
        self.deepest = (0.0, time, time)
        self.recovered: datetime | None = time
        self.longest = timedelta(0)

    def step(self, time: datetime, price: Decimal) -> None:
        self.n += 1
        self.last = time
        if self.below or price < self.peak:
            self.longest = max(self.longest, time - self.peak_at)
        if price >= self.peak:
            if self.below and self.deepest[1] == self.peak_at:
                self.recovered = time
            self.peak, self.peak_at, self.below = price, time, False
            return
        self.below = True
        depth = float(price / self.peak - 1) if self.peak > 0 else 0.0
        if depth < self.deepest[0]:
            self.deepest = (depth, self.peak_at, time)
            self.recovered = None

    def result(self) -> Drawdown:
        depth, peak_at, trough_at = self.deepest
        duration = (self.recovered or self.last) - peak_at
        return Drawdown(depth, peak_at, trough_at, self.recovered, duration, self.longest, self.n)
