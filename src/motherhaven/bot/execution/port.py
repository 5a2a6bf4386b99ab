"""The port to a venue: commands go out, events come in, questions are answered.

`Venue` is what the core calls, synchronously: a simulated venue is called in step, without
an event loop. `AsyncVenue` has the same verbs for a client that waits for a network;
`running/bridge.py` drives one for the core. A venue says what it can do in `Capabilities`;
nothing asks for its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from motherhaven.bot.execution.commands import Command
from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.orders import OpenOrder, OrderClosed, OrderStatus, Outcome
from motherhaven.bot.market.instruments import Bar, FeeRates, Level, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FundingPayment,
    MarginMode,
    MarginTransfer,
    Side,
)
from motherhaven.bot.portfolio.own_books import MoneyEvent

VenueEvent = MoneyEvent | OrderClosed
"""What a venue tells: past, in order, each once. A liquidation is a fill with that reason.

A fill that has a number (`seq`) is complete: it says what the venue bore of its loss, and a
Shortfall follows it. Another leverage of an isolated position is a MarginTransfer, even of 0.
"""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a venue can do; the default is the least.

    `real_money`: entries need an armed bot. `outlives_process`: its orders go on when this
    process ends, so each is on disk before it is sent. `books`: a taker walks a real order
    book. `isolated`: a position can have margin of its own. `native_stops`: stops rest at the
    venue. `tpsl_grouping`: an entry travels with its stop and target in one call. `resends`: it
    is a Resender. `burns`: an order whose answer was lost, or at least one that never left, can
    be made never to land.
    """

    real_money: bool = False
    outlives_process: bool = True
    books: bool = False
    isolated: bool = False
    native_stops: bool = False
    tpsl_grouping: bool = False
    burns: bool = False
    resends: bool = False


class Resender(Protocol):
    """A venue that takes the very bytes of an order again, at most once in all."""

    def resend(self, cloid: str) -> Outcome:
        """Send a lost order again; Unknown where it had arrived, or nothing is known.

        Raises:
            OrderRejected: nothing was sent, for instance because its time has passed.
            ExchangeError: the venue does not answer.
        """
        ...


class PriceRange(Protocol):
    """Prices in USD strictly between which nothing happens in a coin."""

    @property
    def low(self) -> Decimal:
        """The price from which on downwards something may happen."""
        ...

    @property
    def high(self) -> Decimal:
        """The price from which on upwards something may happen."""
        ...


class Held(Protocol):
    """What of a position does not follow from its mark: signed size, entry in USD, leverage."""

    @property
    def size(self) -> Decimal:
        """In coin."""
        ...

    @property
    def entry(self) -> Decimal:
        """In USD."""
        ...

    @property
    def leverage(self) -> int:
        """As it is set."""
        ...


