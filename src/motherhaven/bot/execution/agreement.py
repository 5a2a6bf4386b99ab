"""How far the bot's books are from what the venue says: nothing, to the last digit."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.account import VenueAccount
from motherhaven.bot.execution.orders import OpenOrder
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.contract.exact import exact

ZERO: Final = Decimal(0)
_ACCOUNT: Final = (
    "equity", "wallet", "deposits", "realized", "fees", "funding", "unrealized", "used",
    "available", "maintenance", "cross_value",
)  # fmt: skip
_POSITION: Final = (
    "size", "entry", "mark", "leverage", "bucket", "unrealized", "maintenance", "liquidation",
    "fees", "funding", "stop", "target",
)  # fmt: skip


def apart(account: VenueAccount) -> Decimal:
    """The largest difference between books and venue, in USD or coin; 0 where they agree.

    Account, positions with their exits, and our resting orders. A number that one side has
    and the other has not counts whole, an order or position as at least 1.

    Raises:
        ExchangeError: the venue does not answer.
    """
    ours, theirs = account.snapshot(), account.venue.account()
    orders = _orders_apart(account.orders.resting(), account.venue.open_orders())
    if ours == theirs:
        return orders
    return max(orders, _accounts_apart(ours, theirs))


def _accounts_apart(ours: AccountSnapshot, theirs: AccountSnapshot) -> Decimal:
    worst = max(_gap(getattr(ours, name), getattr(theirs, name)) for name in _ACCOUNT)
    for coin in ours.positions.keys() | theirs.positions.keys():
        mine, other = ours.positions.get(coin), theirs.positions.get(coin)
        worst = max(worst, _positions_apart(mine, other))
    return worst


def _positions_apart(ours: Position | None, theirs: Position | None) -> Decimal:
    if ours is None or theirs is None:
        one = ours or theirs
        return Decimal(1) if one is None else max(abs(one.size), Decimal(1))
    return max(_gap(getattr(ours, name), getattr(theirs, name)) for name in _POSITION)


def _orders_apart(ours: Iterable[OrderRecord], theirs: Iterable[OpenOrder]) -> Decimal:
    mine = {one.cloid: (one.coin, one.kind, one.price) for one in ours}
    other = {one.cloid: (one.coin, one.kind, one.price) for one in theirs}
    return Decimal(len(mine.items() ^ other.items()))


def _gap(one: Decimal | int | None, other: Decimal | int | None) -> Decimal:
    with exact():
        return abs(Decimal(one or 0) - Decimal(other or 0))
