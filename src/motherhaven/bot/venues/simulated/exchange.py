"""The paper exchange with the face of a live one: thin, asynchronous, never blocking."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from motherhaven.bot.execution.orders import Grouping, OpenOrder, OrderIntent, OrderStatus, Outcome
from motherhaven.bot.market.instruments import Bar, FeeRates, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import Fill, FundingPayment, MarginMode
from motherhaven.bot.venues.simulated.engine import PaperEngine


class MarketData(Protocol):
    """Where the paper exchange's market data come from; the shell's feed implements it."""

    async def candles(self, coin: str, interval: timedelta, limit: int) -> Sequence[Bar]:
        """The newest closed candles, oldest first."""
        ...


class PaperExchange:
    """Implements `Exchange` over a `PaperEngine`.

    The shell feeds the engine (`engine.on_bar`, `on_prices`, `on_funding`) and takes its
    events; the verbs here answer from it at once. `now` gives the time of prices.
    """

    name = "paper"
    live = False

    def __init__(
        self,
        engine: PaperEngine,
        specs: Mapping[str, MarketSpec],
        data: MarketData,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.engine = engine
        self._specs = dict(specs)
        self._data = data
        self._now = now or (lambda: engine.now)

    async def markets(self) -> Mapping[str, MarketSpec]:
        """The rules of the coins that this exchange was given."""
        return dict(self._specs)

    async def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """The last marks, as mark, mid and oracle alike."""
        marks = self.engine.ledger.marks
        time = self._now()
        return {c: Prices(c, marks[c], marks[c], marks[c], time) for c in coins if c in marks}

    async def candles(self, coin: str, interval: timedelta, limit: int) -> Sequence[Bar]:
        """The newest closed candles of the feed."""
        return await self._data.candles(coin, interval, limit)

    async def account(self) -> AccountSnapshot:
        """The account as it stands."""
        return self.engine.account()

    async def positions(self) -> Mapping[str, Position]:
        """Open positions by coin."""
        return self.engine.account().positions

    async def open_orders(self) -> Sequence[OpenOrder]:
        """What rests."""
        return self.engine.open_orders()

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order."""
        return self.engine.order_by_cloid(cloid)

    async def fills(self, since: datetime) -> Sequence[Fill]:
        """Fills at or after `since`."""
        return self.engine.fills(since)

    async def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """Funding at or after `since`."""
        return self.engine.funding(since)

    async def fees(self) -> FeeRates:
        """The configured fee rates."""
        return self.engine.config.fees

    async def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set and read back leverage and mode."""
        return self.engine.set_leverage(coin, leverage, mode)

    async def place(
        self, intents: Sequence[OrderIntent], grouping: Grouping = Grouping.NA
    ) -> Sequence[Outcome]:
        """Take orders."""
        return self.engine.place(intents, grouping)

    async def cancel(self, cloids: Sequence[str]) -> Sequence[Outcome]:
        """Cancel resting orders."""
        return self.engine.cancel(cloids)

    async def cancel_all(self, coin: str | None = None) -> Sequence[Outcome]:
        """Cancel all."""
        return self.engine.cancel_all(coin)

    async def close_all(self) -> Sequence[Outcome]:
        """Flatten."""
        return self.engine.close_all()
