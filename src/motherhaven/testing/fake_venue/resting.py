"""Orders that rest: how the simulated venue is given them, and given them again."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind, Rejected
from motherhaven.bot.market.instruments import Prices
from motherhaven.bot.portfolio.events import Side
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.orders import OPEN, VenueOrder, beyond_limit

ZERO: Final = Decimal(0)


def intent_of(
    account: Account, order: VenueOrder, size: Decimal, *, market: bool = False
) -> OrderIntent:
    """An order for the simulated venue, with the leverage that is set now."""
    kind, price = OrderKind.LIMIT, order.price
    if order.trigger is not None:
        kind = OrderKind.STOP if order.trigger.tpsl == "sl" else OrderKind.TARGET
        price = order.trigger.price
    elif market:
        kind = OrderKind.MARKET
    setting = account.leverage(order.coin)
    entry = not order.reduce_only
    return OrderIntent(
        order.coin, Side.BUY if order.buy else Side.SELL, size, kind, price,
        reduce_only=order.reduce_only, leverage=setting.leverage if entry else None,
        mode=setting.mode if entry else None, cloid=account.name(order),
    )  # fmt: skip


def resume_parked(account: Account) -> None:
    """Put back into the book what was left of orders that filled in part."""
    parked, account.parked = account.parked, {}
    for oid, size in parked.items():
        order = account.table.find(oid)
        if order is not None and order.open:
            _again(account, order, size)


def follow_leverage(account: Account, coin: str) -> None:
    """Let the entries that rest in a coin have the leverage and mode that are set now."""
    for order in list(account.table.resting.values()):
        entry = order.coin == coin and not order.reduce_only and order.trigger is None
        if not entry or order.oid in account.parked:
            continue
        for one in [*account.table.children(order.oid), order]:
            account.endings[one.oid] = OPEN
        account.withdraw(order)
        for one in [*account.table.children(order.oid), order]:
            account.endings.pop(one.oid, None)
        _again(account, order, order.left)


def _again(account: Account, order: VenueOrder, size: Decimal) -> None:
    """Give the simulated venue an order again, with its children, under new names."""
    children = account.table.children(order.oid)
    intents = [intent_of(account, order, size)]
    intents += [intent_of(account, child, child.size) for child in children]
    grouping = Grouping.NORMAL_TPSL if children else Grouping.NA
    outcomes = account.venue.submit([PlaceOrders(tuple(intents), grouping)])
    account.absorb()
    if isinstance(outcomes[0], Rejected):
        account.end(order, "marginCanceled")
        for child in children:
            account.end(child, "canceled")


def miss_triggers(account: Account, prices: Prices) -> None:
    """Let the triggers fire that a gap leaves without a fill: the price is past their limit.

    A stop-market order finds nothing and is gone; a stop-limit order rests at its limit.
    """
    for order in list(account.table.resting.values()):
        if order.coin != prices.coin or not beyond_limit(order, prices.mark, prices.mid):
            continue
        now = account.inside.now
        account.told(account, "order", replace(order, status="triggered", changed_at=now))
        if order.trigger is None or order.trigger.market:
            account.cancel(order, "iocCancelRejected")
            continue
        held = abs(account.sizes.get(order.coin, ZERO))
        size = min(order.size or held, held)
        account.endings[order.oid] = OPEN
        account.withdraw(order)
        account.endings.pop(order.oid, None)
        resting = account.table.change(order.oid, now, trigger=None, tif="Gtc", size=size)
        account.parked[order.oid] = resting.left
