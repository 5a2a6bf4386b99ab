"""The markets' rules, read again every hour: the numbers of markets are never kept on disk."""

from typing import Final

from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.venues.hyperliquid.info import Info
from motherhaven.bot.venues.hyperliquid.markets import Markets
from motherhaven.contract.clock import Clock

FRESH: Final = 3_600.0
"""Seconds for which rules hold."""


class Rules:
    """What `Info.markets` last said."""

    def __init__(self, info: Info, clock: Clock) -> None:
        self._info = info
        self._clock = clock
        self._known: Markets | None = None
        self._read_at = 0.0

    async def markets(self) -> Markets:
        """Rules and numbers of the last hour.

        Raises:
            ExchangeError: the venue does not answer.
        """
        if self._known is None or self._clock.monotonic() - self._read_at >= FRESH:
            return await self.now()
        return self._known

    async def now(self) -> Markets:
        """Rules, numbers and prices of this moment.

        Raises:
            ExchangeError: the venue does not answer.
        """
        self._known = await self._info.markets()
        self._read_at = self._clock.monotonic()
        return self._known

    async def market(self, coin: str) -> tuple[MarketSpec, int]:
        """The rules and the number of a market.

        Raises:
            ExchangeError: there is none, or the venue does not answer.
        """
        known = await self.markets()
        return known.spec(coin), known.assets[coin]
