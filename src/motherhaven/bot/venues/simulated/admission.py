"""Which orders the paper exchange takes, with the venue's own words when it does not."""

from decimal import Decimal
from typing import Final, NamedTuple

from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.contract.exact import minus, plus, quotient, times

ZERO: Final = Decimal(0)


# Names of the module are looked up far more quickly than members of an enumeration.
_STOP: Final = OrderKind.STOP
_TARGET: Final = OrderKind.TARGET
_MARKET: Final = OrderKind.MARKET
_LIMIT: Final = OrderKind.LIMIT
_TRIGGERS: Final = (_STOP, _TARGET)


class Refusal(NamedTuple):
    """Why an order is not taken: the venue's words, and a code of contract.reasons."""

    text: str
    code: str


NO_MATCH: Final = Refusal(
    "Order could not immediately match against any resting orders.", "venue_no_match"
)
INCREASES: Final = Refusal("Reduce only order would increase position.", "venue_reduce_only")


def within(intent: OrderIntent, size: Decimal, ledger: Ledger) -> Decimal:
    """`size` of the order, a reduce-only one shrunk to the position that it reduces."""
    holding = ledger.holdings.get(intent.coin)
    return min(size, abs(holding.size)) if intent.reduce_only and holding is not None else size


def refusal(
    intent: OrderIntent, ledger: Ledger, mark: Decimal | None, *, child: bool = False
) -> Refusal | None:
    """Why `intent` cannot be taken at this moment; None when it can.

    `child` marks a trigger that belongs to an entry in the same call: its position does
    not exist yet.
    """
    if mark is None:
        return Refusal(f"No price for {intent.coin} yet; wait for a bar or a mark.", "no_price")
    spec = ledger.spec(intent.coin)
    reason = _form(intent, ledger, spec)
    if reason is not None:
        return reason
    if intent.kind in _TRIGGERS:
        return None if child else _trigger(intent, ledger, mark, spec)
    price = intent.price or mark
    if intent.reduce_only:
        return _reduction(intent, ledger) or _minimum(intent, ledger, price, spec)
    least = _minimum(intent, ledger, price, spec)
    return least or margin_refusal(intent, ledger, price if intent.kind is _LIMIT else mark)


def _form(intent: OrderIntent, ledger: Ledger, spec: MarketSpec) -> Refusal | None:
    trigger, size, price = intent.kind in _TRIGGERS, intent.size, intent.price
    if not size:
        if not trigger:
            return Refusal("Order has zero size.", "venue_size")
    elif not spec.is_legal_size(size) and not _whole(intent, ledger, size):
        return Refusal(
            f"Order has invalid size. {size} is not a multiple of {spec.lot}.", "venue_size"
        )
    if intent.kind is not _MARKET:
        if price is None:
            return Refusal("Order has no price.", "venue_action")
        if not spec.is_legal_price(price):
            return Refusal(f"Price must be divisible by tick size. {price} is not.", "venue_tick")
    if trigger and not intent.reduce_only:
        return Refusal("Trigger orders must be reduce only.", "venue_action")
    leverage = intent.leverage
    if leverage is not None and not 1 <= leverage <= spec.max_leverage:
        return Refusal(
            f"Invalid leverage {leverage}: {intent.coin} allows 1 to {spec.max_leverage}.",
            "venue_leverage",
        )
    return None


def _trigger(
    intent: OrderIntent, ledger: Ledger, mark: Decimal, spec: MarketSpec
) -> Refusal | None:
    reason = _reduction(intent, ledger)
    if reason is None and intent.price is not None:
        if intent.size:
            reason = _minimum(intent, ledger, intent.price, spec)
        above = intent.price > mark
        wants_above = (intent.kind is _TARGET) == (intent.side.sign < 0)
        if intent.price == mark or above != wants_above:
            return Refusal(
                f"Invalid TP/SL price. {intent.price} would trigger at once at {mark}.",
                "venue_trigger",
            )
    return reason


def _reduction(intent: OrderIntent, ledger: Ledger) -> Refusal | None:
    holding = ledger.holdings.get(intent.coin)
    if holding is None or (holding.size > 0) == (intent.side.sign > 0):
        return INCREASES
    return None


def _minimum(
    intent: OrderIntent, ledger: Ledger, price: Decimal, spec: MarketSpec
) -> Refusal | None:
    """Too small by its limit price, unless it is one that closes the whole position."""
    least, size = spec.min_notional, intent.size
    if intent.reduce_only:
        size = within(intent, size, ledger)
    if times(size, price) >= least:
        return None
    if _whole(intent, ledger, size):
        return None
    return Refusal(f"Order must have minimum value of ${least}.", "venue_minimum")


def _whole(intent: OrderIntent, ledger: Ledger, size: Decimal) -> bool:
    """Whether `size` closes the whole position, which no rule of size may prevent."""
    holding = ledger.holdings.get(intent.coin)
    return intent.reduce_only and holding is not None and holding.size == -intent.side.sign * size


def margin_refusal(intent: OrderIntent, ledger: Ledger, price: Decimal) -> Refusal | None:
    """Why the account cannot carry this entry at `price`; None when it can."""
    coin, size = intent.coin, intent.size
    holding = ledger.holdings.get(coin)
    if holding is None:
        held, after, leverage, opposite = ZERO, size, intent.leverage or 1, False
    else:
        if intent.mode is not None and intent.mode is not holding.mode:
            return Refusal("Cannot switch leverage type with open position.", "venue_leverage")
        held, leverage = holding.size.copy_abs(), intent.leverage or holding.leverage
        opposite = (holding.size > 0) is not (intent.side.sign > 0)
        after = minus(held, size).copy_abs() if opposite else plus(held, size)
    most = ledger.tiers(coin).max_leverage(times(after, price))
    if leverage > most and after > held:
        return Refusal(
            f"Invalid leverage {leverage}: this notional allows {most} in {coin}.",
            "venue_leverage",
        )
    if opposite and size <= held:
        return None
    needed = quotient(times(after if opposite else size, price), Decimal(leverage))
    free = ledger.available()
    if opposite and holding is not None and not holding.isolated:
        freed = quotient(times(held, ledger.marks[coin]), Decimal(holding.leverage))
        free = plus(free, freed)
    if needed > free:
        return Refusal("Insufficient margin to place order.", "venue_margin")
    return None
