"""The paper exchange's synchronous engine: the venue's verbs over ledger and matcher.

Pure: prices, bars, funding and time come in through `on_*`; nothing is read from a
clock. Everything that happens is kept in order until `take_events` is called.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Final

from motherhaven.bot.execution.orders import (
    ExchangeEvent,
    Grouping,
    OpenOrder,
    OrderIntent,
    OrderKind,
    OrderState,
    OrderStatus,
    Outcome,
    Rejected,
)
from motherhaven.bot.execution.slippage import Slippage, walk_book
from motherhaven.bot.market.instruments import Bar, FeeRates, Level, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FundingPayment,
    Liquidity,
    MarginMode,
    MarginTransfer,
    Side,
    Trade,
)
from motherhaven.bot.portfolio.holding import Exits, Holding
from motherhaven.bot.portfolio.ledger import NO_LEVERAGES, Ledger
from motherhaven.bot.venues.simulated.admission import NO_MATCH, refusal, within
from motherhaven.bot.venues.simulated.executor import Executor
from motherhaven.bot.venues.simulated.facts import FactVerbs
from motherhaven.bot.venues.simulated.funds import FundVerbs
from motherhaven.bot.venues.simulated.matching import Matcher
from motherhaven.bot.venues.simulated.resting import Order, Registry
from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import NoPrice, OrderRejected

ZERO: Final = Decimal(0)
_OPEN: Final = OrderState.OPEN
HISTORY: Final = 100_000
"""Fills and payments that the engine itself remembers; the journal keeps all."""


@dataclass(frozen=True, slots=True)
class PaperConfig:
    """How the paper exchange behaves.

    `next_open`: market orders wait for the next bar's open (signal at the close, fill
    at the next open); otherwise they fill at the last mid at once. `slippage` None
    fills takers at the bare price.
    """

    deposit: Decimal = Decimal(10_000)
    fees: FeeRates = field(default_factory=FeeRates)
    slippage: Slippage | None = None
    next_open: bool = True


def counted_ids(prefix: str = "P") -> Callable[[], str]:
    """Position ids P1, P2 …: unique within one engine only; inject better ones elsewhere."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"


