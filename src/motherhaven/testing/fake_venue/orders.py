"""An order as the venue keeps it, and how it is shown."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.exact import quotient
from motherhaven.testing.fake_venue.wire import to_ms, wire

ZERO: Final = Decimal(0)
OPEN: Final = "open"


@dataclass(frozen=True, slots=True)
class Trigger:
    """When an order fires: at a mark of `price` USD, as a stop ("sl") or a target ("tp")."""

    price: Decimal
    tpsl: str
    market: bool


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order and what became of it; `size` 0 on a trigger is the whole position.

    `status` is the venue's word. `parent` is the oid of the order that has to fill first,
    None once it has. `filled` and `value` add up its fills, in coin and in USD; `cap` is what
    the position still allows of a reduce-only order, None for no bound.
    """

    oid: int
    coin: str
    asset: int
    buy: bool
    price: Decimal
    size: Decimal
    reduce_only: bool
    tif: str | None
    trigger: Trigger | None
    cloid: str | None
    placed_at: datetime
    whole_position: bool = False
    parent: int | None = None
    status: str = OPEN
    changed_at: datetime | None = None
    filled: Decimal = ZERO
    value: Decimal = ZERO
    cap: Decimal | None = None

    @property
    def open(self) -> bool:
        """Whether it still rests or waits."""
        return self.status == OPEN

    @property
    def left(self) -> Decimal:
        """What has not been filled, in coin."""
        left = max(self.size - self.filled, ZERO)
        return left if self.cap is None else min(left, self.cap)

    @property
    def average(self) -> Decimal:
        """The size-weighted price of its fills in USD."""
        return quotient(self.value, self.filled)

    @property
    def triggers_above(self) -> bool:
        """Whether a trigger waits for a higher mark."""
        return self.trigger is not None and (self.trigger.tpsl == "tp") != self.buy


def beyond_limit(order: VenueOrder, mark: Decimal, mid: Decimal) -> bool:
    """Whether a trigger fires at this mark and the mid is already past its limit."""
    trigger = order.trigger
    if trigger is None or order.parent is not None:
        return False
    fires = mark >= trigger.price if order.triggers_above else mark <= trigger.price
    return fires and (mid > order.price if order.buy else mid < order.price)


def short_form(order: VenueOrder) -> dict[str, Any]:
    """As in openOrders and orderUpdates."""
    return {
        **_either_form(order),
        "origSz": wire(order.size),
        **({"cloid": order.cloid} if order.cloid else {}),
        **({"reduceOnly": True} if order.reduce_only else {}),
    }


def long_form(order: VenueOrder, children: list[dict[str, Any]]) -> dict[str, Any]:
    """As in frontendOpenOrders, orderStatus and historicalOrders."""
    trigger = order.trigger
    condition = "N/A"
    if trigger is not None:
        word = "above" if order.triggers_above else "below"
        condition = f"Price {word} {wire(trigger.price).removesuffix('.0')}"
    return {
        **_either_form(order),
        "triggerCondition": condition,
        "isTrigger": trigger is not None,
        "triggerPx": "0.0" if trigger is None else wire(trigger.price),
        "children": children,
        "isPositionTpsl": order.whole_position,
        "reduceOnly": order.reduce_only,
        "orderType": _kind(trigger),
        "origSz": wire(order.size),
        "tif": order.tif,
        "cloid": order.cloid,
    }


def _either_form(order: VenueOrder) -> dict[str, Any]:
    return {
        "coin": order.coin,
        "side": "B" if order.buy else "A",
        "limitPx": wire(order.price),
        "sz": wire(order.left),
        "oid": order.oid,
        "timestamp": to_ms(order.placed_at),
    }


def with_status(order: VenueOrder) -> dict[str, Any]:
    """As in orderStatus and historicalOrders: the order with its status."""
    return {
        "order": long_form(order, []),
        "status": order.status,
        "statusTimestamp": to_ms(order.changed_at or order.placed_at),
    }


def _kind(trigger: Trigger | None) -> str:
    if trigger is None:
        return "Limit"
    name = "Stop" if trigger.tpsl == "sl" else "Take Profit"
    return f"{name} {'Market' if trigger.market else 'Limit'}"
