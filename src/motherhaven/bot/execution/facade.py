"""A synchronous venue with the face of an asynchronous one; it never waits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.execution.commands import Command
from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.orders import OpenOrder, OrderStatus, Outcome
from motherhaven.bot.execution.port import Capabilities, Venue, VenueEvent
from motherhaven.bot.market.instruments import FeeRates, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import CashFlow, Fill, FundingPayment, MarginMode, Side


class AsyncFacade:
    """Implements `AsyncVenue` over any `Venue`: what a live adapter looks like, without a wire."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    @property
    def name(self) -> str:
        """The venue's name."""
        return self._venue.name

    @property
    def capabilities(self) -> Capabilities:
        """The venue's capabilities."""
        return self._venue.capabilities

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Carry out commands."""
        return self._venue.submit(commands)

    async def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set and read back leverage and mode."""
        return self._venue.set_leverage(coin, leverage, mode)

    async def drain(self) -> list[VenueEvent]:
        """What happened since the last call."""
        return self._venue.drain()

    async def account(self) -> AccountSnapshot:
        """The account."""
        return self._venue.account()

    async def positions(self) -> Mapping[str, Position]:
        """Open positions by coin."""
        return self._venue.positions()

    async def open_orders(self, coin: str | None = None) -> Sequence[OpenOrder]:
        """What rests."""
        return self._venue.open_orders(coin)

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order."""
        return self._venue.order_by_cloid(cloid)

    async def burn(self, cloid: str) -> bool:
        """Make sure that a lost order never lands."""
        return self._venue.burn(cloid)

    async def fills(self, since: datetime) -> Sequence[Fill]:
        """Fills at or after `since`."""
        return self._venue.fills(since)

    async def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """Funding at or after `since`."""
        return self._venue.funding(since)

    async def cash_flows(self, since: datetime) -> Sequence[CashFlow]:
        """Deposits, withdrawals and transfers at or after `since`."""
        return self._venue.cash_flows(since)

    async def identity(self) -> AccountIdentity | None:
        """The account as the venue has it."""
        return self._venue.identity()

    def health(self) -> VenueHealth:
        """How the connection stands."""
        return self._venue.health()

    async def fees(self) -> FeeRates:
        """The account's fee rates."""
        return self._venue.fees()

    async def specs(self) -> Mapping[str, MarketSpec]:
        """The rules of the markets."""
        return self._venue.specs()

    async def spec(self, coin: str) -> MarketSpec:
        """The rules of one market."""
        return self._venue.spec(coin)

    async def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """Mark, mid and oracle by coin."""
        return self._venue.prices(coins)

    async def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """What a taker would pay on average now."""
        return self._venue.taker_price(coin, side, size)
