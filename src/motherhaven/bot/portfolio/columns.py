"""What follows from many marks in a row, worked out a column at a time.

The same to the last digit as `snapshot.figures` of each mark, which is the rule for it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import repeat
from operator import add, mul, sub
from typing import Final, NamedTuple

from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.contract.exact import quotients

ZERO: Final = Decimal(0)

Column = list[Decimal]


class PartColumns(NamedTuple):
    """One position at each mark: profit in USD and the liquidation price."""

    marks: Sequence[Decimal]
    profits: Column
    liquidations: list[Decimal | None]


class FigureColumns(NamedTuple):
    """What of an account follows from the marks, in USD, a value for each."""

    unrealized: Column
    used: Column
    available: Column
    parts: list[PartColumns]


class _Own(NamedTuple):
    """A position before it is known what the account has for it."""

    holding: Holding
    marks: Sequence[Decimal]
    profits: Column
    notionals: Column
    margins: Column


def figure_columns(
    wallet: Decimal, holdings: Mapping[str, Holding], marks: Mapping[str, Sequence[Decimal]]
) -> FigureColumns:
    """The figures of an account with this `wallet` in USD; call inside `exact()`.

    `marks` are equally many for each coin that is held, at least one, and something is held.
    """
    count = len(marks[next(iter(holdings))])
    unrealized = used = needed = [ZERO] * count
    value = [wallet] * count
    found = []
    for coin, holding in holdings.items():
        own = _own(holding, marks[coin])
        found.append(own)
        unrealized = list(map(add, unrealized, own.profits))
        if holding.mode is MarginMode.ISOLATED:
            value = list(map(sub, value, repeat(holding.bucket)))
            continue
        value = list(map(add, value, own.profits))
        needed = list(map(add, needed, own.margins))
        used = list(map(add, used, quotients(own.notionals, Decimal(holding.leverage))))
    free = list(map(sub, value, needed))
    parts = [PartColumns(one.marks, one.profits, _liquidations(one, free)) for one in found]
    return FigureColumns(unrealized, used, list(map(sub, value, used)), parts)


def _own(holding: Holding, marks: Sequence[Decimal]) -> _Own:
    profits = list(map(sub, map(mul, repeat(holding.size), marks), repeat(holding.cost)))
    notionals = list(map(mul, repeat(abs(holding.size)), marks))
    return _Own(holding, marks, profits, notionals, holding.tiers.maintenances(notionals))


def _liquidations(own: _Own, free: Column) -> list[Decimal | None]:
    holding = own.holding
    if holding.isolated:
        equity = map(add, repeat(holding.bucket), own.profits)
        free = list(map(sub, equity, own.margins))
    return holding.tiers.liquidations(holding.size, own.marks, free)
