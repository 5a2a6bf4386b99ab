"""What a decider over recorded bars can tell ahead: how long it will only hold."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol, runtime_checkable

from motherhaven.bot.indicators.averages import Ema, sides
from motherhaven.bot.market.bar_series import FAST, SLOW
from motherhaven.contract.quick_init import quick_inside

BELOW: Final = b"\0"
ABOVE: Final = b"\1"
COLD: Final = b"\2"
_APART: Final = 64
"""Bars between two of the averages that are kept."""


class Averages:
    """The two averages of a coin's recorded closes after each bar, as a `BarSeries` has them.

    `sides` has a byte a bar: ABOVE where the fast one is above the slow one, BELOW where it
    is not, COLD where one of them is not warm.
    """

    def __init__(self, closes: Sequence[float], begins: Sequence[int]) -> None:
        """Work them out; each of `begins` is a bar after a hole, where they start anew."""
        self._closes = closes
        self._fast, self._slow = Ema(FAST), Ema(SLOW)
        self._points: list[int] = []
        """Bars after which the averages are kept; those in between follow from them."""
        self._kept: list[tuple[float | None, float | None]] = []
        sides = bytearray()
        for begin, end in zip(begins, [*begins[1:], len(closes)], strict=True):
            sides += self._stretch(begin, end)
        self.sides = bytes(sides)

    def at(self, bar: int) -> tuple[float | None, float | None]:
        """The fast and the slow average after bar number `bar`, None where one is not warm."""
        if self.sides[bar : bar + 1] == COLD:
            return None, None
        place = bisect_right(self._points, bar) - 1
        values = self._closes[self._points[place] + 1 : bar + 1]
        fast, slow = self._fast, self._slow
        fast.value, slow.value = self._kept[place]
        fast.extend(values)
        slow.extend(values)
        return fast.value, slow.value

    def _stretch(self, begin: int, end: int) -> bytes:
        """The sides of the bars from `begin` until before `end`, between which is no hole."""
        fast, slow = Ema(FAST), Ema(SLOW)
        first = self._closes[begin : min(begin + SLOW, end)]
        fast.extend(first)
        slow.extend(first)
        if fast.value is None or slow.value is None:
            return COLD * len(first)
        found = bytearray(COLD * (SLOW - 1))
        found.append(fast.value > slow.value)
        for start in range(begin + SLOW, end, _APART):
            self._keep(start - 1, fast, slow)
            found += bytes(sides(fast, slow, self._closes[start : min(start + _APART, end)]))
        self._keep(end - 1, fast, slow)
        return found

    def _keep(self, bar: int, fast: Ema, slow: Ema) -> None:
        self._points.append(bar)
        self._kept.append((fast.value, slow.value))


@quick_inside
@dataclass(frozen=True, slots=True)
class Coming:
    """The next `count` decisions on one coin, if nothing happens to its position before.

    The first is at `first`, the others `every` later each. `sides` are those of the averages
    at each of them, as in `Averages`.
    """

    coin: str
    count: int
    first: datetime
    every: timedelta
    sides: bytes


@runtime_checkable
class Foreseeing(Protocol):
    """A decider whose decisions to hold are known from recorded bars alone."""

    def holds(self, coming: Coming, held: Decimal | None) -> int:
        """How many of the coming decisions are certainly holds; `held` is the signed size."""
        ...

    def why(self, coming: Coming, held: Decimal | None) -> str:
        """The words of each of those holds, which are the same for all that `holds` counts."""
        ...

    def pass_over(self, coming: Coming, count: int) -> None:
        """The first `count` of them, at least one, were holds and were not asked for."""
        ...
