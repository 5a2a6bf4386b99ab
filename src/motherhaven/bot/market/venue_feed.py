"""What the feeds of real venues share: coins set aside and back, one question for each coin."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from motherhaven.bot.market.feed import Book, Gap, Slice
from motherhaven.bot.market.health import CoinHealth
from motherhaven.bot.market.instruments import Bar, MarketSpec
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, MarketError

T = TypeVar("T")
MINUTE: Final = timedelta(minutes=1)


class VenueFeed(ABC):
    """A venue's own public data. Reads only: it holds no key and places nothing."""

    def __init__(self, coins: Sequence[str], clock: Clock) -> None:
        self._coins = tuple(coins)
        self._clock = clock
        self._specs: dict[str, MarketSpec] = {}
        self._untold: list[str] = []
        """Coins whose margin tiers the venue does not tell."""
        self._health = CoinHealth()
        self._last: dict[str, datetime] = {}

    @property
    def simulated(self) -> bool:
        """False: real prices."""
        return False

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins asked for, in the venue's spelling once that is known."""
        return self._coins

    @property
    def set_aside(self) -> Mapping[str, str]:
        """Coins that the venue does not have, or whose data are not to be had or not true."""
        return self._health.set_aside

    @property
    def interval(self) -> timedelta:
        """One minute."""
        return MINUTE

    @property
    def specs(self) -> Mapping[str, MarketSpec]:
        """The venue's rules, known after `connect`."""
        return self._specs

    async def closed(self, since: datetime, until: datetime) -> Sequence[Slice]:
        """Slices with since < time <= until; the candle that is still open is left out."""
        due = [coin for coin in self._coins if self._health.is_due(coin, "candles", until)]
        found = await self._each(due, lambda coin: self._bars(coin, since, until), "candles", until)
        by_end: dict[datetime, dict[str, Bar]] = {}
        gaps: dict[datetime, list[Gap]] = {}
        for coin, bars in found.items():
            expected = self._last.get(coin)
            for bar in bars:
                by_end.setdefault(bar.end, {})[coin] = bar
                if expected is not None and bar.start > expected:
                    gaps.setdefault(bar.end, []).append(Gap(coin, expected, bar.start))
                expected = bar.end
            if expected is not None:
                self._last[coin] = expected
            self._health.hears(coin, bars[-1].end if bars else None, since, until)
        return [Slice(end, by_end[end], tuple(gaps.get(end, ()))) for end in sorted(by_end)]

    async def books(self, coins: Sequence[str]) -> Mapping[str, Book]:
        """The venue's books; without one a coin is traded all the same."""
        listed = [coin for coin in coins if self._health.is_listed(coin)]
        return await self._each(listed, self._book, None, self._clock.now())

    @abstractmethod
    async def _bars(self, coin: str, since: datetime, until: datetime) -> list[Bar]:
        """The closed bars that end in (since, until], oldest first."""

    @abstractmethod
    async def _book(self, coin: str) -> Book:
        """The coin's book of now."""

    def _check_specs(self) -> None:
        """Some coin can be traded.

        Raises:
            ConfigError: the venue has none of the coins.
        """
        if not self._specs:
            why = "; ".join(f"{coin}: {text}" for coin, text in self.set_aside.items())
            raise ConfigError(f"none of the coins of TRADING_ASSETS can be traded here: {why}")

    async def _each(
        self,
        coins: Sequence[str],
        ask: Callable[[str], Awaitable[T]],
        kind: str | None,
        now: datetime,
    ) -> dict[str, T]:
        """`ask` for each coin at once; one that fails is left out, unless all do.

        With a `kind` of data the coin is set aside until they are right again.

        Raises:
            MarketError: every coin that was well before has failed.
        """
        well = [coin for coin in coins if coin not in self.set_aside]
        answers = await asyncio.gather(*(ask(coin) for coin in coins), return_exceptions=True)
        found: dict[str, T] = {}
        faults: dict[str, MarketError] = {}
        for coin, answer in zip(coins, answers, strict=True):
            if isinstance(answer, MarketError):
                faults[coin] = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found[coin] = answer
        if faults and not found and well:
            raise faults[well[0]]
        if kind is not None:
            for coin, fault in faults.items():
                self._health.fails(coin, kind, str(fault), now)
            for coin in found:
                self._health.works(coin, kind)
        return found
