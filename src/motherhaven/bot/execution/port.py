"""The one Exchange protocol: paper and every live venue implement it alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from motherhaven.bot.execution.orders import Grouping, OpenOrder, OrderIntent, OrderStatus, Outcome
from motherhaven.bot.market.instruments import Bar, FeeRates, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import Fill, FundingPayment, MarginMode


class Exchange(Protocol):
    """A venue for perpetual futures. Coins are normalised ("BTC"), numbers Decimal.

    Reads raise ExchangeError when the venue does not answer; an empty result always
    means "nothing there", never "not known". `place` and the cancels never raise for a
    single order: they return one Outcome per intent, in order. An Unknown outcome is
    asked about with `order_by_cloid` and never sent again blindly. A cloid that was
    used before changes nothing and gives the first outcome again.
    """

    @property
    def name(self) -> str:
        """The venue's name, e.g. "paper"."""
        ...

    @property
    def live(self) -> bool:
        """Whether real money moves."""
        ...

    async def markets(self) -> Mapping[str, MarketSpec]:
        """The markets' rules by coin."""
        ...

    async def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """Mark, mid and oracle of each coin that the venue knows."""
        ...

    async def candles(self, coin: str, interval: timedelta, limit: int) -> Sequence[Bar]:
        """The newest closed candles, oldest first; an open candle is left out."""
        ...

    async def account(self) -> AccountSnapshot:
        """The account as the venue has it."""
        ...

    async def positions(self) -> Mapping[str, Position]:
        """Open positions by coin."""
        ...

    async def open_orders(self) -> Sequence[OpenOrder]:
        """Resting orders, triggers included."""
        ...

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order; None when the venue never had it."""
        ...

    async def fills(self, since: datetime) -> Sequence[Fill]:
        """Fills at or after `since`, oldest first."""
        ...

    async def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """Funding payments at or after `since`, oldest first."""
        ...

    async def fees(self) -> FeeRates:
        """The account's own fee rates."""
        ...

    async def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set leverage and mode and return them as read back.

        Raises:
            OrderRejected: beyond the coin's maximum, or the mode changes while a position is open.
        """
        ...

    async def place(
        self, intents: Sequence[OrderIntent], grouping: Grouping = Grouping.NA
    ) -> Sequence[Outcome]:
        """Send orders; with NORMAL_TPSL the first is the parent of the rest."""
        ...

    async def cancel(self, cloids: Sequence[str]) -> Sequence[Outcome]:
        """Cancel resting orders."""
        ...

    async def cancel_all(self, coin: str | None = None) -> Sequence[Outcome]:
        """Cancel every resting order, of one coin or of all."""
        ...

    async def close_all(self) -> Sequence[Outcome]:
        """Cancel everything that rests and close every position at the market."""
        ...