class PaperEngine(FundVerbs, FactVerbs):
    """A paper account with its orders. See `Exchange` for the meaning of the verbs."""

    def __init__(
        self,
        config: PaperConfig,
        now: datetime,
        specs: Mapping[str, MarketSpec] | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.config = config
        self.now = now
        self.ledger = Ledger(config.fees, new_id or counted_ids(), specs)
        self.ledger.deposit(config.deposit)
        self._registry = Registry()
        self._executor = Executor(self.ledger, self._registry, config.slippage)
        self._matcher = Matcher(self.ledger, self._registry, self._executor)
        self.calm = self._matcher.calm
        """The prices between which nothing happens in a coin, until an order or a fill."""
        self.quoted: dict[str, Prices] = {}
        """Prices of coins whose mid or oracle was another than the mark, until a bar comes."""
        self._books: dict[str, tuple[Sequence[Level], Sequence[Level]]] = {}
        self._settings: dict[str, LeverageSetting] = {}
        self._fills: deque[Fill] = deque(maxlen=HISTORY)
        self._payments: deque[FundingPayment] = deque(maxlen=HISTORY)
        self._flows: deque[CashFlow] = deque(maxlen=HISTORY)

    # --- the world comes in -----------------------------------------------------------

    def on_bar(self, bar: Bar) -> list[ExchangeEvent]:
        """Let a closed bar happen; return all events since the last time they were taken."""
        self.now = bar.end
        self._books.pop(bar.coin, None)
        self.quoted.pop(bar.coin, None)
        self._matcher.bar(bar)
        return self.take_events()

    def passes(self, bar: Bar) -> bool:
        """Let a bar happen that reaches nothing; the caller then sets `now`. False: `on_bar`."""
        if not self._matcher.passes(bar):
            return False
        self.quoted.pop(bar.coin, None)
        return True

    def on_prices(self, prices: Prices) -> list[ExchangeEvent]:
        """Let polled prices happen; return all events since the last time they were taken.

        The mark decides what triggers and what is liquidated, the mid what takers pay, and the
        oracle is what funding is paid on.
        """
        self.now, coin = prices.time, prices.coin
        self._books.pop(coin, None)
        if prices.mid == prices.mark == prices.oracle:
            self.quoted.pop(coin, None)
        else:
            self.quoted[coin] = prices
        self._matcher.mark(coin, prices.mark, prices.time, prices.mid)
        return self.take_events()

    def on_book(self, coin: str, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Give the order book, best first, that takers walk until the next prices."""
        self._books[coin] = (list(bids), list(asks))

    def on_funding(
        self, coin: str, rate: Decimal, oracle: Decimal, time: datetime
    ) -> FundingPayment | None:
        """Book one hourly funding; None when no position is open in the coin."""
        payment = self.ledger.apply_funding(coin, rate, oracle, time)
        if payment is not None:
            self._payments.append(payment)
        return payment

    def take_events(self) -> list[ExchangeEvent]:
        """Everything that happened since the last call, in order."""
        if not self._executor.events:
            return []
        events, self._executor.events = self._executor.events, []
        for event in events:
            if isinstance(event, Fill):
                self._fills.append(event)
            elif isinstance(event, CashFlow):
                self._flows.append(event)
        return events

    def resume(
        self,
        fills: Iterable[Fill],
        payments: Iterable[FundingPayment],
        moved: Iterable[CashFlow | MarginTransfer] = (),
        leverages: Mapping[str, int] = NO_LEVERAGES,
    ) -> list[Trade]:
        """Rebuild the account of an earlier run from its records; then give marks again.

        `leverages` as in `Ledger.replay`. Returns the trades that were closed, oldest first.
        """
        fills, payments, moved = list(fills), list(payments), list(moved)
        trades = self.ledger.replay(fills, payments, moved, leverages)
        self._fills.extend(fills)
        self._payments.extend(payments)
        self._flows.extend(one for one in moved if isinstance(one, CashFlow))
        return trades

    # --- questions --------------------------------------------------------------------

    def account(self) -> AccountSnapshot:
        """The account with its positions, each with its nearest stop and target."""
        return self.ledger.snapshot(self.now, self._exits)

    def open_orders(self, coin: str | None = None) -> list[OpenOrder]:
        """What rests, triggers and children that wait included."""
        return [order.open_order() for order in self._registry.resting(coin)]

    def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order; None when it was never here."""
        order = self._registry.find(cloid)
        return order.status() if order else None

    def mid(self, coin: str) -> Decimal:
        """The price that takers trade around: the last mid, the mark where none was told.

        Raises:
            KeyError: the coin has no price yet.
        """
        quoted = self.quoted.get(coin)
        return self.ledger.marks[coin] if quoted is None else quoted.mid

    def oracle(self, coin: str) -> Decimal:
        """The price that funding is paid on: the last oracle, the mark where none was told.

        Raises:
            KeyError: the coin has no price yet.
        """
        quoted = self.quoted.get(coin)
        return self.ledger.marks[coin] if quoted is None else quoted.oracle

    def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """What a taker of the unsigned `size` would pay on average now, book or slippage.

        A book that is too thin for the size counts as far as it goes.

        Raises:
            NoPrice: the coin has no mark yet.
        """
        if coin not in self.ledger.marks:
            raise NoPrice(f"{coin} has no price yet")
        book = self._books.get(coin)
        if book is not None:
            levels = book[1] if side is Side.BUY else book[0]
            walk = walk_book(levels, side, size, None, self.ledger.spec(coin))
            if walk.average is not None:
                return walk.average
        return self._executor.taker_price(coin, side, size, self.mid(coin))

    def fills(self, since: datetime) -> list[Fill]:
        """Fills at or after `since`, oldest first."""
        known = [*self._fills, *(e for e in self._executor.events if isinstance(e, Fill))]
        return [fill for fill in known if fill.time >= since]

    def funding(self, since: datetime) -> list[FundingPayment]:
        """Funding payments at or after `since`, oldest first."""
        return [payment for payment in self._payments if payment.time >= since]

    def cash_flows(self, since: datetime) -> list[CashFlow]:
        """Deposits and withdrawals at or after `since`, oldest first."""
        known = [*self._flows, *(e for e in self._executor.events if isinstance(e, CashFlow))]
        return [flow for flow in known if flow.time >= since]

    # --- commands ---------------------------------------------------------------------

    def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set and read back, also under an open position, where the margin suffices.

        Raises:
            OrderRejected: as the venue refuses it.
        """
        most = self.ledger.spec(coin).max_leverage
        if not 1 <= leverage <= most:
            raise OrderRejected(f"Invalid leverage {leverage}: {coin} allows 1 to {most}.")
        holding = self.ledger.holdings.get(coin)
        if holding is not None and holding.mode is not mode:
            raise OrderRejected("Cannot switch leverage type with open position.")
        moved = self.ledger.set_leverage(coin, leverage, self.now)
        if moved is not None:
            self._executor.events.append(moved)
        setting = LeverageSetting(coin, leverage, mode)
        self._settings[coin] = setting
        return setting

    def place(
        self, intents: Sequence[OrderIntent], grouping: Grouping = Grouping.NA
    ) -> list[Outcome]:
        """Take orders; one outcome per intent. With NORMAL_TPSL the first is the parent."""
        if grouping is not Grouping.NORMAL_TPSL or len(intents) < 2:
            return [self._place(intent) for intent in intents]
        children, outcomes = [], []
        for intent in intents[1:]:
            known = self._registry.find(intent.cloid) if intent.cloid else None
            child = known or self._admit(intent, child=True)
            outcomes.append(child.outcome())
            if known is None and child.state is _OPEN:
                children.append(child)
        first = self._place(intents[0], children)
        if isinstance(first, Rejected):
            for child in children:
                if child.state is OrderState.OPEN:
                    self._registry.end(child, OrderState.CANCELED, "its entry was refused")
            reason = f"its entry was refused: {first.reason}"
            return [first, *(Rejected(one.cloid, reason, "venue_parent") for one in intents[1:])]
        return [first, *outcomes]

    def cancel(self, cloids: Sequence[str]) -> list[Outcome]:
        """Cancel resting orders; one that does not rest any more is rejected."""
        outcomes: list[Outcome] = []
        for cloid in cloids:
            order = self._registry.find(cloid)
            if order is None or order.state is not OrderState.OPEN:
                reason = "Order was never placed, already canceled, or filled."
                outcomes.append(Rejected(cloid, reason, "venue_gone"))
            else:
                self._executor.cancel(order, "canceled on request", self.now)
                outcomes.append(order.outcome())
        return outcomes

    def cancel_all(self, coin: str | None = None) -> list[Outcome]:
        """Cancel every resting order, of one coin or of all."""
        open_now = [order.cloid for order in self._registry.resting(coin)]
        return [
            outcome
            for cloid in open_now
            if (order := self._registry.find(cloid)) and order.state is OrderState.OPEN
            for outcome in self.cancel([cloid])
        ]

    def close_all(self) -> list[Outcome]:
        """Cancel everything that rests and close every position at the market."""
        self.cancel_all()
        found = self.ledger.holdings.items()
        sides = {coin: Side.SELL if held.size > 0 else Side.BUY for coin, held in found}
        return self.place(
            [OrderIntent(c, sides[c], abs(held.size), reduce_only=True) for c, held in found]
        )

    def take_at(self, intent: OrderIntent, price: Decimal) -> Outcome:
        """Take a market order at a price that the caller has worked out, slippage included."""
        self.ledger.marks.setdefault(intent.coin, price)
        order = self._admit(intent)
        if order.state is OrderState.OPEN:
            if intent.price is not None and intent.side.sign * (price - intent.price) > 0:
                self._executor.refuse(order, NO_MATCH, self.now)
            else:
                self._executor.execute(order, intent.size, price, Liquidity.TAKER, self.now)
        return order.outcome()

    # --- inside -----------------------------------------------------------------------

    def _place(self, intent: OrderIntent, children: Sequence[Order] = ()) -> Outcome:
        known = self._registry.find(intent.cloid) if intent.cloid else None
        if known is not None:
            return known.outcome()
        order = self._admit(intent)
        if order.state is not _OPEN:
            return order.outcome()
        order.children = list(children)
        for child in children:
            child.parent = order.cloid
        kind = order.intent.kind
        if self.config.next_open or kind in (OrderKind.STOP, OrderKind.TARGET):
            self._registry.rest(order)
            return order.outcome()
        if kind is OrderKind.LIMIT:
            self._registry.rest(order)
            mid = self.mid(order.intent.coin)
            if order.intent.side.sign * (order.price - mid) < 0:
                order.fresh = False
                return order.outcome()
        self._take_now(order)
        return order.outcome()

    def _take_now(self, order: Order) -> None:
        intent = order.intent
        book = self._books.get(intent.coin)
        if book is None:
            return self._executor.take(order, self.mid(intent.coin), self.now)
        levels = book[1] if intent.side is Side.BUY else book[0]
        spec = self.ledger.spec(intent.coin)
        size = within(intent, intent.size, self.ledger)
        walk = walk_book(levels, intent.side, size, intent.price, spec)
        if walk.average is None:
            if intent.reduce_only and intent.price is None:
                # Nobody on the other side is no book: a close pays the slippage formula.
                return self._executor.take(order, self.mid(intent.coin), self.now)
            return self._executor.refuse(order, NO_MATCH, self.now)
        return self._executor.execute(order, walk.filled, walk.average, Liquidity.TAKER, self.now)

    def _admit(self, intent: OrderIntent, *, child: bool = False) -> Order:
        coin = normalise_symbol(intent.coin)
        setting = None if intent.reduce_only else self._settings.get(coin)  # it sets neither
        leverage, mode = intent.leverage, intent.mode
        if setting is not None:
            leverage = leverage if leverage is not None else setting.leverage
            mode = mode if mode is not None else setting.mode
        if coin != intent.coin or leverage != intent.leverage or mode is not intent.mode:
            intent = intent.set_to(coin, leverage, mode)
        order = self._registry.admit(intent, self.now)
        why = refusal(intent, self.ledger, self.ledger.marks.get(coin), child=child)
        if why is not None:
            self._registry.end(order, OrderState.REJECTED, why.text, why.code)
        return order

    def _exits(self, holding: Holding) -> Exits:
        orders, long = self._registry.of(holding.coin), holding.size > 0
        if orders is None:
            return None, None
        away = Side.SELL if long else Side.BUY  # others are of a position that was turned
        stops = [order.price for order in orders.stops if order.intent.side is away]
        targets = [order.price for order in orders.targets if order.intent.side is away]
        return (
            (max(stops) if long else min(stops)) if stops else None,
            (min(targets) if long else max(targets)) if targets else None,
        )
