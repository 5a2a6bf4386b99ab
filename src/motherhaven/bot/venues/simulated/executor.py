"""Executions on paper: what an order does once a price has reached it."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import ExchangeEvent, OrderClosed, OrderKind, OrderState
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.portfolio.events import (
    Fill,
    FillReason,
    Liquidity,
    MarginMode,
    Shortfall,
    Side,
)
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.bot.venues.simulated.admission import (
    INCREASES,
    NO_MATCH,
    Refusal,
    margin_refusal,
    within,
)
from motherhaven.bot.venues.simulated.resting import Order, Registry

# Names of the module are looked up far more quickly than members of an enumeration.
_OPEN: Final = OrderState.OPEN
_FILLED: Final = OrderState.FILLED
_CANCELED: Final = OrderState.CANCELED
_ENTRY: Final = FillReason.ENTRY
_CLOSE: Final = FillReason.CLOSE


class Executor:
    """Books executions in the ledger and keeps the orders and events in step with it."""

    def __init__(self, ledger: Ledger, registry: Registry, slippage: Slippage | None) -> None:
        self._ledger = ledger
        self._registry = registry
        self._slippage = slippage
        self.events: list[ExchangeEvent] = []
        self.overrides: dict[str, Decimal] = {}
        """Liquidation prices that replace the computed ones, by coin (scenarios)."""

    def take(self, order: Order, mid: Decimal, time: datetime) -> None:
        """Execute a taker order at `mid` plus slippage, or refuse it past its limit."""
        intent = order.intent
        size = intent.size - order.filled
        if intent.reduce_only:
            size = within(intent, size, self._ledger)
        price = self.taker_price(intent.coin, intent.side, size, mid)
        if intent.price is not None and intent.side.sign * (price - intent.price) > 0:
            if intent.kind is OrderKind.LIMIT:
                order.fresh = False
                return self.execute(order, size, intent.price, Liquidity.MAKER, time)
            return self.refuse(order, NO_MATCH, time)
        return self.execute(order, size, price, Liquidity.TAKER, time)

    def taker_price(self, coin: str, side: Side, size: Decimal, mid: Decimal) -> Decimal:
        """`mid` with the run's slippage, `mid` itself where the run has none."""
        if self._slippage is None:
            return mid
        return self._slippage.price(mid, side, size, self._ledger.spec(coin))

    def execute(
        self, order: Order, size: Decimal, price: Decimal, liquidity: Liquidity, time: datetime
    ) -> None:
        """Book the unsigned `size` at `price`, unless the account no longer allows it."""
        intent = order.intent
        if intent.reduce_only:
            holding = self._ledger.holdings.get(intent.coin)
            if holding is None or (holding.size > 0) == (intent.side.sign > 0):
                return self.refuse(order, INCREASES, time)
            size = within(intent, size, self._ledger)
        else:
            why = margin_refusal(intent, self._ledger, price)
            if why is not None:
                return self.refuse(order, why, time)
        reason_code = _CLOSE if intent.reduce_only else _ENTRY
        return self._fill(order, size, price, liquidity, reason_code, time)

    def refuse(self, order: Order, why: Refusal, time: datetime) -> None:
        """End an order, and the children that waited for it, without a fill."""
        state = OrderState.CANCELED if order.filled else OrderState.REJECTED
        self._end(order, state, why.text, time, why.code)
        for child in order.children:
            if child.state is OrderState.OPEN:
                self._end(child, OrderState.CANCELED, "its entry was not filled", time)

    def cancel(self, order: Order, reason: str, time: datetime) -> None:
        """Cancel an order and the children that wait for it."""
        self._end(order, _CANCELED, reason, time)
        for child in order.children:
            if child.state is OrderState.OPEN and not order.filled:
                self._end(child, OrderState.CANCELED, "its entry was canceled", time)

    def liquidate(self, coin: str, price: Decimal, time: datetime) -> None:
        """Close the whole position as a liquidation and cancel what rests in the coin."""
        size = -self._ledger.holdings[coin].size
        self.book(coin, size, price, Liquidity.TAKER, FillReason.LIQUIDATION, time)
        self._clear(coin, "the position was liquidated", time, everything=True)

    def trigger(
        self, order: Order, price: Decimal, liquidity: Liquidity, reason: FillReason, time: datetime
    ) -> None:
        """Execute a stop or target for its size, at most for what is still held."""
        intent = order.intent
        held = abs(self._ledger.holdings[intent.coin].size)
        size = within(intent, intent.size or held, self._ledger)
        if liquidity is Liquidity.TAKER:
            price = self.taker_price(intent.coin, intent.side, size, price)
        self._fill(order, size, price, liquidity, reason, time)

    def _fill(
        self,
        order: Order,
        size: Decimal,
        price: Decimal,
        liquidity: Liquidity,
        reason: FillReason,
        time: datetime,
    ) -> None:
        intent = order.intent
        order.book(size, price)
        self._registry.end(order, _FILLED)
        self.book(
            intent.coin,
            size * intent.side.sign,
            price,
            liquidity,
            reason,
            time,
            leverage=None if intent.reduce_only else intent.leverage,
            mode=None if intent.reduce_only else intent.mode,
            cloid=order.cloid,
        )
        for child in order.children:
            if child.state is _OPEN:
                self._registry.rest(child)
        order.children = []

    def book(
        self,
        coin: str,
        size: Decimal,
        price: Decimal,
        liquidity: Liquidity,
        reason: FillReason,
        time: datetime,
        *,
        leverage: int | None = None,
        mode: MarginMode | None = None,
        cloid: str | None = None,
    ) -> None:
        """Book a signed fill; when it ends the position, what could only reduce it is canceled.

        A reduction that leaves the cross account below its maintenance ends all of it.
        """
        before = self._ledger.holdings.get(coin)
        reduces = before is not None and (before.size > 0) != (size > 0)
        done = self._ledger.fill(
            coin, size, price, time=time, reason=reason, liquidity=liquidity, leverage=leverage,
            mode=mode, cloid=cloid,
        )  # fmt: skip
        self.events += done
        if before is None:
            return
        for fill in done:
            if isinstance(fill, Fill) and fill.absorbed:
                self.events.append(Shortfall(coin, fill.absorbed, fill.position_id, time))
        if self._ledger.holdings.get(coin) is not before:
            self.overrides.pop(coin, None)
            self._clear(coin, "the position was closed", time, everything=False)
        if reduces and not before.isolated:
            self._liquidate_rest(time)

    def _liquidate_rest(self, time: datetime) -> None:
        """Liquidate the next cross position, at its mark, if the account cannot carry all."""
        ledger = self._ledger
        if not ledger.holdings:
            return
        coin = next((c for c, held in ledger.holdings.items() if not held.isolated), None)
        if coin is not None and ledger.cross_value() < ledger.maintenance(MarginMode.CROSS):
            self.liquidate(coin, ledger.marks[coin], time)

    def _clear(self, coin: str, reason: str, time: datetime, *, everything: bool) -> None:
        orders = self._registry.of(coin)
        for order in orders.all if orders is not None else ():
            if everything or order.intent.reduce_only:
                self.cancel(order, reason, time)

    def _end(
        self,
        order: Order,
        state: OrderState,
        reason: str,
        time: datetime,
        code: str = "venue",
    ) -> None:
        self._registry.end(order, state, reason, code)
        intent = order.intent
        self.events.append(
            OrderClosed(order.cloid, intent.coin, intent.kind, state, reason, time, code)
        )
