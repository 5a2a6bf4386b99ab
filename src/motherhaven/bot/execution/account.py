"""An account at a venue with the bot's own books beside it.

Commands go out through here and events come back in; the books are a fold of the events.
What the venue says of itself is asked at the venue (`venue`), what the bot counts by is
read from the books (`ledger`, `snapshot`): they must agree, and `replay` asserts it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Final

from motherhaven.bot.execution.access import SendGate, closed
from motherhaven.bot.execution.arrivals import Arrivals
from motherhaven.bot.execution.commands import Command, PlaceOrders
from motherhaven.bot.execution.orders import Accepted, OrderClosed, OrderState, Outcome, Rejected
from motherhaven.bot.execution.own_orders import OwnOrders
from motherhaven.bot.execution.port import Held, Venue, VenueEvent
from motherhaven.bot.execution.resolve import Inquiries
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.execution.synthetic import MADE_UP
from motherhaven.bot.market.instruments import Bar, FeeRates, Level, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FundingPayment,
    MarginMode,
    MarginTransfer,
    Trade,
)
from motherhaven.bot.portfolio.holding import Exits, Holding
from motherhaven.bot.portfolio.ledger import NO_LEVERAGES
from motherhaven.bot.portfolio.own_books import BookEvent, OwnBooks
from motherhaven.contract.errors import ExchangeError, OrderRejected

OPENING: Final = "opening"
"""The external id of the cash flow that carries new books to what a live account holds."""

IDENTITY_CODES: Final = frozenset({"venue_signer"})
"""Refusals after which it is asked again who the account is."""

AccountEvent = BookEvent | OrderClosed
"""What became known, in order: as the books completed it, or an order that ended."""


@dataclass(slots=True)
class WantedExits:
    """Where a position's stop and target belong, in USD; a stop of None is held openly without.

    `decision_id` names who wanted them so.
    """

    stop: Decimal | None
    target: Decimal | None
    decision_id: str | None = None


class VenueAccount:
    """One account: a venue, the books that follow it, and our own orders there."""

    def __init__(
        self,
        venue: Venue,
        now: datetime,
        new_id: Callable[[], str],
        specs: Mapping[str, MarketSpec],
        *,
        deposit: Decimal,
        fees: FeeRates,
    ) -> None:
        """Books that begin with `deposit` USD; `fees` are the rates before the venue's own."""
        self.venue = venue
        self.gate: SendGate = closed if venue.capabilities.real_money else _open
        """Asked right before each order is sent; real money waits for one that opens it."""
        self.signer_refused = False
        """Whether the venue has refused an order for what the signer or the account is."""
        self.inquiries = Inquiries(venue)
        self.arrivals = Arrivals()
        self.opened_at: datetime | None = None
        """When the books were carried to what a live account holds, by the venue's own clock.

        Fills, funding and money up to then are in that, whenever the venue lists them.
        """
        self.wanted: dict[str, WantedExits] = {}
        """By coin: from what was decided, so that a stop that is lost can be placed again."""
        self.asked: dict[str, WantedExits] = {}
        """By decision: where exits belong of entries that may have filled unheard."""
        self._untold: list[AccountEvent] = []
        self.stepped = venue.stepped
        self.now = now
        self.clock: Callable[[], datetime] = lambda: self.now
        """The time in which a venue counts; `now` is the market's, which bars may set back."""
        self.ledger = OwnBooks(fees, new_id, specs)
        self.ledger.deposit(deposit)
        self.orders = OwnOrders(plans_only=not venue.capabilities.outlives_process)
        self.passes = self.stepped.passes if self.stepped is not None else lambda _: False
        """Let a bar happen at the venue that reaches nothing; then `mark` it."""

    # --- the market comes in ------------------------------------------------------------

    def bar(self, bar: Bar) -> list[AccountEvent]:
        """Let a closed bar happen; its close is the mark. Returns all that is new."""
        if self.stepped is not None:
            self.stepped.on_bar(bar)
        self.now = bar.end
        return self._seen(bar.coin, bar.close)

    def prices(self, prices: Prices) -> list[AccountEvent]:
        """Let polled prices happen. Returns all that is new."""
        if self.stepped is not None:
            self.stepped.on_prices(prices)
        self.now = prices.time
        return self._seen(prices.coin, prices.mark)

    def book(self, coin: str, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Give a simulated venue the order book that takers walk."""
        if self.stepped is not None:
            self.stepped.on_book(coin, bids, asks)

    def funding(
        self, coin: str, rate: Decimal, oracle: Decimal, time: datetime
    ) -> list[AccountEvent]:
        """Let an hourly funding happen at a simulated venue. Returns all that is new."""
        if self.stepped is not None:
            self.stepped.on_funding(coin, rate, oracle, time)
        return self.take()

    def at(self, now: datetime) -> None:
        """The market's time has come to `now`, and nothing else happened."""
        self.now = now
        if self.stepped is not None:
            self.stepped.now = now

    def mark(self, coin: str, price: Decimal) -> None:
        """Set a coin's mark in USD at which nothing happens: the past, shown to a new bot."""
        self.ledger.marks[coin] = price
        if self.stepped is not None:
            self.stepped.mark(coin, price)

    def know(self, specs: Mapping[str, MarketSpec]) -> None:
        """Take the rules of coins that were not known before."""
        self.ledger.know(specs)
        if self.stepped is not None:
            self.stepped.know(specs)

    # --- commands go out, events come in ------------------------------------------------

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Carry out commands at the venue; `take` then tells what came of them."""
        outcomes = self.venue.submit(commands)
        for one in outcomes:
            if isinstance(one, Rejected) and one.code in IDENTITY_CODES:
                self.signer_refused = True
        answers = iter(outcomes)
        for command in commands:
            if isinstance(command, PlaceOrders):
                self.orders.answered(islice(answers, len(command.intents)))
            else:
                self._cancelled(islice(answers, len(command.cloids)))
        return outcomes

    def _cancelled(self, answers: Iterable[Outcome]) -> None:
        """What a cancel brought: told by the order's end, or at a venue of its own by this."""
        if self.stepped is not None:
            deque(answers, maxlen=0)
            return
        for outcome in answers:
            record = self.orders.find(outcome.cloid)
            if record is None or record.ended:
                continue
            if isinstance(outcome, Accepted):
                done, why = OrderState.CANCELED, "canceled on request"
                self.orders.closed(
                    OrderClosed(record.cloid, record.coin, record.kind, done, why, self.now)
                )
            elif isinstance(outcome, Rejected):  # it is gone already: which way?
                self.look_up(record)

    def gone(self, record: OrderRecord) -> None:
        """An order of ours that the venue has neither at rest nor among what it remembers."""
        why = "it is missing at the venue, and nothing of it filled"
        self.orders.closed(
            OrderClosed(record.cloid, record.coin, record.kind, OrderState.CANCELED, why, self.now)
        )

    def look_up(self, record: OrderRecord) -> bool:
        """Ask what became of an order that is thought to rest; whether the venue knew it."""
        try:
            status = self.venue.order_by_cloid(record.cloid)
        except ExchangeError:
            return True  # nobody knows: it stays as it is
        if status is not None:
            self.orders.looked(status)
        return status is not None

    def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set leverage and mode and return what the venue has now; the books follow that.

        Where an isolated position's margin moved with it, `take` brings that.

        Raises:
            OrderRejected, ExchangeError: as `Venue.set_leverage`.
        """
        refused = self.gate(False)
        if refused is not None:
            raise OrderRejected(refused)
        setting = self.venue.set_leverage(coin, leverage, mode)
        self.ledger.follow_leverage(coin, setting.leverage)
        return setting

    def move_cash(
        self, amount: Decimal, now: datetime, external_id: str | None = None
    ) -> list[AccountEvent]:
        """Deposit (positive) or withdraw USD at a simulated venue. Returns all that is new.

        Raises:
            OrderRejected: more than may be taken out, or the venue moves real money.
        """
        if self.stepped is None:
            raise OrderRejected(
                f"{self.venue.name}: the bot moves no money there; do it at the venue, and the "
                "bot sees it"
            )
        self.at(now)
        self.stepped.move_cash(amount, external_id)
        return self.take()

    def take(self) -> list[AccountEvent]:
        """What is new at the venue, folded into the books and into our orders."""
        drained, untold = self.venue.drain(), self._untold
        if not drained and not untold:
            return []
        self._untold = []
        return untold + self.fold(drained if self.stepped is not None else self._new(drained))

    @contextmanager
    def kept(self, events: list[AccountEvent]) -> Iterator[None]:
        """What was folded in vain, because the work fails, is told by the next `take` again."""
        try:
            yield
        except BaseException:
            self.untell(events)
            raise

    def untell(self, events: list[AccountEvent]) -> None:
        """Have the next `take` tell these again: nobody put them on record."""
        self._untold[:0] = events

    def adopt(self, told: Iterable[VenueEvent]) -> list[AccountEvent]:
        """Fold what an answer of the venue tells; what the books have already changes nothing."""
        return self.fold(self._new(told))

    def fold(self, told: Iterable[VenueEvent]) -> list[AccountEvent]:
        """Fold events into the books and into our orders; returns them completed."""
        events: list[AccountEvent] = []
        ledger, stepped = self.ledger, self.stepped
        for event in told:
            if isinstance(event, OrderClosed):
                self.orders.closed(event)
                events.append(event)
                continue
            if isinstance(event, Fill) and event.coin not in ledger.specs:
                ledger.know({event.coin: self.venue.spec(event.coin)})
            booked = ledger.apply(event)
            for one in booked:
                if isinstance(one, Fill):
                    self.orders.filled(one)
                    if stepped is not None:  # count by the mark that the venue counts by
                        ledger.marks[one.coin] = stepped.marks.get(one.coin, one.price)
                    if self.asked:
                        self._wants(one)
                elif isinstance(one, Trade):
                    self.wanted.pop(one.coin, None)
                elif isinstance(one, CashFlow) and one.external_id == OPENING:
                    self.opened_at = one.time
            events += booked
        return events

    def _wants(self, fill: Fill) -> None:
        """The first fill of an entry that was not known to have filled: now its exits count."""
        decision_id = self.orders.decision_of(fill.cloid)
        if decision_id in self.asked and fill.reason is FillReason.ENTRY:
            self.wanted[fill.coin] = self.asked.pop(decision_id)

    def _new(self, told: Iterable[VenueEvent]) -> Iterator[VenueEvent]:
        """What of it is new; one by one, for each is folded before the next is looked at."""
        for event in told:
            if self._is_opened_with(event):
                continue
            if isinstance(event, Fill):
                held = {coin: one.size for coin, one in self.ledger.holdings.items()}
                yield from self.arrivals.fill(event, self.orders, held)
            elif not isinstance(event, FundingPayment) or self.arrivals.payment(event):
                yield event

    def _is_opened_with(self, event: VenueEvent) -> bool:
        """Whether the opening balance has it: money before there is one, all before its time."""
        if isinstance(event, OrderClosed | MarginTransfer):
            return False
        if isinstance(event, CashFlow) and self.opened_at is None:
            return self.venue.capabilities.real_money and event.external_id != OPENING
        if isinstance(event, Fill) and (
            self.orders.find(event.cloid) or (event.external_id or "").startswith(MADE_UP)
        ):
            return False
        return self.opened_at is not None and event.time < self.opened_at

    def resume(
        self,
        fills: Iterable[Fill],
        payments: Iterable[FundingPayment],
        moved: Iterable[CashFlow | MarginTransfer] = (),
        leverages: Mapping[str, int] = NO_LEVERAGES,
    ) -> list[Trade]:
        """Take over an earlier run's records; returns the trades that they make up.

        `leverages` are those of its cross positions, by position id.
        """
        fills, payments, moved = list(fills), list(payments), list(moved)
        if self.stepped is not None:
            self.stepped.resume(fills, payments, moved, leverages)
        else:
            self.arrivals.know(fills, payments)
        for one in moved:
            if isinstance(one, CashFlow) and one.external_id == OPENING:
                self.opened_at = one.time
        unknown = {fill.coin for fill in fills}.difference(self.ledger.specs)
        if unknown:
            self.ledger.know({coin: self.venue.spec(coin) for coin in unknown})
        return self.ledger.resume(fills, payments, moved, leverages)

    # --- questions ----------------------------------------------------------------------

    def spec(self, coin: str) -> MarketSpec:
        """The venue's rules of a market; it is asked only about one that is not known yet."""
        known = self.ledger.specs.get(coin)
        return self.venue.spec(coin) if known is None else known

    def sizes(self) -> Mapping[str, Decimal]:
        """The signed size of each position that the venue has.

        Raises:
            ExchangeError: it does not answer.
        """
        if self.stepped is not None:
            return self.stepped.sizes()
        return {coin: held.size for coin, held in self.venue.positions().items()}

    def held(self, coin: str) -> Held | None:
        """The position that the venue has in a coin.

        Raises:
            ExchangeError: it does not answer.
        """
        if self.stepped is not None:
            return self.stepped.held(coin)
        return self.venue.positions().get(coin)

    @property
    def exempt(self) -> frozenset[str]:
        """Coins whose position is held openly without a stop, as the baselines do."""
        return frozenset(coin for coin, one in self.wanted.items() if one.stop is None)

    @property
    def bare(self) -> frozenset[str]:
        """Coins whose position should have a stop, and by our own orders none covers it."""
        held, wanted = self.ledger.holdings, self.wanted
        return frozenset(
            coin
            for coin, one in held.items()
            if coin in wanted
            and wanted[coin].stop is not None
            and not self.orders.covers(coin, one.size)
        )

    def snapshot(self) -> AccountSnapshot:
        """The account by our own books, each position with its nearest stop and target."""
        return self.ledger.snapshot(self.now, self._exits)

    def _seen(self, coin: str, mark: Decimal) -> list[AccountEvent]:
        """Fold what a price brought; `mark` is the coin's, unless the venue has its own."""
        events, marks = self.take(), self.ledger.marks
        marks[coin] = mark if self.stepped is None else self.stepped.marks.get(coin, mark)
        return events

    def _exits(self, holding: Holding) -> Exits:
        return self.orders.exits(holding.coin, long=holding.size > 0)


def _open(_reduces: bool, /) -> str | None:
    """The gate of an account in which no real money is."""
    return None
