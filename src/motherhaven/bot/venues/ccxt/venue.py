"""An exchange through ccxt as an adapter of the port. Nothing is sent before it is asked to."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.commands import CancelOrders, Command
from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.orders import OpenOrder, OrderStatus, Outcome
from motherhaven.bot.execution.port import AsyncVenue, Capabilities, VenueEvent
from motherhaven.bot.execution.slippage import walk_book
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import FeeRates, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import CashFlow, Fill, FundingPayment, MarginMode, Side
from motherhaven.bot.venues.ccxt.account import AccountReader, SeenPosition
from motherhaven.bot.venues.ccxt.find import OrderFinder
from motherhaven.bot.venues.ccxt.history import History
from motherhaven.bot.venues.ccxt.identity import IdentityReader
from motherhaven.bot.venues.ccxt.known import profile_of
from motherhaven.bot.venues.ccxt.leverage import LeverageKeeper
from motherhaven.bot.venues.ccxt.orders import OrderSender
from motherhaven.bot.venues.ccxt.profile import Profile
from motherhaven.bot.venues.ccxt.read import SeenOrder
from motherhaven.bot.venues.ccxt.session import Session, Sleep
from motherhaven.bot.venues.ccxt.watch import Watcher
from motherhaven.bot.venues.ccxt.wire import check_installed
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import NoPrice
from motherhaven.contract.exact import exact
from motherhaven.settings import SystemClock

CAPABILITIES: Final = Capabilities(
    real_money=True, outlives_process=True, books=True, native_stops=True, burns=True
)
"""No isolated margin and no entry that travels with its stop: neither is proven here."""
ZERO: Final = Decimal(0)


class CcxtVenue:
    """An `AsyncVenue` for one account at one of the exchanges of `known.PROFILES`."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        profile: Profile,
        setup: VenueSetup,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
        connect: Callable[[], Any] | None = None,
    ) -> None:
        """`connect` makes ccxt's client where it is not made from the setup's access."""
        session = Session(profile, setup.access, clock or SystemClock(), sleep, connect)
        account, finder = AccountReader(session), OrderFinder(session)
        leverage = LeverageKeeper(session, account.sizes)
        self._session = session
        self._account = account
        self._finder = finder
        self._leverage = leverage
        self._sender = OrderSender(session, account, finder, leverage)
        self._history = History(session, finder)
        self._watcher = Watcher(
            session, account, finder, self._sender, self._history, leverage, setup.now
        )
        self._identity = IdentityReader(session, account)

    @property
    def name(self) -> str:
        """ "ccxt:" and the exchange."""
        return f"ccxt:{self._session.profile.venue}"

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    # --- commands -------------------------------------------------------------------------

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Carry out commands, one request at a time."""
        outcomes: list[Outcome] = []
        for command in commands:
            if isinstance(command, CancelOrders):
                outcomes += [await self._sender.cancel(cloid) for cloid in command.cloids]
                self._watcher.sent([])
                continue
            done = await self._sender.place(command.intents, command.grouping)
            coins = [intent.coin for intent in command.intents]
            self._watcher.sent(list(zip(coins, done, strict=True)))
            outcomes += done
        return outcomes

    async def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set where it differs and nothing is open; returned as read back."""
        return await self._leverage.set(coin, leverage, mode)

    async def drain(self) -> list[VenueEvent]:
        """What is new, asked of the exchange at most every two seconds."""
        await self._watcher.settle_unknown()
        return await self._watcher.drain()

    # --- questions ------------------------------------------------------------------------

    async def account(self) -> AccountSnapshot:
        """The account; realized, fees and funding are those since this adapter was opened."""
        await self._watcher.poll()
        money, held = await asyncio.gather(self._account.money(), self._account.positions())
        positions = await self._positions(held, await self._finder.resting_in(held))
        totals = self._watcher.totals
        with exact():
            deposits = money.wallet - totals.realized + totals.fees - totals.funding
            value = sum((abs(one.size) * one.mark for one in held.values()), ZERO)
            margin = sum((one.margin for one in positions.values()), ZERO)
            maintenance = sum((one.maintenance for one in positions.values()), ZERO)
        return AccountSnapshot(
            equity=money.equity, wallet=money.wallet, deposits=deposits,
            realized=totals.realized, fees=totals.fees, funding=totals.funding,
            unrealized=money.unrealized, used=margin if money.used is None else money.used,
            available=money.available,
            maintenance=maintenance if money.maintenance is None else money.maintenance,
            cross_value=value, positions=positions, time=self._session.venue_now,
        )  # fmt: skip

    async def positions(self) -> Mapping[str, Position]:
        """Open positions with their nearest stops and targets."""
        held = await self._account.positions()
        return await self._positions(held, await self._finder.resting_in(held))

    async def open_orders(self, coin: str | None = None) -> Sequence[OpenOrder]:
        """What rests, from every list of the exchange."""
        return [one.open_order() for one in await self._finder.resting(coin)]

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order."""
        return await self._finder.status(cloid)

    async def burn(self, cloid: str) -> bool:
        """True for one that was never sent; none that was can be taken back on its way."""
        self._session.withdraw(cloid)
        return True

    async def fills(self, since: datetime) -> Sequence[Fill]:
        """Fills at or after `since`, of every market in which the account traded."""
        rows = await self._history.ledger(since) if self._by_symbol else []
        held = await self._account.sizes()
        trade = self._session.profile.ledger.trade
        coins = {row.coin for row in rows if row.coin is not None and row.type in trade}
        coins |= set(held) | self._session.register.coins(since)
        found = await self._history.fills(since, coins, self._leverage.known)
        return [one for one in found if one.time >= since]

    async def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """Funding at or after `since`; the exchange does not tell its rate there."""
        rows, sizes = await asyncio.gather(self._history.ledger(since), self._account.sizes())
        return self._history.funding_of([row for row in rows if row.time >= since], sizes)

    async def cash_flows(self, since: datetime) -> Sequence[CashFlow]:
        """What came or went at or after `since` without a trade."""
        rows = await self._history.ledger(since)
        return self._history.flows_of([row for row in rows if row.time >= since])

    async def identity(self) -> AccountIdentity | None:
        """The account, its modes and the key's rights."""
        return await self._identity.identity()

    def health(self) -> VenueHealth:
        """The allowance of requests and the clock's offset, from the last answer."""
        return self._session.health()

    async def fees(self) -> FeeRates:
        """The account's rates, those of BTC."""
        return await self._account.fees("BTC")

    async def specs(self) -> Mapping[str, MarketSpec]:
        """The rules of the markets."""
        markets = await self._session.markets()
        return {coin: market.spec for coin, market in markets.by_coin.items()}

    async def spec(self, coin: str) -> MarketSpec:
        """The rules of one market, with its margin tiers."""
        return (await self._session.market(coin)).spec

    async def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """Mark, mid and oracle."""
        return await self._account.prices(coins)

    async def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """What a taker would pay on average now, by the book."""
        spec = await self.spec(coin)
        bids, asks = await self._account.book(coin)
        levels = asks if side is Side.BUY else bids
        average = walk_book(levels, side, size, None, spec).average
        if average is None:
            missing = "sells" if side is Side.BUY else "buys"
            raise NoPrice(f"nobody {missing} {coin} at {self.name} now: there is no price for it")
        return average

    @property
    def _by_symbol(self) -> bool:
        return self._session.profile.fills.by_symbol

    async def _positions(
        self, held: Mapping[str, SeenPosition], orders: Sequence[SeenOrder]
    ) -> dict[str, Position]:
        found = {}
        for coin, one in held.items():
            leverage = one.leverage or self._leverage.known(coin)
            if leverage is None:
                leverage = (await self._leverage.read(coin)).leverage
            found[coin] = one.position(leverage, orders)
        return found


def open_ccxt(setup: VenueSetup, name: str) -> AsyncVenue:
    """The exchange of this name; it is reached at the first call.

    Raises:
        ConfigError: it is not proven, or ccxt is not installed.
    """
    profile = profile_of(name)
    check_installed()
    return CcxtVenue(profile, setup)
