"""An account's figures at many marks in a row, in whole numbers of one step.

They are linear in the marks, so each is a product and a sum of whole numbers: the decimals that
`portfolio.columns` works out, to the last digit, where all of a column have the same decimals.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from operator import add
from typing import NamedTuple

from motherhaven.bot.market.timeline import Steps
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.contract.columns import Steps as Written
from motherhaven.contract.columns import steps
from motherhaven.contract.exact import EXACT


class Whole(NamedTuple):
    """Amounts in USD: whole numbers of 10**-decimals, none of them beyond ±`largest`."""

    values: list[int]
    decimals: int
    largest: int

    def plus(self, amount: Decimal) -> "Whole | None":
        """Each with `amount` added; None where the decimals of `amount` are unusual."""
        own = _decimals(amount)
        if own is None:
            return None
        decimals = max(self.decimals, own)
        factor, more = 10 ** (decimals - self.decimals), _steps(amount, decimals)
        values = [factor * value + more for value in self.values]
        return Whole(values, decimals, factor * self.largest + abs(more))

    def at(self, decimals: int) -> "Whole":
        """The same amounts with as many decimals or more."""
        factor = 10 ** (decimals - self.decimals)
        if factor == 1:
            return self
        values = [factor * value for value in self.values]
        return Whole(values, decimals, factor * self.largest)

    def written(self) -> Written | None:
        """The column of a record; None where its numbers are too large for one."""
        return steps(self.values, self.decimals, self.largest)


def profits(holding: Holding, marks: Steps) -> Whole | None:
    """size * mark - cost at each mark; None where it has not always the same decimals."""
    size, cost = _decimals(holding.size), _decimals(holding.cost)
    if size is None or cost is None:
        return None
    decimals = max(size + marks.decimals, cost)
    if not (marks.fixed or (marks.short and decimals == cost)):
        return None
    factor = _steps(holding.size, size) * 10 ** (decimals - size - marks.decimals)
    less = _steps(holding.cost, decimals)
    values = [factor * mark - less for mark in marks.values]
    return Whole(values, decimals, abs(factor) * marks.largest + abs(less))


def total(parts: Iterable[Whole]) -> Whole:
    """The sums of columns, at least one."""
    first, *rest = parts
    for other in rest:
        decimals = max(first.decimals, other.decimals)
        one, two = first.at(decimals), other.at(decimals)
        first = Whole(list(map(add, one.values, two.values)), decimals, one.largest + two.largest)
    return first


def whole_profits(
    holdings: Mapping[str, Holding], marks: Mapping[str, Steps]
) -> list[Whole] | None:
    """The profits of each position; None where one of them is no such column."""
    found = []
    for coin, holding in holdings.items():
        own = profits(holding, marks[coin])
        if own is None:
            return None
        found.append(own)
    return found


def written_steps(column: Steps) -> Written | None:
    """A column as it is written; None where the texts do not follow from the numbers."""
    if not (column.fixed or column.short):
        return None
    return steps(column.values, column.decimals, column.largest, short=not column.fixed)


def _decimals(number: Decimal) -> int | None:
    """Its decimals as it stands; None for a number of whole tens, or no number."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent <= 0 else None


def _steps(number: Decimal, decimals: int) -> int:
    return int(number.scaleb(decimals, EXACT))