class Stepped(Protocol):
    """The inside of a venue that lives in this process and sees the market through the core.

    Whatever happens at it waits in `drain`.
    """

    now: datetime
    """The market's time at the venue."""

    @property
    def marks(self) -> Mapping[str, Decimal]:
        """Its marks in USD, as they stand."""
        ...

    def sizes(self) -> Mapping[str, Decimal]:
        """The signed size of each open position."""
        ...

    def held(self, coin: str) -> Held | None:
        """The open position in a coin, without what follows from its mark."""
        ...

    def passes(self, bar: Bar, /) -> bool:
        """Let a closed bar happen that reaches nothing; False, and nothing done, if it may."""
        ...

    def calm(self, coin: str, /) -> PriceRange:
        """The prices between which nothing happens, until an order, a fill or funding."""
        ...

    def mark(self, coin: str, price: Decimal) -> None:
        """Set a coin's mark in USD; nothing happens at it."""
        ...

    def on_bar(self, bar: Bar) -> None:
        """Let a closed bar happen."""
        ...

    def on_prices(self, prices: Prices) -> None:
        """Let polled prices happen."""
        ...

    def on_book(self, coin: str, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Give the order book, best first, that takers walk until the next prices."""
        ...

    def on_funding(self, coin: str, rate: Decimal, oracle: Decimal, time: datetime) -> None:
        """Let an hourly funding happen; nothing without a position."""
        ...

    def know(self, specs: Mapping[str, MarketSpec]) -> None:
        """Take the rules of coins that were not known before."""
        ...

    def move_cash(self, amount: Decimal, external_id: str | None) -> None:
        """Deposit (positive) or withdraw USD; nothing where the external id is known.

        Raises:
            OrderRejected: more than may be taken out, or nothing.
        """
        ...

    def move_margin(self, coin: str, amount: Decimal) -> None:
        """Move USD into an isolated position's bucket (negative: out of it).

        Raises:
            OrderRejected: there is no isolated position, or the margin does not suffice.
        """
        ...

    def liquidate(self, coin: str, price: Decimal) -> None:
        """Liquidate the coin's position at `price` in USD, whatever its margin says.

        Raises:
            KeyError: no position is open in the coin.
        """
        ...

    def resume(
        self,
        fills: Iterable[Fill],
        payments: Iterable[FundingPayment],
        moved: Iterable[CashFlow | MarginTransfer],
        leverages: Mapping[str, int],
    ) -> None:
        """Take back the account of an earlier process, whose records these are.

        `leverages` are those of its cross positions, by position id.
        """
        ...


@runtime_checkable
class Venue(Protocol):
    """A venue for perpetual futures. Coins are normalised ("BTC"), numbers Decimal.

    Questions raise ExchangeError when the venue does not answer; an empty result always
    means "nothing there", never "not known". `submit` never raises for a single order: it
    returns one Outcome an order, in order. An Unknown outcome is asked about with
    `order_by_cloid` and never sent again. A cloid that was used before changes nothing and
    gives the first outcome again.
    """

    @property
    def name(self) -> str:
        """What is shown to people."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; the same for as long as it lives."""
        ...

    @property
    def stepped(self) -> Stepped | None:
        """Its inside, where the core lets the market happen at it; None where it does itself."""
        ...

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Carry out commands; one outcome an order, in order."""
        ...

    def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set leverage and mode and return them as read back.

        Raises:
            OrderRejected: beyond the coin's maximum, or the mode changes while a position is open.
            ExchangeError: it is not known whether it was set.
        """
        ...

    def drain(self) -> list[VenueEvent]:
        """What happened since the last call, in order; each event is given once."""
        ...

    def account(self) -> AccountSnapshot:
        """The account as the venue has it."""
        ...

    def positions(self) -> Mapping[str, Position]:
        """Open positions by coin."""
        ...

    def open_orders(self, coin: str | None = None) -> Sequence[OpenOrder]:
        """Resting orders of one coin or of all, triggers included, ours and others'."""
        ...

    def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order; None when the venue never had it."""
        ...

    def burn(self, cloid: str) -> bool:
        """Make sure that an order whose answer was lost never lands, where `burns` says so.

        True: it never will. False: it had arrived before, whatever became of it.

        Raises:
            ExchangeError: neither is known.
        """
        ...

    def fills(self, since: datetime) -> Sequence[Fill]:
        """Fills at or after `since`, oldest first."""
        ...

    def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """Funding payments at or after `since`, oldest first."""
        ...

    def cash_flows(self, since: datetime) -> Sequence[CashFlow]:
        """Deposits, withdrawals and transfers at or after `since`, oldest first."""
        ...

    def identity(self) -> AccountIdentity | None:
        """The account, its mode and its signer as the venue has them; None without real money."""
        ...

    def health(self) -> VenueHealth:
        """How the connection stands, without asking anything of the venue."""
        ...

    def fees(self) -> FeeRates:
        """The account's own fee rates."""
        ...

    def specs(self) -> Mapping[str, MarketSpec]:
        """The rules of the markets that it knows, by coin."""
        ...

    def spec(self, coin: str) -> MarketSpec:
        """The rules of one market.

        Raises:
            ExchangeError: no such market here.
        """
        ...

    def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """Mark, mid and oracle of each coin that has a price."""
        ...

    def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """About what a taker of the unsigned `size` would pay on average now, in USD.

        Raises:
            NoPrice: the coin has no price, or nobody stands on the other side.
        """
        ...


class AsyncVenue(Protocol):
    """The verbs of `Venue` for a client that waits; their meaning is the same."""

    @property
    def name(self) -> str:
        """What is shown to people."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """See `Venue.submit`."""
        ...

    async def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """See `Venue.set_leverage`."""
        ...

    async def drain(self) -> list[VenueEvent]:
        """See `Venue.drain`; takes what is there without waiting for more."""
        ...

    async def account(self) -> AccountSnapshot:
        """See `Venue.account`."""
        ...

    async def positions(self) -> Mapping[str, Position]:
        """See `Venue.positions`."""
        ...

    async def open_orders(self, coin: str | None = None) -> Sequence[OpenOrder]:
        """See `Venue.open_orders`."""
        ...

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """See `Venue.order_by_cloid`."""
        ...

    async def burn(self, cloid: str) -> bool:
        """See `Venue.burn`."""
        ...

    async def fills(self, since: datetime) -> Sequence[Fill]:
        """See `Venue.fills`."""
        ...

    async def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """See `Venue.funding`."""
        ...

    async def cash_flows(self, since: datetime) -> Sequence[CashFlow]:
        """See `Venue.cash_flows`."""
        ...

    async def identity(self) -> AccountIdentity | None:
        """See `Venue.identity`."""
        ...

    def health(self) -> VenueHealth:
        """See `Venue.health`; it waits for nothing."""
        ...

    async def fees(self) -> FeeRates:
        """See `Venue.fees`."""
        ...

    async def specs(self) -> Mapping[str, MarketSpec]:
        """See `Venue.specs`."""
        ...

    async def spec(self, coin: str) -> MarketSpec:
        """See `Venue.spec`."""
        ...

    async def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """See `Venue.prices`."""
        ...

    async def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """See `Venue.taker_price`."""
        ...
