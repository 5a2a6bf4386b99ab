"""Fills that are made up where the venue's position cannot be explained by any that it told."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import Fill, FillReason, Liquidity, MarginMode
from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.times import format_time

ZERO: Final = Decimal(0)
FAR: Final = Decimal("0.1")
"""A price that would make the equities agree counts only so near to the mark, as a fraction."""

MADE_UP: Final = "rec:"
"""How the external id of such a fill begins."""


def synthetic_fills(
    coin: str,
    ours: Position | None,
    venue: Position | None,
    time: datetime,
    ahead: Decimal | None,
) -> list[Fill]:
    """What carries our position to the venue's size and average; without fees, EXTERNAL.

    What is added is priced so that the average becomes the venue's. What is taken away has
    the price at which both equities agree, or the mark where that is too far from it: `ahead`
    is by how much the books' equity is above the venue's in USD, None where that says nothing.
    The ids follow from coin and time alone.
    """
    mine = ZERO if ours is None else ours.size
    other = ZERO if venue is None else venue.size
    held = venue or ours
    turns = bool(mine) and bool(other) and (mine > 0) != (other > 0)
    steps = [(mine, ZERO), (ZERO, other)] if turns else [(mine, other)]
    fills = []
    for number, (before, after) in enumerate(steps):
        grows = abs(after) > abs(before)
        with exact():
            size = after - before
            price = (
                _added(before, ours, after, venue) if grows else _taken(size, ours, venue, ahead)
            )
        suffix = f":{number}" if turns else ""
        fills.append(
            Fill(
                0, coin, size, price, ZERO, Liquidity.TAKER, ZERO, FillReason.EXTERNAL, "",
                time, leverage=1 if held is None else held.leverage,
                mode=MarginMode.CROSS if held is None else held.mode,
                external_id=f"{MADE_UP}{coin}:{format_time(time)}{suffix}",
            )
        )  # fmt: skip
    return fills


def _added(
    before: Decimal, ours: Position | None, after: Decimal, venue: Position | None
) -> Decimal:
    """The price of what was added, so that the average is the venue's."""
    entry = ZERO if venue is None else venue.entry
    if not before or ours is None:
        return entry
    price = quotient(entry * after - ours.entry * before, after - before)
    return price if price > 0 else entry


def _taken(
    size: Decimal, ours: Position | None, venue: Position | None, ahead: Decimal | None
) -> Decimal:
    """The price of what was taken away: where the books' equity becomes the venue's."""
    mark = venue.mark if venue is not None else ours.mark if ours is not None else ZERO
    if ahead is None or not size:
        return mark
    price = mark + quotient(ahead, size)
    return price if price > 0 and abs(price - mark) <= FAR * mark else mark
