"""What a decider over recorded bars can tell ahead: how long it will only hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from operator import gt
from typing import Final, Protocol, cast, runtime_checkable

from motherhaven.bot.indicators import Ema
from motherhaven.bot.market.bar_series import FAST, SLOW
from motherhaven.contract.quick_init import quick_inside

BELOW: Final = b"\0"
ABOVE: Final = b"\1"
COLD: Final = b"\2"


@dataclass(frozen=True, slots=True)
class Averages:
    """The two averages of a coin's recorded closes after each bar, as a `BarSeries` has them.

    `sides` has a byte a bar: ABOVE where the fast one is above the slow one, BELOW where it
    is not, COLD where one of them is not warm.
    """

    fast: list[float | None]
    slow: list[float | None]
    sides: bytes

    @classmethod
    def of(cls, closes: Sequence[float], begins: Sequence[int]) -> "Averages":
        """Work them out; each of `begins` is a bar after a hole, where they start anew."""
        fast: list[float | None] = []
        slow: list[float | None] = []
        sides = bytearray()
        for begin, end in zip(begins, [*begins[1:], len(closes)], strict=True):
            stretch = closes[begin:end]
            quick, calm = Ema(FAST).column(stretch), Ema(SLOW).column(stretch)
            cold = min(SLOW - 1, len(stretch))
            sides += COLD * cold
            # From there on both are numbers.
            both = cast("tuple[list[float], list[float]]", (quick, calm))
            sides += bytes(map(gt, *(islice(one, cold, None) for one in both)))
            fast = fast + quick if fast else quick
            slow = slow + calm if slow else calm
        return cls(fast, slow, bytes(sides))


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
