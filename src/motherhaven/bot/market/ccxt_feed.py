"""Public market data of any venue that ccxt knows: linear perpetual futures, no key, no orders."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.market import ccxt_read
from motherhaven.bot.market.ccxt_venue import open_venue
from motherhaven.bot.market.feed import Book, FundingKept, Quote
from motherhaven.bot.market.instruments import Bar, MarketSpec, tiers_unknown, with_known_tiers
from motherhaven.bot.market.timeframes import label_of
from motherhaven.bot.market.venue_feed import MINUTE, VenueFeed
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MarketError
from motherhaven.contract.similar import closest

PAGE: Final = 500
"""Bars or rates that are asked for at once; every venue gives so many or fewer."""
BOOK_LEVELS: Final = 20
MAX_PAGES: Final = 100


class CcxtFeed(VenueFeed):
    """One venue through ccxt. Reads only: it is given no key."""

    def __init__(
        self,
        venue: str,
        coins: Sequence[str],
        clock: Clock,
        open_: Callable[[str], Any] = open_venue,
    ) -> None:
        """`open_` makes the ccxt exchange of that name.

        Raises:
            ConfigError: ccxt is not installed, or knows no such venue.
        """
        super().__init__(coins, clock)
        self._venue = venue
        self._exchange = open_(venue)
        self._markets: dict[str, Mapping[str, Any]] = {}

    @property
    def name(self) -> str:
        """ "ccxt:" and the venue."""
        return f"ccxt:{self._venue}"

    @property
    def mark_every(self) -> timedelta | None:
        """Every twenty seconds: a quote takes up to three questions a coin."""
        return timedelta(seconds=20)

    @property
    def funding_kept(self) -> FundingKept:
        """As the venue's capabilities say."""
        told = self._has("fetchFundingRateHistory")
        return FundingKept.HISTORY if told else FundingKept.UNTOLD

    @property
    def warnings(self) -> Sequence[str]:
        """Coins whose margin tiers the venue does not tell."""
        return tiers_unknown(self.name, self._untold)

    async def connect(self) -> None:
        """Read the venue's markets; a coin that it does not have is set aside.

        Raises:
            MarketError: unreachable, or an impossible answer.
            ConfigError: the venue has none of the coins.
        """
        found = await self._ask("markets", self._exchange.load_markets())
        listed = ccxt_read.perpetuals(found)
        folded = {coin.casefold(): coin for coin in listed}
        self._coins = tuple(folded.get(coin.casefold(), coin) for coin in self._coins)
        for coin in self._coins:
            market = listed.get(coin)
            if market is None:
                meant = closest(coin, listed)
                advice = f"did you mean {meant}?" if meant else "correct TRADING_ASSETS"
                self._health.lists(coin, f"{self.name} has no perpetual future of {coin}; {advice}")
                continue
            try:
                spec = ccxt_read.spec_of(coin, market)
            except MarketError as error:
                self._health.lists(coin, str(error))
                continue
            self._markets[coin] = market
            self._specs[coin] = await self._with_tiers(spec)
        self._check_specs()

    async def quotes(self, now: datetime) -> Mapping[str, Quote]:
        """Mid, mark and oracle, with hourly funding and open interest where they are told."""
        coins = [coin for coin in self._coins if self._health.is_listed(coin)]
        return await self._each(coins, self._quote, "prices", now)

    async def candles(
        self, coin: str, since: datetime, until: datetime, interval: timedelta = MINUTE
    ) -> list[Bar]:
        """The first closed bars that end in (since, until], oldest first, a page of them.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        start = int((since - interval).timestamp() * 1000) + 1
        rows = await self._ask(
            f"candles of {coin}",
            self._exchange.fetch_ohlcv(self._symbol(coin), label_of(interval), start, PAGE),
        )
        bars = {bar.start: bar for bar in ccxt_read.bars_of(coin, rows, interval)}
        return [bars[s] for s in sorted(bars) if since < bars[s].end <= until]

    async def funding_rates(
        self, coin: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, Decimal]]:
        """The first rates from `since` to before `until`, oldest first; none where none are told.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        if not self._has("fetchFundingRateHistory"):
            return []
        rows = await self._ask(
            f"funding of {coin}",
            self._exchange.fetch_funding_rate_history(
                self._symbol(coin), int(since.timestamp() * 1000), PAGE
            ),
        )
        rates = ccxt_read.rates_of(coin, rows)
        return [one for one in rates if since <= one[0] < until]

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()

    async def _with_tiers(self, spec: MarketSpec) -> MarketSpec:
        """The rules with the venue's margin tiers, else with the built-in ones, which is told."""
        coin = spec.coin
        if self._has("fetchMarketLeverageTiers"):
            call = self._exchange.fetch_market_leverage_tiers(self._symbol(coin))
            try:
                tiers = ccxt_read.tiers_of(coin, await self._ask(f"tiers of {coin}", call))
            except MarketError:
                pass  # many venues tell them with a key only
            else:
                return replace(spec, tiers=tiers, max_leverage=tiers[0].max_leverage)
        self._untold.append(coin)
        return with_known_tiers(spec)

    async def _bars(self, coin: str, since: datetime, until: datetime) -> list[Bar]:
        found: list[Bar] = []
        for _ in range(MAX_PAGES):
            page = await self.candles(coin, since, until)
            if not page:
                break
            found.extend(page)
            since = page[-1].end
            if since >= until - MINUTE:
                break
        return found

    async def _quote(self, coin: str) -> Quote:
        symbol = self._symbol(coin)
        ticker = await self._ask(f"ticker of {coin}", self._exchange.fetch_ticker(symbol))
        funding = interest = None
        if self._has("fetchFundingRate"):
            funding = await self._ask(
                f"funding of {coin}", self._exchange.fetch_funding_rate(symbol)
            )
        if self._has("fetchOpenInterest"):
            interest = await self._ask(
                f"open interest of {coin}", self._exchange.fetch_open_interest(symbol)
            )
        market = self._markets[coin]
        return ccxt_read.quote_of(coin, market, ticker, funding, interest, self._clock.now())

    async def _book(self, coin: str) -> Book:
        raw = await self._ask(
            f"book of {coin}", self._exchange.fetch_order_book(self._symbol(coin), BOOK_LEVELS)
        )
        return ccxt_read.book_of(coin, self._markets[coin], raw)

    async def _ask(self, what: str, call: Awaitable[Any]) -> Any:
        """What a call brings; whatever a venue's class raises becomes a MarketError.

        Raises:
            MarketError: it failed; the message has the venue's words.
        """
        try:
            return await call
        except Exception as error:  # each venue's class fails in its own way
            told = f"{type(error).__name__}: {str(error)[:300]}"
            raise MarketError(f"{self.name}: {what} cannot be had ({told})") from error

    def _has(self, call: str) -> bool:
        return self._exchange.has.get(call) is True

    def _symbol(self, coin: str) -> str:
        market = self._markets.get(coin)
        if market is None:
            raise MarketError(f"{self.name} has no perpetual future of {coin}")
        return str(market["symbol"])
