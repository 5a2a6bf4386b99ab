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


class FigureColumns(NamedTuple):
    """What of an account follows from the marks, in USD: a value for each, and each position's."""

    unrealized: Column
    used: Column
    available: Column
    profits: list[Column]


class _Own(NamedTuple):
    """A position before it is known what the account has for it."""

    holding: Holding
    marks: Sequence[Decimal]
    profits: Column
    notionals: Column


def figure_columns(
    wallet: Decimal, holdings: Mapping[str, Holding], marks: Mapping[str, Sequence[Decimal]]
) -> FigureColumns:
    """The figures of an account with this `wallet` in USD; call inside `exact()`.

    `marks` are equally many for each coin that is held, at least one, and something is held.
    """
    found = _owns(holdings, marks)
    unrealized = used = [ZERO] * len(found[0].marks)
    for own in found:
        unrealized = list(map(add, unrealized, own.profits))
        if own.holding.mode is not MarginMode.ISOLATED:
            shares = quotients(own.notionals, Decimal(own.holding.leverage))
            used = list(map(add, used, shares))
    available = list(map(sub, _values(wallet, found), used))
    return FigureColumns(unrealized, used, available, [own.profits for own in found])


def liquidation_columns(
    wallet: Decimal, holdings: Mapping[str, Holding], marks: Mapping[str, Sequence[Decimal]]
) -> list[list[Decimal | None]]:
    """The liquidation price of each position in USD at each mark, None where there is none.

    As `figure_columns`: call inside `exact()`.
    """
    found = _owns(holdings, marks)
    margins = [own.holding.tiers.maintenances(own.notionals) for own in found]
    free = _values(wallet, found)
    for own, needed in zip(found, margins, strict=True):
        if own.holding.mode is not MarginMode.ISOLATED:
            free = list(map(sub, free, needed))
    return [_liquidations(own, needed, free) for own, needed in zip(found, margins, strict=True)]


def _owns(holdings: Mapping[str, Holding], marks: Mapping[str, Sequence[Decimal]]) -> list[_Own]:
    return [_own(holding, marks[coin]) for coin, holding in holdings.items()]


def _own(holding: Holding, marks: Sequence[Decimal]) -> _Own:
    profits = list(map(sub, map(mul, repeat(holding.size), marks), repeat(holding.cost)))
    notionals = list(map(mul, repeat(abs(holding.size)), marks))
    return _Own(holding, marks, profits, notionals)


def _values(wallet: Decimal, found: Sequence[_Own]) -> Column:
    """What the cross positions stand on."""
    value = [wallet] * len(found[0].marks)
    for own in found:
        if own.holding.mode is MarginMode.ISOLATED:
            value = list(map(sub, value, repeat(own.holding.bucket)))
        else:
            value = list(map(add, value, own.profits))
    return value


def _liquidations(own: _Own, needed: Column, free: Column) -> list[Decimal | None]:
    holding = own.holding
    if holding.isolated:
        equity = map(add, repeat(holding.bucket), own.profits)
        free = list(map(sub, equity, needed))
    return holding.tiers.liquidations(holding.size, own.marks, free)
