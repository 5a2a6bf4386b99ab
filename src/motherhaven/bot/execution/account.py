"""An account at a venue with the bot's own books beside it.

Commands go out through here and events come back in; the books are a fold of the events.
What the venue says of itself is asked at the venue (`venue`), what the bot counts by is
read from the books (`ledger`, `snapshot`): they must agree, and `replay` asserts it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice

from motherhaven.bot.execution.commands import Command, PlaceOrders
from motherhaven.bot.execution.orders import OrderClosed, Outcome
from motherhaven.bot.execution.own_orders import OwnOrders
from motherhaven.bot.execution.port import Venue
from motherhaven.bot.market.instruments import Bar, FeeRates, Level, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting
from motherhaven.bot.portfolio.events import Fill, FundingPayment, MarginMode, Trade
from motherhaven.bot.portfolio.holding import Exits, Holding
from motherhaven.bot.portfolio.own_books import BookEvent, OwnBooks

AccountEvent = BookEvent | OrderClosed
"""What became known, in order: as the books completed it, or an order that ended."""


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
        self.stepped = venue.stepped
        self.now = now
        self.ledger = OwnBooks(fees, new_id, specs)
        self.ledger.deposit(deposit)
        self.orders = OwnOrders(plans_only=not venue.capabilities.outlives_process)
        self.passes = self.stepped.passes if self.stepped is not None else _passes_nothing
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
        answers = iter(outcomes)
        for command in commands:
            if isinstance(command, PlaceOrders):
                self.orders.answered(islice(answers, len(command.intents)))
            else:  # what a cancel brought is told by the order's end
                deque(islice(answers, len(command.cloids)), maxlen=0)
        return outcomes

    def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set leverage and mode and return what the venue has now; the books follow that.

        Raises:
            OrderRejected, ExchangeError: as `Venue.set_leverage`.
        """
        setting = self.venue.set_leverage(coin, leverage, mode)
        self.ledger.set_leverage(coin, setting.leverage)
        return setting

    def take(self) -> list[AccountEvent]:
        """What is new at the venue, folded into the books and into our orders."""
        drained = self.venue.drain()
        if not drained:
            return []
        events: list[AccountEvent] = []
        for event in drained:
            if isinstance(event, OrderClosed):
                self.orders.closed(event)
                events.append(event)
                continue
            if isinstance(event, Fill) and event.coin not in self.ledger.specs:
                self.ledger.know({event.coin: self.venue.spec(event.coin)})
            booked = self.ledger.apply(event)
            for one in booked:
                if isinstance(one, Fill):
                    self.orders.filled(one)
                    self._mark(one.coin)
            events += booked
        return events

    def resume(self, fills: Iterable[Fill], payments: Iterable[FundingPayment]) -> list[Trade]:
        """Take over an earlier run's records; returns the trades that they make up."""
        fills, payments = list(fills), list(payments)
        if self.stepped is not None:
            self.stepped.resume(fills, payments)
        unknown = {fill.coin for fill in fills}.difference(self.ledger.specs)
        if unknown:
            self.ledger.know({coin: self.venue.spec(coin) for coin in unknown})
        return self.ledger.resume(fills, payments)

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

    def snapshot(self) -> AccountSnapshot:
        """The account by our own books, each position with its nearest stop and target."""
        return self.ledger.snapshot(self.now, self._exits)

    def _seen(self, coin: str, mark: Decimal) -> list[AccountEvent]:
        """Fold what a price brought; `mark` is the coin's, unless the venue has its own."""
        events = self.take()
        self.ledger.marks[coin] = mark
        self._mark(coin)
        return events

    def _mark(self, coin: str) -> None:
        """Count by the mark that the venue counts by."""
        if self.stepped is not None and coin in self.stepped.marks:
            self.ledger.marks[coin] = self.stepped.marks[coin]

    def _exits(self, holding: Holding) -> Exits:
        return self.orders.exits(holding.coin, long=holding.size > 0)


def _passes_nothing(_: Bar, /) -> bool:
    return False
