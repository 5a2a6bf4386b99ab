"""The desk: what the guard allowed becomes orders, and orders become outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.exits import (
    close_order,
    entry_orders,
    leverage_mismatch,
    replace_exits,
    unprotected,
)
from motherhaven.bot.execution.orders import (
    ExchangeEvent,
    Grouping,
    OrderIntent,
    OrderKind,
    Rejected,
)
from motherhaven.bot.guard.liquidation import liquidation_alone, stop_is_idle
from motherhaven.bot.guard.types import Action, Signal, TradeDecision, Verdict
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import Prices
from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import Fill, MarginMode, Side
from motherhaven.bot.portfolio.margin import initial_margin
from motherhaven.bot.venues.simulated.engine import PaperEngine
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.events import ExecutionStatus

MAX_SLIP: Final = Decimal("0.02")
"""How much worse than our mark an entry may fill, as a fraction; past it nothing fills."""

_PROTECTIVE: Final = (OrderKind.STOP, OrderKind.TARGET)


@dataclass(frozen=True, slots=True)
class ApprovedOrder:
    """An allowed decision that waits for a price.

    `mark` is the one that it was judged by; a close needs none.
    """

    decision_id: str
    asked: TradeDecision
    verdict: Verdict
    mark: Decimal | None

    @property
    def coin(self) -> str:
        """The coin to trade."""
        return self.asked.coin


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """What became of an order. `filled_usd` is margin; `events` are the exchange's, in order."""

    status: ExecutionStatus
    events: list[ExchangeEvent] = field(default_factory=list)
    error: str | None = None
    code: str | None = None
    """Names the error for counting: no_mark, below_lot, leverage, venue, not_filled …"""
    cloid: str | None = None
    position_id: str | None = None
    filled_usd: Decimal | None = None
    fill_price: Decimal | None = None
    leverage_before: int | None = None
    leverage: int | None = None
    """What the position's leverage was and is, where the order changed it."""
    moved: Mapping[str, Decimal] = field(default_factory=dict)
    """Where stop and target are and were, by the execution's field names, if they moved."""


