"""What all parts of the adapter share: one account, its wire, its markets and its clock."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from motherhaven.bot.execution.access import GateRefusal, VenueAccess
from motherhaven.bot.execution.identity import VenueHealth
from motherhaven.bot.execution.signer_lock import SignerLock, SignerLocked
from motherhaven.bot.market import ccxt_read
from motherhaven.bot.venues.ccxt.keys import keys_of
from motherhaven.bot.venues.ccxt.profile import Profile, Question
from motherhaven.bot.venues.ccxt.read import Market, Markets, number
from motherhaven.bot.venues.ccxt.register import SentRegister
from motherhaven.bot.venues.ccxt.sender import SerialSender
from motherhaven.bot.venues.ccxt.wire import Wire, connect
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ExchangeError, MarketError

Sleep = Callable[[float], Awaitable[object]]
AGAIN: Final = (0.1, 0.3, 0.8)
"""Seconds before a read is repeated that did not show yet what was just sent."""


class Session:
    """One account at one exchange."""

    def __init__(
        self,
        profile: Profile,
        access: VenueAccess | None,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        connect_: Callable[[], Any] | None = None,
    ) -> None:
        """`connect_` makes ccxt's client where it is not made from `access`."""
        self.profile = profile
        self._access = access
        self.clock = clock
        self.sleep = sleep
        self.wire = Wire(profile, connect_ or (lambda: connect(profile, self.access, clock)))
        self.sender = SerialSender()
        self._register: SentRegister | None = None
        self.withdrawn: set[str] = set()
        """Cloids that were said never to have been sent: they are not sent any more."""
        self._signer_lock: SignerLock | None = None
        self._markets: Markets | None = None
        self._reading = asyncio.Lock()

    @property
    def access(self) -> VenueAccess:
        """The account.

        Raises:
            ConfigError: none was given.
        """
        if self._access is None:
            raise ConfigError(
                f"{self.profile.title}: no account was given; set TRADING_MODE=live and the key"
            )
        return self._access

    @property
    def register(self) -> SentRegister:
        """The orders that were sent.

        Raises:
            ExchangeError: its file cannot be used.
        """
        if self._register is None:
            folder, venue = self.access.folder, self.profile.venue
            self._register = SentRegister(folder, venue, self.clock.now())
        return self._register

    def withdraw(self, cloid: str) -> None:
        """Make sure that an order is never sent: it is written before it leaves, and is not there.

        Raises:
            ExchangeError: it was sent, or the list of what was sent does not say.
        """
        if self.register.find(cloid) is None:
            self._own_key()  # from here on no other process writes the list: it is read anew
            fresh = SentRegister(self.access.folder, self.profile.venue, self.now)
            if fresh.orders() and fresh.find(cloid) is None:
                self.withdrawn.add(cloid)
                return
        raise ExchangeError(f"{cloid}: nothing at {self.profile.title} can be taken back")

    @property
    def now(self) -> datetime:
        """The time here."""
        return self.clock.now()

    @property
    def venue_now(self) -> datetime:
        """The time at the exchange, as far as its answers have told how its clock differs."""
        return self.now + timedelta(seconds=self.health().offset_seconds or 0.0)

    def refused_now(self, *, reduces: bool) -> str | None:
        """Why nothing may be sent now: the gate, or another bot with this key; None when it may."""
        refused = self.access.gate(reduces)
        if refused is not None:
            return refused
        try:
            self._own_key()
        except SignerLocked as error:
            return GateRefusal(str(error), "signer_locked")
        return None

    def _own_key(self) -> None:
        """Be the one process that sends with this key."""
        if self._signer_lock is None:
            access, profile = self.access, self.profile
            where = access.url or ("testnet" if access.testnet else "mainnet")
            names = (profile.venue, where, keys_of(profile, access).key)
            self._signer_lock = SignerLock(access.locks, *names)
        self._signer_lock.own()

    async def markets(self) -> Markets:
        """The exchange's markets, read once.

        Raises:
            ExchangeError: they cannot be read.
        """
        async with self._reading:
            if self._markets is None:
                client = await self.wire.open()
                found = Markets(self.profile, client.markets)
                if self.profile.tiers_at_once and client.apiKey:
                    await self._with_tiers(found)
                self._markets = found
            return self._markets

    async def market(self, coin: str) -> Market:
        """One market, with its margin tiers where the exchange tells them.

        Raises:
            ExchangeError: there is none.
        """
        markets = await self.markets()
        found = markets.of(coin)
        if self.profile.tiers_at_once or found.spec.tiers:
            return found
        rows = await self.wire.ask(
            f"the margin tiers of {coin}",
            lambda client: client.fetch_market_leverage_tiers(found.symbol),
        )
        return _tiered(markets, found, rows)

    async def question(self, what: str, asked: Question, market: Market | None = None) -> object:
        """The raw answer to one of the exchange's own questions.

        Raises:
            ExchangeError: there is none.
        """
        params = dict(asked.params)
        if asked.symbol is not None and market is not None:
            params[asked.symbol] = market.id
        return await self.wire.ask(what, lambda client: getattr(client, asked.method)(params))

    def health(self) -> VenueHealth:
        """How many requests are left of the exchange's allowance, and how far its clock is off."""
        client = self.wire.client
        if client is None:
            return VenueHealth()
        headers = {k.lower(): v for k, v in (client.last_response_headers or {}).items()}
        left, cap = self._allowance(headers)
        behind = client.options.get("timeDifference")
        offset = -behind / 1000 if isinstance(behind, (int, float)) else None
        return VenueHealth(left, cap, offset_seconds=offset)

    async def close(self) -> None:
        """Close the connections and let go of the key's lock."""
        if self._signer_lock is not None:
            self._signer_lock.release()
        await self.wire.close()

    def _allowance(self, headers: dict[str, str]) -> tuple[int | None, int | None]:
        profile = self.profile
        if profile.used is not None:
            used = _count(headers.get(profile.used[0].lower()))
            return (None if used is None else max(profile.used[1] - used, 0)), profile.used[1]
        if profile.left is not None:
            left, cap = (_count(headers.get(name.lower())) for name in profile.left)
            return left, cap
        return None, None

    async def _with_tiers(self, markets: Markets) -> None:
        found = await self.wire.ask("margin tiers", lambda client: client.fetch_leverage_tiers())
        for market in list(markets.by_coin.values()):
            if isinstance(found, dict) and market.symbol in found:
                _tiered(markets, market, found[market.symbol])


def _tiered(markets: Markets, market: Market, rows: object) -> Market:
    try:
        tiers = ccxt_read.tiers_of(market.coin, rows)
    except MarketError as error:
        raise ExchangeError(str(error)) from error
    spec = replace(market.spec, tiers=tiers, max_leverage=tiers[0].max_leverage)
    told = replace(market, spec=spec)
    markets.put(told)
    return told


def _count(header: str | None) -> int | None:
    if header is None or not header.isdigit() or len(header) > 9:
        return None
    return int(number(header, "a header"))
