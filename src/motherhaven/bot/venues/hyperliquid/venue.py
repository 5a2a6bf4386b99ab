"""Hyperliquid as a venue of the port: real money, or the venue's own test money.

`open_hyperliquid` waits for nothing: the first question connects. The account is named by the
master's address and signed for by an agent's key, which cannot withdraw. Stops are triggers
at the venue for the whole position (positionTpsl) and count only when they are read back.

Limits, on purpose: cross margin only; perpetuals of the main exchange only; accounts without
unified balances only, because elsewhere `clearinghouseState` does not say the equity.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.commands import CancelOrders, Command
from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.orders import OpenOrder, OrderState, OrderStatus, Outcome
from motherhaven.bot.execution.port import Capabilities, VenueEvent
from motherhaven.bot.execution.signer_lock import SignerLock
from motherhaven.bot.execution.slippage import walk_book
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import FeeRates, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import CashFlow, Fill, FundingPayment, MarginMode, Side
from motherhaven.bot.venues.hyperliquid.account_state import AccountState
from motherhaven.bot.venues.hyperliquid.budget import Budget
from motherhaven.bot.venues.hyperliquid.client import DRAIN_SECONDS, Client, network_of, verb
from motherhaven.bot.venues.hyperliquid.following import Following
from motherhaven.bot.venues.hyperliquid.identity import MODES, NAME, read_identity
from motherhaven.bot.venues.hyperliquid.info import Info
from motherhaven.bot.venues.hyperliquid.leverages import Leverages
from motherhaven.bot.venues.hyperliquid.nonces import Nonces
from motherhaven.bot.venues.hyperliquid.orders_state import CLOID, FoundOrder
from motherhaven.bot.venues.hyperliquid.parse import millis
from motherhaven.bot.venues.hyperliquid.placing import ENTRY_LASTS, Placing
from motherhaven.bot.venues.hyperliquid.rules import Rules
from motherhaven.bot.venues.hyperliquid.sender import Sender
from motherhaven.bot.venues.hyperliquid.signing import Signer, is_address
from motherhaven.bot.venues.hyperliquid.snapshots import positions_of, snapshot_of
from motherhaven.bot.venues.hyperliquid.stream import Stream
from motherhaven.bot.venues.hyperliquid.stream_state import Heard, News
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ExchangeError, NoPrice
from motherhaven.contract.exact import exact, quotient
from motherhaven.settings.clock import SystemClock

CAPABILITIES: Final = Capabilities(
    real_money=True,
    outlives_process=True,
    books=True,
    native_stops=True,
    resends=True,
    burns=True,
)
"""Not `tpsl_grouping`: the venue drops the stop of an entry that fills in part."""

SAME_INSTANT: Final = 1.0
"""Within so many seconds orders that were read along are of the same instant."""

MODE_FRESH: Final = 3_600.0
SETTLES: Final = timedelta(seconds=30)
"""Within so long the list of fills has all fills of an order that has ended."""

_ZERO: Final = Decimal(0)


class HyperliquidVenue:
    """An `AsyncVenue` for one account. One event loop, one process for each signer."""

    def __init__(self, setup: VenueSetup, clock: Clock | None = None) -> None:
        """Take what `setup.access` gives; nothing is asked or sent yet.

        Raises:
            ConfigError: the account, the key or the address cannot be right.
            ExchangeError: what was signed before cannot be read.
        """
        access = setup.access
        if access is None or not is_address(access.account):
            raise ConfigError(
                "HYPERLIQUID_ACCOUNT_ADDRESS must be the address of the account: 0x and 40 "
                "hexadecimal digits, as the venue's page shows it"
            )
        self._clock = clock or SystemClock()
        base, self._network = network_of(access.url, testnet=access.testnet)
        mainnet = self._network == "mainnet"
        secret = None if access.secret is None else access.secret()
        self._signer = None if secret is None else Signer(secret, mainnet=mainnet)
        self._nonces: Nonces | None = None
        if self._signer is not None:
            name = f"hyperliquid-{self._network}-{self._signer.address}"
            lock = SignerLock(access.locks, name, base)
            self._nonces = Nonces(access.folder, name, self._clock, lock)
        log = None if self._nonces is None else self._nonces.log
        self._client = Client(base, proxied=self._network != "local", clock=self._clock)
        self._info = Info(self._client, access.account, self._clock)
        if log is not None:
            self._info.ours = lambda cloid: log.order(cloid) is not None
        self._budget = Budget(self._info, self._clock)
        self._rules = Rules(self._info, self._clock)
        self._sender = Sender(
            self._client, self._signer, self._nonces, access.gate, self._budget, self._clock
        )
        self._leverages = Leverages(self._info, self._rules, self._sender)
        self._following = Following(self._info, log, self._leverages, self._clock)
        self._placing = Placing(
            self._info, self._rules, self._leverages, self._sender, log, self._following,
            self._clock,
        )  # fmt: skip
        self._stream = Stream(
            base, self._info.account, self._heard, self._clock, proxied=self._network != "local"
        )
        self._listening: asyncio.Task[None] | None = None
        self._mode_at: float | None = None
        self._offset: float | None = None
        self._read_along: tuple[float, list[OpenOrder]] | None = None

    @property
    def name(self) -> str:
        """ "hyperliquid"."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """What is proven: see CAPABILITIES."""
        return CAPABILITIES

    def __repr__(self) -> str:
        return f"HyperliquidVenue({self._network}, {self._info.account})"

    # --- commands -----------------------------------------------------------------------

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """See `Venue.submit`. A stop without a size is for the whole position."""
        outcomes: list[Outcome] = []
        self._read_along = None
        with verb():
            for command in commands:
                if isinstance(command, CancelOrders):
                    outcomes += await self._placing.cancel(command.cloids)
                else:
                    outcomes += await self._placing.place(command.intents, command.grouping)
        return outcomes

    async def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """See `Venue.set_leverage`; nothing is sent where it is set already."""
        with verb():
            until = millis(self._clock.now() + ENTRY_LASTS)
            return (await self._leverages.ensure(coin, leverage, mode, until)).setting

    async def resend(self, cloid: str) -> Outcome:
        """Send the bytes of a lost order again, before its deadline: they land at most once.

        Raises:
            OrderRejected: nothing was sent.
        """
        self._read_along = None
        with verb():
            return await self._placing.resend(cloid)

    async def burn(self, cloid: str) -> bool:
        """See `Venue.burn`: a noop takes the nonce that the order was signed with."""
        self._read_along = None
        with verb():
            return await self._sender.burn(cloid)

    # --- news and questions -------------------------------------------------------------

    async def drain(self) -> list[VenueEvent]:
        """See `Venue.drain`: what came after the adapter was opened, confirmed by a read."""
        self._listen()
        self._following.heard_at = self._stream.heard_at
        with verb(DRAIN_SECONDS):
            return await self._following.drain()

    def changed(self) -> None:
        """Something may be new: the next `drain` asks at once."""
        self._following.hint()

    async def account(self) -> AccountSnapshot:
        """See `Venue.account`; totals are those since the adapter was opened."""
        with verb():
            await self._check_mode()
            await self._following.refresh()
            state = await self._info.state()
            held = await self._positions_in(state)
            self._hear(state.time)
            return snapshot_of(state, held, self._following, state.time)

    async def positions(self) -> Mapping[str, Position]:
        """See `Venue.positions`."""
        with verb():
            self._read_along = None
            state = await self._info.state()
            self._hear(state.time)
            return await self._positions_in(state)

    async def open_orders(self, coin: str | None = None) -> Sequence[OpenOrder]:
        """See `Venue.open_orders`.

        Right after `account` or `positions` these are the ones that it has read, once: one
        look, one instant. What was sent or heard since then ends that.
        """
        read, self._read_along = self._read_along, None
        if read is not None and self._clock.monotonic() - read[0] < SAME_INSTANT:
            found = read[1]
        else:
            with verb():
                found = await self._info.open_orders()
        return [one for one in found if coin is None or one.coin == coin]

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """See `Venue.order_by_cloid`. The venue forgets: look among the fills as well."""
        if not CLOID.fullmatch(cloid):
            return None
        with verb():
            found = await self._info.order(cloid)
            return None if found is None else await self._status(cloid, found)

    async def fills(self, since: datetime) -> Sequence[Fill]:
        """See `Venue.fills`."""
        with verb():
            found = await self._following.read_fills(since)
        return [fill for raw in found for fill in self._following.fills_of(raw)]

    async def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """See `Venue.funding`."""
        with verb():
            return await self._info.funding(since)

    async def cash_flows(self, since: datetime) -> Sequence[CashFlow]:
        """See `Venue.cash_flows`."""
        with verb():
            return await self._info.cash_flows(since)

    async def identity(self) -> AccountIdentity | None:
        """See `Venue.identity`: nothing may be signed while it has problems."""
        with verb():
            signer = None if self._signer is None else self._signer.address
            found = await read_identity(self._info, signer, self._network, self._clock)
        self._mode_at = self._clock.monotonic() if found.mode in MODES else None
        return found

    def health(self) -> VenueHealth:
        """See `Venue.health`."""
        return VenueHealth(
            self._budget.left, self._budget.cap, self._stream.heard_at, self._stream.reconnects,
            self._offset,
        )  # fmt: skip

    async def fees(self) -> FeeRates:
        """See `Venue.fees`."""
        with verb():
            return await self._info.fees()

    async def specs(self) -> Mapping[str, MarketSpec]:
        """See `Venue.specs`."""
        with verb():
            return (await self._rules.markets()).specs

    async def spec(self, coin: str) -> MarketSpec:
        """See `Venue.spec`."""
        with verb():
            return (await self._rules.markets()).spec(coin)

    async def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """See `Venue.prices`."""
        with verb():
            known = (await self._rules.now()).prices
        return {coin: known[coin] for coin in coins if coin in known}

    async def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """See `Venue.taker_price`: the book is walked; past its end the last price counts."""
        with verb():
            known = await self._rules.markets()
            if coin not in known.specs:
                raise NoPrice(f"Hyperliquid has no market of {coin} now")
            bids, asks = await self._info.book(coin)
        levels = asks if side is Side.BUY else bids
        if not levels:
            missing = "sells" if side is Side.BUY else "buys"
            raise NoPrice(f"nobody {missing} {coin} at Hyperliquid now: there is no price for it")
        found = walk_book(levels, side, size, None, known.specs[coin])
        if found.average is None or found.filled < size:
            return levels[-1].price
        return found.average

    async def close(self) -> None:
        """Let go of the connections and of the signer's lock."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self._nonces is not None:
            self._nonces.close()
        await self._client.close()

    # --- the stream ---------------------------------------------------------------------

    def _listen(self) -> None:
        """Have the stream run on this loop; one that has ended for good begins again."""
        if self._listening is None or self._listening.done():
            self._listening = asyncio.get_running_loop().create_task(self._stream.run())

    def _heard(self, heard: Heard) -> None:
        self._read_along = None
        if News.MONEY in heard.news:
            self._following.hint_of_money()
        if News.ORDERS in heard.news:
            self._following.hint_of_fills(heard.fills)

    # --- inside -------------------------------------------------------------------------

    async def _check_mode(self) -> None:
        """Refuse to name an equity where the account does not tell all of it."""
        now = self._clock.monotonic()
        if self._mode_at is not None and now - self._mode_at < MODE_FRESH:
            return
        mode = await self._info.mode()
        if mode not in MODES:
            raise ExchangeError(
                f"the account's mode is {mode[:40]!r}: its equity cannot be read as one of "
                "perpetuals; set it to the mode without unified balances at the venue"
            )
        self._mode_at = now

    async def _positions_in(self, state: AccountState) -> dict[str, Position]:
        """Positions with their exits, which need another read where there is a position.

        Without exits where that fails: a position is known, and can be closed, all the same.
        """
        self._leverages.learn(state)
        if not state.positions:
            return {}
        orders: list[OpenOrder] = []
        with suppress(ExchangeError):
            orders = await self._info.open_orders()
            self._following.note(orders)
            self._read_along = self._clock.monotonic(), orders
        specs = (await self._rules.markets()).specs
        return positions_of(state, orders, specs, self._following)

    async def _status(self, cloid: str, found: FoundOrder) -> OrderStatus:
        """A status with what is filled: the venue tells that in the list of fills only.

        Raises:
            ExchangeError: it says that more is filled than the list shows yet.
        """
        listed = await self._info.fills(found.placed_at)
        mine = [one for one in listed if one.oid == found.oid]
        with exact():
            size = sum((abs(one.size) for one in mine), _ZERO)
            value = sum((abs(one.size) * one.price for one in mine), _ZERO)
            average = quotient(value, size) if size else None
            gone = _ZERO if found.reduce_only else found.size - found.left
        state = found.state
        young = self._clock.now() - found.changed_at < SETTLES
        if state is OrderState.FILLED and (not size or (size < gone and young)):
            raise ExchangeError(f"the fills of {cloid} are not listed yet; it is asked again")
        if state is OrderState.REJECTED and size:
            state = OrderState.CANCELED
        return OrderStatus(cloid, found.coin, state, size, average, found.word, str(found.oid))

    def _hear(self, time: datetime) -> None:
        self._offset = (time - self._clock.now()).total_seconds()


def open_hyperliquid(setup: VenueSetup) -> HyperliquidVenue:
    """What the table of venues calls: the adapter for `setup.access`.

    Raises:
        ConfigError: account, key or address cannot be right, or the extra `live` is missing.
        ExchangeError: what was signed before cannot be read.
    """
    return HyperliquidVenue(setup)
