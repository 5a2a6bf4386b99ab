"""Which orders the paper exchange takes, with the venue's own words when it does not."""

from decimal import Decimal
from typing import Final, NamedTuple

from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.contract.exact import exact, quotient, times

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
    reason = _form(intent, ledger)
    if reason is not None:
        return reason
    if intent.kind in _TRIGGERS:
        return None if child else _trigger(intent, ledger, mark)
    if intent.reduce_only:
        return _reduction(intent, ledger) or _minimum(intent, ledger, intent.price or mark)
    return _entry(intent, ledger, mark)


def _form(intent: OrderIntent, ledger: Ledger) -> Refusal | None:
    spec = ledger.spec(intent.coin)
    trigger = intent.kind in _TRIGGERS
    if intent.size == 0 and not trigger:
        return Refusal("Order has zero size.", "venue_size")
    if (
        intent.size
        and not spec.is_legal_size(intent.size)
        and not _whole(intent, ledger, intent.size)
    ):
        return Refusal(
            f"Order has invalid size. {intent.size} is not a multiple of {spec.lot}.", "venue_size"
        )
    if intent.price is None and intent.kind is not _MARKET:
        return Refusal("Order has no price.", "venue_action")
    if (
        intent.price is not None
        and intent.kind is not _MARKET
        and not spec.is_legal_price(intent.price)
    ):
        return Refusal(
            f"Price must be divisible by tick size. {intent.price} is not.", "venue_tick"
        )
    if trigger and not intent.reduce_only:
        return Refusal("Trigger orders must be reduce only.", "venue_action")
    leverage = intent.leverage
    if leverage is not None and not 1 <= leverage <= spec.max_leverage:
        return Refusal(
            f"Invalid leverage {leverage}: {intent.coin} allows 1 to {spec.max_leverage}.",
            "venue_leverage",
        )
    return None


def _trigger(intent: OrderIntent, ledger: Ledger, mark: Decimal) -> Refusal | None:
    reason = _reduction(intent, ledger)
    if reason is None and intent.price is not None:
        if intent.size:
            reason = _minimum(intent, ledger, intent.price)
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


def _entry(intent: OrderIntent, ledger: Ledger, mark: Decimal) -> Refusal | None:
    limit = intent.price if intent.kind is _LIMIT and intent.price else mark
    least = _minimum(intent, ledger, intent.price or mark)
    return least or margin_refusal(intent, ledger, limit)


def _minimum(intent: OrderIntent, ledger: Ledger, price: Decimal) -> Refusal | None:
    """Too small by its limit price, unless it is one that closes the whole position."""
    least = ledger.spec(intent.coin).min_notional
    size = within(intent, intent.size, ledger)
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
    holding = ledger.holdings.get(intent.coin)
    leverage = intent.leverage or (holding.leverage if holding else 1)
    mode = intent.mode or (holding.mode if holding else MarginMode.CROSS)
    if holding is not None and mode is not holding.mode:
        return Refusal("Cannot switch leverage type with open position.", "venue_leverage")
    with exact():
        signed = intent.side.sign * intent.size
        held = holding.size if holding else ZERO
        after = abs(held + signed)
        most = ledger.tiers(intent.coin).max_leverage(after * price)
        if leverage > most and after > abs(held):
            return Refusal(
                f"Invalid leverage {leverage}: this notional allows {most} in {intent.coin}.",
                "venue_leverage",
            )
        opposite = held * signed < 0
        if opposite and intent.size <= abs(held):
            return None
        needed = quotient((after if opposite else intent.size) * price, Decimal(leverage))
        free = ledger.available()
        if opposite and holding is not None and not holding.isolated:
            free += quotient(abs(held) * ledger.marks[intent.coin], Decimal(holding.leverage))
        if needed > free:
            return Refusal("Insufficient margin to place order.", "venue_margin")
    return None