class ExecutionEngine:
    """Places orders at the paper exchange and remembers which decision each belongs to."""

    def __init__(self, engine: PaperEngine) -> None:
        self._engine = engine
        self._decisions: dict[str, tuple[str, str]] = {}
        self._closing: dict[str, str] = {}

    def decision_of(self, cloid: str | None) -> str | None:
        """The decision that an order belongs to."""
        known = self._decisions.get(cloid) if cloid else None
        return known[0] if known else None

    def closing_decision(self, coin: str) -> str | None:
        """The decision that closed the coin's position, None when a trigger did; asked once."""
        for cloid in [c for c, (_, of) in self._decisions.items() if of == coin]:
            del self._decisions[cloid]
        return self._closing.pop(coin, None)

    def quote(self, quote: Quote, now: datetime) -> list[ExchangeEvent]:
        """Let prices happen, so that the next order of the coin trades at their mid."""
        prices = Prices(quote.coin, quote.mark, quote.mid, quote.oracle, now)
        return self._engine.on_prices(prices)

    def trade(self, order: ApprovedOrder) -> ExecutionResult:
        """Place what the guard allowed and say what became of it."""
        if order.asked.signal is Signal.CLOSE:
            return self._close(order)
        return self._adjust(order) if order.asked.adjusts else self._enter(order)

    def restore(
        self, coin: str, size: Decimal, stop: Decimal | None, target: Decimal | None
    ) -> bool:
        """Place a position's stop and target again after a restart; False if one was refused.

        Do it before new marks come in: a stop that prices went through while nobody
        watched must rest, so that the next bar strikes it.
        """
        side = close_order(coin, size, "").side
        intents = [
            OrderIntent(coin, side, Decimal(0), kind, price, reduce_only=True)
            for kind, price in ((OrderKind.STOP, stop), (OrderKind.TARGET, target))
            if price is not None
        ]
        outcomes = self._engine.place(intents)
        return not any(isinstance(outcome, Rejected) for outcome in outcomes)

    def close_now(self, coin: str) -> list[ExchangeEvent]:
        """Close the coin's position at its last price, whatever anybody decided."""
        holding = self._engine.ledger.holdings.get(coin)
        if holding is not None:
            self._engine.place([replace(close_order(coin, holding.size, ""), cloid=None)])
        return self._engine.take_events()

    def _close(self, order: ApprovedOrder) -> ExecutionResult:
        held = self._engine.ledger.holdings.get(order.coin)
        if held is None:
            error = "the position was closed before the order was placed"
            return ExecutionResult("skipped", error=error, code="closed_before")
        entry, leverage, size = held.entry, held.leverage, held.size
        if order.asked.action is Action.REDUCE and order.verdict.size < abs(size):
            size = order.verdict.size if size > 0 else -order.verdict.size
        intent = close_order(order.coin, size, order.decision_id)
        self._remember(order, [intent])
        if size == held.size:
            self._closing[order.coin] = order.decision_id
        outcome = self._engine.place([intent])[0]
        events = self._engine.take_events()
        if isinstance(outcome, Rejected):
            self._closing.pop(order.coin, None)
            return ExecutionResult("rejected", events, outcome.reason, "venue", intent.cloid)
        return self._done(order, intent, events, entry, leverage)

    def _adjust(self, order: ApprovedOrder) -> ExecutionResult:
        """Move stop and target, each new-first: there is no moment without a stop."""
        engine, coin, verdict = self._engine, order.coin, order.verdict
        held = engine.account().positions.get(coin)
        if held is None:
            error = "the position was closed before its exits were moved"
            return ExecutionResult("skipped", error=error, code="closed_before")
        orders = engine.open_orders(coin)
        moved: dict[str, Decimal] = {}
        reasons: list[str] = []
        for change in replace_exits(held, verdict.stop, verdict.target, order.decision_id, orders):
            intent = change.place
            self._remember(order, [intent])
            outcome = engine.place([intent])[0]
            if isinstance(outcome, Rejected):
                reasons.append(outcome.reason)
                continue
            engine.cancel(change.cancel)
            stop = intent.kind is OrderKind.STOP
            name, before = ("stop_loss", held.stop) if stop else ("profit_target", held.target)
            moved[name] = intent.price or Decimal(0)
            if before is not None:
                moved[f"{name}_before"] = before
        status: ExecutionStatus = "executed" if moved else "rejected"
        return ExecutionResult(
            "partial" if moved and reasons else status,
            engine.take_events(),
            "; ".join(reasons) or None,
            "venue" if reasons else None,
            position_id=held.position_id,
            moved=moved,
        )

    def _enter(self, order: ApprovedOrder) -> ExecutionResult:
        engine, coin = self._engine, order.coin
        if order.mark is None:
            error = "there is no mark of our own to bound the price by"
            return ExecutionResult("rejected", error=error, code="no_mark")
        held = engine.ledger.holdings.get(coin)
        before = None if held is None else held.leverage
        intents = entry_orders(
            order.asked,
            order.verdict,
            order.decision_id,
            engine.ledger.spec(coin),
            order.mark,
            max_slip=MAX_SLIP,
            fill_price=self._fill_price(order),
        )
        if not intents[0].size:
            error = "the price has moved: the margin buys less than a lot"
            return ExecutionResult("rejected", error=error, code="below_lot")
        idle = self._idle_stop(order, intents)
        if idle is not None:
            return ExecutionResult("rejected", error=idle, code="idle_stop")
        older = [order.cloid for order in engine.open_orders(coin) if order.kind in _PROTECTIVE]
        asked = LeverageSetting(coin, order.verdict.leverage, MarginMode.CROSS)
        try:
            set_now = engine.set_leverage(coin, asked.leverage, asked.mode)
            mismatch = leverage_mismatch(asked, set_now)
        except OrderRejected as error:
            mismatch = str(error)
        if mismatch is not None:
            return ExecutionResult("rejected", error=mismatch, code="leverage")
        self._remember(order, intents)
        outcome = engine.place(intents, Grouping.NORMAL_TPSL)[0]
        events = engine.take_events()
        if isinstance(outcome, Rejected):
            if before is not None:
                engine.set_leverage(coin, before, MarginMode.CROSS)
            return ExecutionResult("rejected", events, outcome.reason, "venue", intents[0].cloid)
        if len(intents) > 1:
            engine.cancel(older)
            engine.take_events()
        done = self._done(order, intents[0], events, None, asked.leverage)
        if before is not None and before != asked.leverage:
            done = replace(done, leverage_before=before, leverage=asked.leverage)
        return self._verified(order, done)

    def _fill_price(self, order: ApprovedOrder) -> Decimal | None:
        """The highest price at which the entry could fill: what bounds its margin.

        A buyer pays more the larger the order. A seller gets less, so the mid bounds the
        margin of a short, or the best bid of a book that stands above it.
        """
        engine, coin = self._engine, order.coin
        if coin not in engine.ledger.marks:
            return None
        mid = engine.mid(coin)
        if order.asked.signal.sign < 0:
            return max(mid, engine.taker_price(coin, Side.SELL, engine.ledger.spec(coin).lot))
        return engine.taker_price(coin, Side.BUY, order.verdict.size)

    def _idle_stop(self, order: ApprovedOrder, intents: list[OrderIntent]) -> str | None:
        """Why the stop could not act at the price that the entry would fill at; None if it can."""
        engine, coin = self._engine, order.coin
        stop = next((one.price for one in intents if one.kind is OrderKind.STOP), None)
        if stop is None or coin not in engine.ledger.marks:
            return None
        entry, leverage = intents[0], order.verdict.leverage
        held = engine.ledger.holdings.get(coin)
        price = engine.taker_price(coin, entry.side, entry.size)
        size = entry.size + (abs(held.size) if held is not None else Decimal(0))
        spec, sign = engine.ledger.spec(coin), entry.side.sign
        liquidation = liquidation_alone(price, sign, leverage, spec, size * price)
        if not stop_is_idle(stop, liquidation, sign):
            return None
        return (
            f"the price has moved: filled at {price} the stop {stop} would lie beyond the "
            f"liquidation price {liquidation:.6g} at {leverage}x"
        )

    def _verified(self, order: ApprovedOrder, done: ExecutionResult) -> ExecutionResult:
        """A position whose stop does not rest is closed at once."""
        engine, coin = self._engine, order.coin
        if not order.asked.requires_stop or coin not in engine.ledger.holdings:
            return done
        positions = engine.account().positions
        if coin not in unprotected(positions, engine.open_orders(coin), frozenset()):
            return done
        held = engine.ledger.holdings[coin]
        self._closing[coin] = order.decision_id
        engine.place([close_order(coin, held.size, order.decision_id)])
        done.events.extend(engine.take_events())
        return replace(
            done,
            status="partial",
            code="stop_not_resting",
            error="the stop does not rest at the exchange, so the position was closed again",
        )

    def _done(
        self,
        order: ApprovedOrder,
        intent: OrderIntent,
        events: list[ExchangeEvent],
        entry: Decimal | None,
        leverage: int,
    ) -> ExecutionResult:
        fills = [e for e in events if isinstance(e, Fill) and e.cloid == intent.cloid]
        if not fills:
            state = self._engine.order_by_cloid(intent.cloid or "")
            reason = state.reason if state and state.reason else "nothing was filled"
            return ExecutionResult("rejected", events, reason, "not_filled", intent.cloid)
        size = sum((abs(done.size) for done in fills), Decimal(0))
        price = fills[-1].price
        return ExecutionResult(
            "executed" if size == intent.size else "partial",
            events,
            cloid=intent.cloid,
            position_id=fills[-1].position_id,
            filled_usd=initial_margin(size, price if entry is None else entry, leverage),
            fill_price=price,
        )

    def _remember(self, order: ApprovedOrder, intents: list[OrderIntent]) -> None:
        for intent in intents:
            if intent.cloid:
                self._decisions[intent.cloid] = (order.decision_id, order.coin)
