"""Public market data of Hyperliquid over plain HTTP: candles, mids, marks, oracles, funding."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx

from motherhaven.bot.market.feed import Book, FundingKept, Quote
from motherhaven.bot.market.hyperliquid_rules import (
    Universe,
    spec_of,
    tiers_of,
    universe_of,
    unlisted,
)
from motherhaven.bot.market.instruments import (
    Bar,
    Level,
    check_bar,
    tiers_unknown,
    with_known_tiers,
)
from motherhaven.bot.market.timeframes import label_of
from motherhaven.bot.market.venue_feed import MINUTE, VenueFeed
from motherhaven.contract.clock import Clock
from motherhaven.contract.coins import match_coin
from motherhaven.contract.errors import InvalidJson, InvalidMoney, MarketError
from motherhaven.contract.jsonio import loads
from motherhaven.contract.money import to_decimal

MAINNET: Final = "https://api.hyperliquid.xyz"
TESTNET: Final = "https://api.hyperliquid-testnet.xyz"
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ANSWER: Final = 16 << 20


class HyperliquidFeed(VenueFeed):
    """The venue's own public data. Reads only: it holds no key and places nothing."""

    def __init__(
        self,
        coins: Sequence[str],
        clock: Clock,
        base_url: str = MAINNET,
        timeout: float = 10.0,
    ) -> None:
        super().__init__(coins, clock)
        self._base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    @property
    def name(self) -> str:
        """ "hyperliquid"."""
        return "hyperliquid"

    @property
    def mark_every(self) -> timedelta | None:
        """Every five seconds: a fifth of the questions that the venue allows."""
        return timedelta(seconds=5)

    @property
    def funding_kept(self) -> FundingKept:
        """All of it."""
        return FundingKept.HISTORY

    @property
    def warnings(self) -> Sequence[str]:
        """Coins whose margin tiers the venue does not tell."""
        return tiers_unknown("Hyperliquid", self._untold)

    async def connect(self) -> None:
        """Read the venue's rules; a coin that it does not have is set aside.

        Raises:
            MarketError: unreachable, or an impossible answer.
            ConfigError: the venue has none of the coins.
        """
        meta, _ = await self._contexts()
        universe = universe_of(meta)
        self._coins = tuple(match_coin(coin, universe) or coin for coin in self._coins)
        self._learn(universe, meta)
        self._check_specs()

    async def quotes(self, now: datetime) -> Mapping[str, Quote]:
        """Mid, mark, oracle and hourly funding rate of each coin."""
        meta, contexts = await self._contexts()
        asked_at = self._clock.now()
        if self._specs:
            self._learn(universe_of(meta), meta)
        by_name = {
            item.get("name"): context
            for item, context in zip(meta["universe"], contexts, strict=False)
            if isinstance(item, Mapping)
        }

        async def read(coin: str) -> Quote:
            return _quote(coin, by_name.get(coin), asked_at)

        coins = [coin for coin in self._coins if coin in by_name and self._health.is_listed(coin)]
        return await self._each(coins, read, "prices", now)

    def _learn(self, universe: Universe, meta: Mapping[str, Any]) -> None:
        """Take the rules of the coins that the venue has; set the others aside."""
        for coin in self._coins:
            if coin in self._specs and not universe.get(coin, {}).get("isDelisted"):
                self._health.lists(coin, None if coin in universe else unlisted(coin, universe))
                continue
            try:
                spec = spec_of(coin, universe)
            except MarketError as error:
                self._health.lists(coin, str(error))
                continue
            tiers = tiers_of(universe[coin], meta)
            if tiers is None and coin not in self._untold:
                self._untold.append(coin)
            known = with_known_tiers(spec) if tiers is None else replace(spec, tiers=tiers)
            self._specs[coin] = known
            self._health.lists(coin, None)

    async def _bars(self, coin: str, since: datetime, until: datetime) -> list[Bar]:
        return await self.candles(coin, since, until)

    async def _book(self, coin: str) -> Book:
        answer = await self._info({"type": "l2Book", "coin": coin})
        levels = answer.get("levels") if isinstance(answer, Mapping) else None
        if not isinstance(levels, list) or len(levels) != 2:
            raise MarketError(f"{self._base_url}: l2Book of {coin} has no two sides")
        bids, asks = (_levels(coin, side) for side in levels)
        if bids and asks and bids[0].price >= asks[0].price:
            raise MarketError(f"the venue's data: the book of {coin} is crossed")
        return Book(bids, asks)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _contexts(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        answer = await self._info({"type": "metaAndAssetCtxs"})
        if (
            isinstance(answer, list)
            and len(answer) == 2
            and isinstance(answer[0], dict)
            and isinstance(answer[0].get("universe"), list)
            and isinstance(answer[1], list)
        ):
            return answer[0], answer[1]
        raise MarketError(f"{self._base_url}: metaAndAssetCtxs is not what the venue documents")

    async def candles(
        self, coin: str, since: datetime, until: datetime, interval: timedelta = MINUTE
    ) -> list[Bar]:
        """Closed bars that end in (since, until], oldest first; the venue keeps the last 5,000.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        request = {
            "coin": coin,
            "interval": label_of(interval),
            "startTime": int(since.timestamp() * 1000),
            "endTime": int(until.timestamp() * 1000),
        }
        answer = await self._info({"type": "candleSnapshot", "req": request})
        if not isinstance(answer, list):
            raise MarketError(f"{self._base_url}: candleSnapshot of {coin} is not a list")
        bars: dict[datetime, Bar] = {}
        for candle in answer:
            bar = _bar(coin, candle, interval)
            if since < bar.end <= until:
                bars[bar.start] = bar
        return [bars[start] for start in sorted(bars)]

    async def funding_rates(
        self, coin: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, Decimal]]:
        """The first rates from `since` to before `until`, oldest first, a page of them.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        request = {
            "type": "fundingHistory",
            "coin": coin,
            "startTime": int(since.timestamp() * 1000),
            "endTime": int(until.timestamp() * 1000),
        }
        answer = await self._info(request)
        if not isinstance(answer, list):
            raise MarketError(f"{self._base_url}: fundingHistory of {coin} is not a list")
        rates = (_rate(coin, item) for item in answer)
        return sorted(one for one in rates if since <= one[0] < until)

    async def _info(self, request: Mapping[str, Any]) -> Any:
        try:
            async with self._client.stream("POST", f"{self._base_url}/info", json=request) as got:
                if got.status_code != 200:
                    raise MarketError(f"{self._base_url}/info answered {got.status_code}")
                body = b""
                async for chunk in got.aiter_bytes():
                    body += chunk
                    if len(body) > _MAX_ANSWER:
                        raise MarketError(f"{self._base_url}/info: more than {_MAX_ANSWER} bytes")
            return loads(body)
        except httpx.HTTPError as error:
            raise MarketError(
                f"{self._base_url}/info cannot be reached ({type(error).__name__}: {error})"
            ) from None
        except InvalidJson as error:
            raise MarketError(f"{self._base_url}/info: {error}") from None


def _quote(coin: str, context: object, time: datetime) -> Quote:
    if not isinstance(context, Mapping):
        raise MarketError(f"the venue's data: the context of {coin} is not an object")
    mark = _number(context, "markPx", coin)
    return Quote(
        coin,
        mid=mark if context.get("midPx") is None else _number(context, "midPx", coin),
        mark=mark,
        oracle=_number(context, "oraclePx", coin),
        time=time,
        funding=_number(context, "funding", coin, signed=True),
        open_interest=_open_interest(context, coin),
    )


def _open_interest(context: Mapping[str, Any], coin: str) -> Decimal | None:
    """What is open on the whole market, in coin; None where the venue does not tell it."""
    if context.get("openInterest") is None:
        return None
    return abs(_number(context, "openInterest", coin, signed=True))


def _levels(coin: str, side: object) -> tuple[Level, ...]:
    if not isinstance(side, list) or not all(isinstance(level, Mapping) for level in side):
        raise MarketError(f"l2Book of {coin}: a side is not a list of levels")
    return tuple(Level(_number(level, "px", coin), _number(level, "sz", coin)) for level in side)


def _rate(coin: str, item: object) -> tuple[datetime, Decimal]:
    stamp = item.get("time") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(stamp, int):
        raise MarketError(f"fundingHistory of {coin}: a rate without a time")
    moment = _ORIGIN + timedelta(milliseconds=stamp)
    return moment, _number(item, "fundingRate", coin, signed=True)


def _bar(coin: str, candle: object, interval: timedelta) -> Bar:
    if not isinstance(candle, Mapping):
        raise MarketError(f"candleSnapshot of {coin}: a candle is not an object")
    stamp = candle.get("t")
    if not isinstance(stamp, int):
        raise MarketError(f"candleSnapshot of {coin}: a candle without a time")
    return check_bar(
        Bar(
            coin,
            _ORIGIN + timedelta(milliseconds=stamp),
            open=_number(candle, "o", coin),
            high=_number(candle, "h", coin),
            low=_number(candle, "l", coin),
            close=_number(candle, "c", coin),
            volume=_number(candle, "v", coin, signed=True),
            interval=interval,
        )
    )


def _number(item: Mapping[str, Any], field: str, coin: str, *, signed: bool = False) -> Decimal:
    try:
        value = to_decimal(item.get(field), f"{coin} {field}")
    except InvalidMoney as error:
        raise MarketError(f"the venue's data: {error}") from None
    if not signed and value <= 0:
        raise MarketError(f"the venue's data: {coin} {field} is {value}, not above 0")
    return value
