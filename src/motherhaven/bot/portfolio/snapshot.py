"""The account as a frozen whole, worked out in one pass over its positions."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.holding import Exits, Holding
from motherhaven.contract.exact import exact, minus, quotient

ZERO: Final = Decimal(0)


class Totals(NamedTuple):
    """What has come into the account and left it so far, in USD."""

    deposits: Decimal
    realized: Decimal
    fees: Decimal
    funding: Decimal


class Part(NamedTuple):
    """One position at a mark: profit and maintenance in USD, the liquidation price."""

    holding: Holding
    mark: Decimal
    profit: Decimal
    margin: Decimal
    liquidation: Decimal | None


class Figures(NamedTuple):
    """What of an account follows from the marks, in USD."""

    unrealized: Decimal
    used: Decimal
    needed: Decimal
    cross_value: Decimal
    parts: list[Part]

    @property
    def available(self) -> Decimal:
        """What new positions may take."""
        return minus(self.cross_value, self.used)


def figures(
    wallet: Decimal, holdings: Mapping[str, Holding], marks: Mapping[str, Decimal]
) -> Figures:
    """The figures of an account with this `wallet` in USD; call inside `exact()`."""
    unrealized = used = needed = cross_needed = ZERO
    cross_value = wallet
    found: list[tuple[Holding, Decimal, Decimal, Decimal]] = []
    for coin, holding in holdings.items():
        mark = marks[coin]
        profit, margin = holding.unrealized(mark), holding.maintenance(mark)
        unrealized += profit
        needed += margin
        if holding.mode is MarginMode.ISOLATED:
            cross_value -= holding.bucket
        else:
            cross_value += profit
            cross_needed += margin
            used += quotient(abs(holding.size) * mark, Decimal(holding.leverage))
        found.append((holding, mark, profit, margin))
    free = cross_value - cross_needed
    parts = []
    for holding, mark, profit, margin in found:
        own = holding.bucket + profit - margin if holding.isolated else free
        liquidation = holding.tiers.liquidation(holding.size, mark, own)
        parts.append(Part(holding, mark, profit, margin, liquidation))
    return Figures(unrealized, used, needed, cross_value, parts)


def take_snapshot(
    totals: Totals,
    holdings: Mapping[str, Holding],
    marks: Mapping[str, Decimal],
    time: datetime,
    exits: Callable[[Holding], Exits],
) -> AccountSnapshot:
    """Everything at `marks`; `exits` gives each position's nearest stop and target."""
    with exact():
        wallet = totals.deposits + totals.realized - totals.fees + totals.funding
        found = figures(wallet, holdings, marks)
        positions: dict[str, Position] = {}
        for holding, mark, profit, margin, liquidation in found.parts:
            positions[holding.coin] = holding.snapshot(
                mark, liquidation, profit, margin, exits(holding)
            )
        return AccountSnapshot(
            wallet + found.unrealized, wallet, *totals, found.unrealized, found.used,
            found.available, found.needed, found.cross_value, positions, time,
        )  # fmt: skip
