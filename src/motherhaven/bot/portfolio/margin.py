"""Margin arithmetic: tiers, maintenance, liquidation price, return on equity, funding rate.

The equations are those of Hyperliquid's documentation. Call inside `exact()`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat
from operator import add, mul, sub
from typing import Final, NamedTuple

from motherhaven.bot.market.instruments import MarketSpec, Tier
from motherhaven.contract import margin_math
from motherhaven.contract.exact import quotient, quotients, times

ZERO: Final = Decimal(0)
_ENDLESS: Final = Decimal("Infinity")
_INTEREST: Final = Decimal("0.0001")
_CLAMP: Final = Decimal("0.0005")
_HOURLY_CAP: Final = Decimal("0.04")
_NEAR: Final = Decimal("0.000001")
"""USD by which rounding moves no price; what is nearer to a tier's end is worked out singly."""


@dataclass(frozen=True, slots=True)
class _Band:
    """`twice` is 1 / the maintenance rate: twice the maximum leverage as a rule."""

    lower: Decimal
    max_leverage: int
    twice: Decimal
    deduction: Decimal


class Steady(NamedTuple):
    """A tier that holds at many marks, and the liquidation price in USD at the first of them."""

    twice: Decimal
    deduction: Decimal
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class MarginTiers:
    """A coin's tiers with their maintenance deductions worked out once.

    The maintenance rate of a tier is 1 / (2 * its maximum leverage), or the one that the
    venue names; the deduction makes the requirement continuous where two tiers meet.
    """

    bands: tuple[_Band, ...]
    worst_rate: float = 1.0
    """The highest maintenance rate of all tiers."""

    @classmethod
    def of(cls, spec: MarketSpec) -> "MarginTiers":
        """The tiers of a market; one tier when it has no table."""
        bands: list[_Band] = []
        deduction = ZERO
        for tier in spec.tiers or (Tier(ZERO, spec.max_leverage),):
            most, rate = tier.max_leverage, tier.rate
            twice = Decimal(2 * most) if rate is None else quotient(Decimal(1), rate)
            if bands:
                before = bands[-1].twice
                deduction += quotient(tier.lower * (before - twice), before * twice)
            bands.append(_Band(tier.lower, most, twice, deduction))
        return cls(tuple(reversed(bands)), max(1 / float(band.twice) for band in bands))

    def _band(self, notional: Decimal) -> _Band:
        for band in self.bands:
            if notional >= band.lower:
                return band
        return self.bands[-1]

    def max_leverage(self, notional: Decimal) -> int:
        """The most leverage that a position of `notional` USD may have."""
        return self._band(notional).max_leverage

    def inverse_rate(self, notional: Decimal) -> Decimal:
        """Notional for each dollar of maintenance margin, but for the deduction."""
        return self._band(notional).twice

    def maintenance(self, notional: Decimal) -> Decimal:
        """Maintenance margin in USD: notional * rate - deduction."""
        band = self._band(notional)
        return margin_math.maintenance(notional, band.twice, band.deduction)

    def liquidation(self, size: Decimal, mark: Decimal, free: Decimal) -> Decimal | None:
        """The price at which the margin is used up, None when there is none above 0.

        The tier is that of the position's value at that price: there, what is left of the
        account is the maintenance exactly.

        `size` is signed; `free` is margin_available in USD: cross value minus all
        maintenance, or isolated equity minus its maintenance, at `mark`.
        """
        notional = abs(size) * mark
        here = self._band(notional)
        upper: Decimal | None = None
        price = ZERO
        for band in self.bands:
            room = free
            if band is not here:  # what is free if this tier's rule held at the mark
                own = self.maintenance(notional)
                room = free + own - quotient(notional, band.twice) + band.deduction
            price = margin_math.liquidation(size, mark, room, band.twice)
            value = abs(size) * price
            if value >= band.lower and (upper is None or value < upper):
                break
            upper = band.lower
        return price if price > 0 else None

    def steady(self, size: Decimal, marks: Sequence[Decimal], free: Decimal) -> Steady | None:
        """The tier by which the price of the account's only position follows from each mark.

        `free` is margin_available at the first of `marks`. All tiers but one are certainly out
        of reach, rounding included: else None.
        """
        length = size.copy_abs()
        here, first = self._band(length * min(marks)), marks[0]
        if here is not self._band(length * max(marks)):
            return None
        price = margin_math.liquidation(size, first, free, here.twice)
        place, value = self.bands.index(here), length * price
        above = self.bands[place - 1].lower if place else _ENDLESS
        below = here.lower if place < len(self.bands) - 1 or price > 0 else -_ENDLESS
        if not below + _NEAR < value < above - _NEAR or abs(price) < _NEAR:
            return None
        return Steady(here.twice, here.deduction, price if price > 0 else None)

    def maintenances(self, notionals: Sequence[Decimal]) -> list[Decimal]:
        """`maintenance` of each notional in USD, at once where all are in one tier."""
        band = self._band(min(notionals))
        if band is not self._band(max(notionals)):
            return list(map(self.maintenance, notionals))
        return list(map(sub, quotients(notionals, band.twice), repeat(band.deduction)))

    def liquidations(
        self, size: Decimal, marks: Sequence[Decimal], free: Sequence[Decimal]
    ) -> list[Decimal | None]:
        """`liquidation` at each mark, at once where the same tier holds at all of them."""
        side, length = 1 if size > 0 else -1, abs(size)
        notionals = list(map(mul, repeat(length), marks))
        here, upper = self._band(min(notionals)), _ENDLESS
        if here is not self._band(max(notionals)):
            return list(map(self.liquidation, repeat(size), marks, free))
        prices: list[Decimal] = []
        for band in self.bands:
            room: Iterable[Decimal] = free
            if band is not here:
                own = map(add, free, self.maintenances(notionals))
                rest = map(sub, own, quotients(notionals, band.twice))
                room = map(add, rest, repeat(band.deduction))
            scaled = list(map(mul, room, repeat(band.twice)))
            prices = list(map(sub, marks, quotients(scaled, size * (band.twice - side))))
            least, most = length * min(prices), length * max(prices)
            if least >= band.lower and most < upper:
                break
            if not (most < band.lower or least >= upper):  # some end in this tier, some do not
                return list(map(self.liquidation, repeat(size), marks, free))
            upper = band.lower
        return [price if price > 0 else None for price in prices]


def return_on_equity(unrealized: Decimal, size: Decimal, entry: Decimal, leverage: int) -> Decimal:
    """uPnL * leverage / (|size| * entry), a fraction."""
    return quotient(unrealized * leverage, abs(size) * entry)


def hourly_funding_rate(premium: Decimal) -> Decimal:
    """The hourly rate from the average premium of eight hours.

    F8 = P + clamp(0.0001 - P, ±0.0005); rate = F8 / 8, capped at ±4 % an hour.
    """
    eight = premium + min(max(_INTEREST - premium, -_CLAMP), _CLAMP)
    return min(max(eight / 8, -_HOURLY_CAP), _HOURLY_CAP)


def initial_margin(size: Decimal, entry: Decimal, leverage: int) -> Decimal:
    """Initial margin in USD of a position at its entry."""
    return quotient(times(size.copy_abs(), entry), Decimal(leverage))
