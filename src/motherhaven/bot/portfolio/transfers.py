"""How much margin may move into and out of an isolated position, by the venue's rules.

The equity of a position is its bucket plus its unrealized profit. Call inside `exact()`.
"""

from decimal import Decimal
from typing import Final

from motherhaven.bot.portfolio.holding import Holding
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.exact import quotient

ZERO: Final = Decimal(0)
KEPT: Final = Decimal(10)
"""At least notional / KEPT stays where margin is taken out."""


def check_leverage(holding: Holding, mark: Decimal, leverage: int) -> None:
    """Whether the position's value allows more leverage than it has.

    Raises:
        OrderRejected: its margin tier does not.
    """
    most = holding.tiers.max_leverage(abs(holding.size) * mark)
    if leverage > max(most, holding.leverage):
        raise OrderRejected(
            f"Invalid leverage {leverage}: this notional allows {most} in {holding.coin}."
        )


def for_leverage(holding: Holding, mark: Decimal, leverage: int, available: Decimal) -> Decimal:
    """USD to move into the bucket (negative: out) so that the position has `leverage`.

    More leverage frees what lies above the initial margin, never more than the bucket; less
    takes what is missing to it from what is `available`.

    Raises:
        OrderRejected: that is too little.
    """
    missing = quotient(abs(holding.size) * mark, Decimal(leverage)) - _equity(holding, mark)
    if leverage > holding.leverage:
        return max(min(missing, ZERO), min(-holding.bucket, ZERO))
    if missing <= 0:
        return ZERO
    if missing > available:
        raise OrderRejected(
            f"{holding.coin}: Isolated position does not have sufficient margin available to "
            f"decrease leverage. {missing} USD are missing, {available} are available."
        )
    return missing


def check_transfer(holding: Holding, mark: Decimal, amount: Decimal, available: Decimal) -> None:
    """Whether `amount` USD may move into the bucket (negative: out of it).

    Raises:
        OrderRejected: it is not available, or would leave less than the initial margin, a
            tenth of the notional, or an empty bucket.
    """
    coin = holding.coin
    if amount > max(available, ZERO):
        raise OrderRejected(
            f"{coin}: Insufficient margin to add {amount} USD; {available} are available."
        )
    value = abs(holding.size) * mark
    least = max(quotient(value, Decimal(holding.leverage)), value / KEPT)
    if amount < 0 and (_equity(holding, mark) + amount < least or holding.bucket + amount < 0):
        raise OrderRejected(
            f"{coin}: Insufficient margin to remove {-amount} USD: {least} must stay in the "
            "position, and its profit cannot be taken out."
        )


def _equity(holding: Holding, mark: Decimal) -> Decimal:
    return holding.bucket + holding.unrealized(mark)
