"""Which orders are refused here, before anything is sent, and how the rest is put on the grid."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.exact import exact

ZERO: Final = Decimal(0)
TRIGGERS: Final = (OrderKind.STOP, OrderKind.TARGET)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order is not sent or was not taken: a code of contract.reasons, and words."""

    code: str
    text: str


def refusal(intent: OrderIntent, spec: MarketSpec, now: datetime) -> Refusal | None:
    """Why `intent` must not be sent, by its form alone; None when it may."""
    if intent.deadline is not None and now >= intent.deadline:
        return Refusal("venue_expired", "its time was over before it could be sent")
    if intent.mode is MarginMode.ISOLATED:
        return Refusal("no_isolated", "isolated margin is not supported here; choose cross")
    trigger = intent.kind in TRIGGERS
    if intent.size < 0 or (intent.size == 0 and not trigger):
        return Refusal("venue_size", "the order has no size")
    if intent.size and not spec.is_legal_size(intent.size):
        return Refusal("venue_size", f"{intent.size} is not a whole number of lots of {spec.lot}")
    if trigger and not intent.reduce_only:
        return Refusal("venue_reduce_only", "stops and targets must be reduce-only")
    if intent.kind is OrderKind.MARKET:
        return _too_small(intent, spec) if intent.price is not None else None
    if intent.price is None:
        return Refusal("venue_tick", "the order has no price")
    if not spec.is_legal_price(intent.price):
        step = spec.price_step(intent.price)
        return Refusal("venue_tick", f"{intent.price} is not a whole number of ticks of {step}")
    return _too_small(intent, spec)


def _too_small(intent: OrderIntent, spec: MarketSpec) -> Refusal | None:
    if intent.reduce_only or intent.price is None:
        return None
    with exact():
        worth = intent.size * intent.price
    if worth >= spec.min_notional:
        return None
    return Refusal("venue_minimum", f"the order is worth less than {spec.min_notional} USD")


def bound(intent: OrderIntent, spec: MarketSpec) -> Decimal | None:
    """The worst price of an order at the market, on the tick and never worse than asked."""
    if intent.price is None:
        return None
    return spec.round_price(intent.price, up=intent.side is Side.SELL)


def is_past(intent: OrderIntent, mark: Decimal) -> bool:
    """Whether a stop or target would trigger at once at `mark`."""
    if intent.price is None:
        return False
    waits_above = (intent.kind is OrderKind.TARGET) == (intent.side is Side.SELL)
    return mark >= intent.price if waits_above else mark <= intent.price


def rises(intent: OrderIntent) -> bool:
    """Whether a trigger waits for a higher price."""
    return (intent.kind is OrderKind.TARGET) == (intent.side is Side.SELL)
