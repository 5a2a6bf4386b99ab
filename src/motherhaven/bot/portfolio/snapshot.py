"""The account as a frozen whole, worked out in one pass over its positions."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.holding import Exits, Holding
from motherhaven.contract.exact import exact, quotient

ZERO: Final = Decimal(0)


class Totals(NamedTuple):
    """What has come into the account and left it so far, in USD."""

    deposits: Decimal
    realized: Decimal
    fees: Decimal
    funding: Decimal


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
        unrealized = used = needed = cross_needed = ZERO
        cross_value = wallet
        parts: list[tuple[Holding, Decimal, Decimal, Decimal]] = []
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
            parts.append((holding, mark, profit, margin))
        free = cross_value - cross_needed
        positions: dict[str, Position] = {}
        for holding, mark, profit, margin in parts:
            own = holding.bucket + profit - margin if holding.isolated else free
            liquidation = holding.tiers.liquidation(holding.size, mark, own)
            positions[holding.coin] = holding.snapshot(
                mark, liquidation, profit, margin, exits(holding)
            )
        return AccountSnapshot(
            wallet + unrealized, wallet, *totals, unrealized, used, cross_value - used, needed,
            cross_value, positions, time,
        )  # fmt: skip
