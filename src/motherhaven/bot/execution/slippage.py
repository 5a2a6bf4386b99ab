"""What a taker pays beyond the mid: a book to walk, or the formula where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.instruments import Level, MarketSpec
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.quick_init import quick_init

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Slippage:
    """price = mid * (1 ± (half_spread + impact * notional / depth)).

    `half_spread` and `impact` (lambda) are fractions, `depth` is USD of notional.
    """

    half_spread: Decimal
    impact: Decimal = ZERO
    depth: Decimal = Decimal(1)

    def raw(self, mid: Decimal, side: Side, size: Decimal) -> Decimal:
        """The price for an unsigned `size` before it is rounded to the tick."""
        with exact():
            share = self.half_spread + quotient(self.impact * size * mid, self.depth)
            return mid + side.sign * mid * share

    def price(self, mid: Decimal, side: Side, size: Decimal, spec: MarketSpec) -> Decimal:
        """The price for an unsigned `size`, rounded to the tick against the taker."""
        with exact():
            return spec.round_price(self.raw(mid, side, size), up=side is Side.BUY)


@quick_init
@dataclass(frozen=True, slots=True)
class Walk:
    """What a book gave: unsigned filled size and its size-weighted price (None for nothing)."""

    filled: Decimal
    average: Decimal | None


def walk_book(
    levels: Sequence[Level], side: Side, size: Decimal, limit: Decimal | None, spec: MarketSpec
) -> Walk:
    """Take `size` from `levels`, best first, no worse than `limit`.

    The average is rounded to the tick against the taker, as one fill at one price. What
    the book does not have stays unfilled: an IOC order can fill in part, in whole lots.
    """
    filled, value = ZERO, ZERO
    with exact():
        for level in levels:
            if filled >= size or (limit is not None and side.sign * (level.price - limit) > 0):
                break
            take = spec.floor_size(min(level.size, size - filled))
            filled += take
            value += take * level.price
        if not filled:
            return Walk(ZERO, None)
        average = spec.round_price(quotient(value, filled), up=side is Side.BUY)
        return Walk(filled, average)
