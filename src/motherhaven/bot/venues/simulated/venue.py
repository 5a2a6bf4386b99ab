"""The simulated venue as an adapter of the port: a paper account, called in step."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.commands import CancelOrders, Command
from motherhaven.bot.execution.identity import VenueHealth
from motherhaven.bot.execution.orders import OpenOrder, OrderStatus, Outcome
from motherhaven.bot.execution.port import Capabilities, Held, VenueEvent
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import Bar, FeeRates, Level, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FundingPayment,
    MarginMode,
    MarginTransfer,
    Side,
    Trade,
)
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.contract.errors import ExchangeError

CAPABILITIES: Final = Capabilities(
    outlives_process=False, books=True, isolated=True, native_stops=True, tpsl_grouping=True
)


class SimulatedVenue:
    """A `Venue` over a `PaperEngine`, and its own `Stepped`. Never waits, moves no money."""

    name = "paper"
    capabilities = CAPABILITIES

    def __init__(self, engine: PaperEngine) -> None:
        self.engine = engine
        self.passes = engine.passes
        self.calm = engine.calm
        self.marks: Mapping[str, Decimal] = engine.ledger.marks
        self._waiting: list[VenueEvent] = []

    @property
    def stepped(self) -> "SimulatedVenue":
        """Itself: it sees the market through the core."""
        return self

    # --- the market comes in ------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The market's time here."""
        return self.engine.now

    @now.setter
    def now(self, time: datetime) -> None:
        self.engine.now = time

    def sizes(self) -> Mapping[str, Decimal]:
        """The signed size of each open position."""
        return {coin: holding.size for coin, holding in self.engine.ledger.holdings.items()}

    def held(self, coin: str) -> Held | None:
        """The open position in a coin."""
        return self.engine.ledger.holdings.get(coin)

    def mark(self, coin: str, price: Decimal) -> None:
        """Set a coin's mark; nothing happens at it."""
        self.engine.ledger.mark(coin, price)

    def on_bar(self, bar: Bar) -> None:
        """Let a closed bar happen."""
        happened = self.engine.on_bar(bar)
        if happened:
            self._happened(happened)

    def on_prices(self, prices: Prices) -> None:
        """Let polled prices happen."""
        happened = self.engine.on_prices(prices)
        if happened:
            self._happened(happened)

    def on_book(self, coin: str, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Give the order book, best first, that takers walk until the next prices."""
        self.engine.on_book(coin, bids, asks)

    def on_funding(self, coin: str, rate: Decimal, oracle: Decimal, time: datetime) -> None:
        """Book an hourly funding."""
        self._happened(self.engine.take_events())
        payment = self.engine.on_funding(coin, rate, oracle, time)
        if payment is not None:
            self._waiting.append(payment)

    def know(self, specs: Mapping[str, MarketSpec]) -> None:
        """Take the rules of coins that were not known before."""
        self.engine.ledger.know(specs)

    def move_cash(self, amount: Decimal, external_id: str | None) -> None:
        """Deposit (positive) or withdraw USD."""
        move = self.engine.deposit if amount > 0 else self.engine.withdraw
        move(abs(amount), external_id)

    def move_margin(self, coin: str, amount: Decimal) -> None:
        """Move USD into an isolated position's bucket, or out of it."""
        self.engine.update_isolated_margin(coin, amount)

    def liquidate(self, coin: str, price: Decimal) -> None:
        """Liquidate the coin's position as a fact."""
        self.engine.liquidate(coin, price)

    def resume(
        self,
        fills: Iterable[Fill],
        payments: Iterable[FundingPayment],
        moved: Iterable[CashFlow | MarginTransfer],
        leverages: Mapping[str, int],
    ) -> None:
        """Rebuild the account from the records of an earlier process."""
        self.engine.resume(fills, payments, moved, leverages)

    # --- commands -----------------------------------------------------------------------

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Carry out commands."""
        outcomes: list[Outcome] = []
        for command in commands:
            if isinstance(command, CancelOrders):
                outcomes += self.engine.cancel(command.cloids)
            else:
                outcomes += self.engine.place(command.intents, command.grouping)
        return outcomes

    def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set and read back leverage and mode."""
        return self.engine.set_leverage(coin, leverage, mode)

    def drain(self) -> list[VenueEvent]:
        """What happened since the last call; finished trades are the books' to find."""
        happened = self.engine.take_events()
        if happened:
            self._happened(happened)
        elif not self._waiting:
            return []
        events, self._waiting = self._waiting, []
        return events

    def _happened(self, events: Iterable[VenueEvent | Trade]) -> None:
        for event in events:
            if not isinstance(event, Trade):
                self._waiting.append(event)

    # --- questions ----------------------------------------------------------------------

    def account(self) -> AccountSnapshot:
        """The account as it stands here."""
        return self.engine.account()

    def positions(self) -> Mapping[str, Position]:
        """Open positions by coin."""
        return self.engine.account().positions

    def open_orders(self, coin: str | None = None) -> list[OpenOrder]:
        """What rests."""
        return self.engine.open_orders(coin)

    def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order."""
        return self.engine.order_by_cloid(cloid)

    def burn(self, cloid: str) -> bool:
        """Nothing is lost on the way to this venue."""
        raise ExchangeError(f"{cloid}: orders at this venue cannot be taken back on their way")

    def fills(self, since: datetime) -> list[Fill]:
        """Fills at or after `since`."""
        return self.engine.fills(since)

    def funding(self, since: datetime) -> list[FundingPayment]:
        """Funding at or after `since`."""
        return self.engine.funding(since)

    def cash_flows(self, since: datetime) -> list[CashFlow]:
        """Deposits and withdrawals at or after `since`."""
        return self.engine.cash_flows(since)

    def identity(self) -> None:
        """No real money, so nobody is behind it."""

    def health(self) -> VenueHealth:
        """Nothing to connect to."""
        return VenueHealth()

    def fees(self) -> FeeRates:
        """The configured fee rates."""
        return self.engine.config.fees

    def specs(self) -> Mapping[str, MarketSpec]:
        """The rules of the coins that it was given or has seen a price of."""
        return self.engine.ledger.specs

    def spec(self, coin: str) -> MarketSpec:
        """The rules of one coin; those of a coin that nobody told suit its first price."""
        return self.engine.ledger.spec(coin)

    def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """The last mark, mid and oracle of each coin; mid and oracle are the mark if untold."""
        engine, found = self.engine, {}
        marks, quoted = engine.ledger.marks, engine.quoted
        for coin in coins:
            mark = marks.get(coin)
            if mark is not None:
                known = quoted.get(coin)
                mid, oracle = (mark, mark) if known is None else (known.mid, known.oracle)
                found[coin] = Prices(coin, mark, mid, oracle, engine.now)
        return found

    def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """What a taker would pay on average now, by the book or the slippage model."""
        return self.engine.taker_price(coin, side, size)


def open_simulated(setup: VenueSetup) -> SimulatedVenue:
    """A venue with a new account; orders at the market fill at once, at the last price."""
    config = PaperConfig(setup.deposit, setup.fees, setup.slippage, next_open=False)
    return SimulatedVenue(PaperEngine(config, setup.now, setup.specs, setup.new_id))
