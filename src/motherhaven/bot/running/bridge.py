"""Drives an asynchronous venue for the synchronous core: one call at a time, each with an end.

The core runs in a thread of its own (`asyncio.to_thread`) while the venue's client runs on
the loop. What the client tells is pumped into a queue, on the loop, until the core drains
it, which never waits. An order whose answer does not come in time is Unknown; a question
then raises ExchangeError.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

from motherhaven.bot.execution.commands import CancelOrders, Command
from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.orders import OpenOrder, OrderStatus, Outcome, Unknown
from motherhaven.bot.execution.port import AsyncVenue, Capabilities, VenueEvent
from motherhaven.bot.market.instruments import FeeRates, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import CashFlow, Fill, FundingPayment, MarginMode, Side
from motherhaven.contract.errors import ExchangeError

T = TypeVar("T")
ANSWER_SECONDS: Final = 15.0
"""How long a call may take in all; an adapter's own deadlines are shorter."""


class VenueBridge:
    """Implements `Venue` over an `AsyncVenue` that lives on `loop`.

    Its verbs block, `drain` excepted, so they must be called from another thread than the
    loop's. They are serial: one is under way at a time, in the order of the calls.
    """

    stepped = None

    def __init__(
        self, venue: AsyncVenue, loop: asyncio.AbstractEventLoop, seconds: float = ANSWER_SECONDS
    ) -> None:
        self._venue = venue
        self._loop = loop
        self._seconds = seconds
        self._serial = threading.Lock()
        self._told: deque[VenueEvent] = deque()

    @property
    def name(self) -> str:
        """The venue's name."""
        return self._venue.name

    @property
    def capabilities(self) -> Capabilities:
        """The venue's capabilities."""
        return self._venue.capabilities

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Carry out commands; Unknown for each order when no answer came."""
        try:
            return self._call(self._submit(commands))
        except ExchangeError as error:
            return [Unknown(cloid, str(error)) for cloid in _cloids(commands)]

    def resend(self, cloid: str) -> Outcome:
        """See `Resender`; only where the client's capabilities say so."""
        return self._call(self._resend(cloid))

    def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set and read back leverage and mode."""
        return self._call(self._set_leverage(coin, leverage, mode))

    def drain(self) -> list[VenueEvent]:
        """What was pumped since the last call; never waits."""
        told = []
        while self._told:
            told.append(self._told.popleft())
        return told

    async def pump(self) -> None:
        """Take over what the client has told, on its loop; nothing is lost if this is cancelled.

        Raises:
            ExchangeError: the client cannot say now.
        """
        self._told.extend(await self._venue.drain())

    async def close(self) -> None:
        """Let go of the client's connections and its lock, on its loop."""
        close = getattr(self._venue, "close", None)
        if close is not None:
            await close()

    async def _submit(self, commands: Sequence[Command]) -> list[Outcome]:
        outcomes = await self._venue.submit(commands)
        with suppress(ExchangeError):
            await self.pump()
        return outcomes

    async def _resend(self, cloid: str) -> Outcome:
        outcome: Outcome = await cast("Any", self._venue).resend(cloid)
        with suppress(ExchangeError):
            await self.pump()
        return outcome

    async def _set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        setting = await self._venue.set_leverage(coin, leverage, mode)
        with suppress(ExchangeError):  # the margin that an isolated position moved for it
            await self.pump()
        return setting

    def account(self) -> AccountSnapshot:
        """The account as the venue has it."""
        return self._call(self._venue.account())

    def positions(self) -> Mapping[str, Position]:
        """Open positions by coin."""
        return self._call(self._venue.positions())

    def open_orders(self, coin: str | None = None) -> Sequence[OpenOrder]:
        """What rests."""
        return self._call(self._venue.open_orders(coin))

    def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order."""
        return self._call(self._venue.order_by_cloid(cloid))

    def burn(self, cloid: str) -> bool:
        """Make sure that a lost order never lands."""
        return self._call(self._venue.burn(cloid))

    def fills(self, since: datetime) -> Sequence[Fill]:
        """Fills at or after `since`."""
        return self._call(self._venue.fills(since))

    def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """Funding at or after `since`."""
        return self._call(self._venue.funding(since))

    def cash_flows(self, since: datetime) -> Sequence[CashFlow]:
        """Deposits, withdrawals and transfers at or after `since`."""
        return self._call(self._venue.cash_flows(since))

    def identity(self) -> AccountIdentity | None:
        """The account as the venue has it."""
        return self._call(self._venue.identity())

    def health(self) -> VenueHealth:
        """How the connection stands; never waits."""
        return self._venue.health()

    def fees(self) -> FeeRates:
        """The account's fee rates."""
        return self._call(self._venue.fees())

    def specs(self) -> Mapping[str, MarketSpec]:
        """The rules of the markets."""
        return self._call(self._venue.specs())

    def spec(self, coin: str) -> MarketSpec:
        """The rules of one market."""
        return self._call(self._venue.spec(coin))

    def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """Mark, mid and oracle by coin."""
        return self._call(self._venue.prices(coins))

    def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """What a taker would pay on average now."""
        return self._call(self._venue.taker_price(coin, side, size))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """The answer to one call.

        Raises:
            ExchangeError: it did not come in time, or the loop has ended.
        """
        with self._serial:
            try:
                future = asyncio.run_coroutine_threadsafe(work, self._loop)
            except RuntimeError as error:
                work.close()
                raise ExchangeError(f"{self.name}: its client has ended; start the bot") from error
            try:
                return future.result(self._seconds)
            except TimeoutError as error:
                future.cancel()
                raise ExchangeError(
                    f"{self.name} did not answer within {self._seconds:g} s; it is asked again"
                ) from error


def _cloids(commands: Sequence[Command]) -> list[str]:
    return [
        cloid or ""
        for command in commands
        for cloid in (
            command.cloids
            if isinstance(command, CancelOrders)
            else tuple(intent.cloid for intent in command.intents)
        )
    ]
