"""The paper exchange's orders: one registry by cloid, and per coin what rests."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import (
    Accepted,
    OpenOrder,
    OrderIntent,
    OrderKind,
    OrderState,
    OrderStatus,
    Outcome,
    Rejected,
)
from motherhaven.contract.exact import fma, plus, quotient

ZERO: Final = Decimal(0)
KEPT: Final = 20_000
"""Ended orders that are remembered, so that a repeated cloid changes nothing."""


# Names of the module are looked up far more quickly than members of an enumeration.
_STOP: Final = OrderKind.STOP
_TARGET: Final = OrderKind.TARGET
_LIMIT: Final = OrderKind.LIMIT
_OPEN: Final = OrderState.OPEN
_REJECTED: Final = OrderState.REJECTED


@dataclass(slots=True, eq=False)
class Order:
    """An order and what became of it. `fresh` until the first price after placing."""

    cloid: str
    intent: OrderIntent
    placed_at: datetime
    state: OrderState = _OPEN
    filled: Decimal = ZERO
    value: Decimal = ZERO
    reason: str | None = None
    code: str = "venue"
    fresh: bool = True
    parent: str | None = None
    children: list["Order"] = field(default_factory=list)

    @property
    def price(self) -> Decimal:
        """Limit or trigger price; 0 where the kind has none."""
        return self.intent.price or ZERO

    def book(self, size: Decimal, price: Decimal) -> None:
        """Note an execution of the unsigned `size`."""
        self.filled = plus(self.filled, size)
        self.value = fma(size, price, self.value)

    def average(self) -> Decimal | None:
        """Size-weighted fill price."""
        return quotient(self.value, self.filled) if self.filled else None

    def outcome(self) -> Outcome:
        """The answer to whoever placed it."""
        if self.state is _REJECTED:
            return Rejected(self.cloid, self.reason or "rejected", self.code)
        average = self.average() if self.filled else None
        return Accepted(self.cloid, self.filled, average, self.state is _OPEN)

    def status(self) -> OrderStatus:
        """The answer to a question by cloid."""
        return OrderStatus(
            self.cloid, self.intent.coin, self.state, self.filled, self.average(), self.reason,
            code=self.code,
        )  # fmt: skip

    def open_order(self) -> OpenOrder:
        """The public form of a resting order."""
        intent = self.intent
        return OpenOrder(
            self.cloid, intent.coin, intent.side, intent.size - self.filled, intent.kind,
            intent.price, intent.reduce_only, self.placed_at, self.parent,
        )  # fmt: skip


@dataclass(slots=True)
class CoinOrders:
    """What rests in one coin. `pending` waits for the next open."""

    pending: list[Order] = field(default_factory=list)
    limits: list[Order] = field(default_factory=list)
    stops: list[Order] = field(default_factory=list)
    targets: list[Order] = field(default_factory=list)

    def shelf(self, kind: OrderKind) -> list[Order]:
        """The list that orders of this kind rest in."""
        if kind is _LIMIT:
            return self.limits
        if kind is _STOP:
            return self.stops
        return self.targets if kind is _TARGET else self.pending

    @property
    def all(self) -> tuple[Order, ...]:
        """All of them, as they stand now."""
        return (*self.pending, *self.limits, *self.stops, *self.targets)


class Registry:
    """Every order by cloid; ended ones are forgotten oldest first beyond KEPT."""

    def __init__(self) -> None:
        self._by_cloid: dict[str, Order] = {}
        self._coins: dict[str, CoinOrders] = {}
        self._count = 0
        self.version = 0
        """Grows whenever what rests changes."""

    def find(self, cloid: str) -> Order | None:
        """The order with this cloid."""
        return self._by_cloid.get(cloid)

    def of(self, coin: str) -> CoinOrders | None:
        """What rests in `coin`; None when nothing ever did."""
        return self._coins.get(coin)

    def admit(self, intent: OrderIntent, now: datetime) -> Order:
        """Make and remember an order; one without a cloid gets the next free one."""
        cloid = intent.cloid
        while cloid is None or cloid in self._by_cloid:
            self._count += 1
            cloid = f"0x{self._count:032x}"
        order = Order(cloid, intent, now)
        self._by_cloid[cloid] = order
        if len(self._by_cloid) > KEPT:
            self._forget()
        return order

    def rest(self, order: Order) -> None:
        """Put an order where prices will find it."""
        self.version += 1
        intent = order.intent
        coin = self._coins.get(intent.coin)
        if coin is None:
            coin = self._coins[intent.coin] = CoinOrders()
        coin.shelf(intent.kind).append(order)

    def end(
        self, order: Order, state: OrderState, reason: str | None = None, code: str = "venue"
    ) -> None:
        """Take an order out of the market with its last word, and the code of a refusal."""
        self.version += 1
        order.state = state
        order.reason, order.code = reason, code
        coin = self._coins.get(order.intent.coin)
        if coin is not None:
            shelf = coin.shelf(order.intent.kind)
            if order in shelf:
                shelf.remove(order)

    def resting(self, coin: str | None = None) -> list[Order]:
        """All open orders, of one coin or of all, children that wait included."""
        coins = self._coins.values() if coin is None else filter(None, [self._coins.get(coin)])
        found: list[Order] = []
        for one in coins:
            for order in one.all:
                found.append(order)
                if order.children:
                    found.extend(child for child in order.children if child.state is _OPEN)
        return found

    def _forget(self) -> None:
        ended = [c for c, o in self._by_cloid.items() if o.state is not _OPEN]
        for cloid in ended[: KEPT // 2]:
            del self._by_cloid[cloid]
