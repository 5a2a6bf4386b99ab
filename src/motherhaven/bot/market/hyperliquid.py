"""Public market data of Hyperliquid over plain HTTP: candles, mids, marks, oracles, funding."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx

from motherhaven.bot.exchange.slippage import Level
from motherhaven.bot.exchange.types import Bar, MarketSpec, check_bar
from motherhaven.bot.market.feed import Book, Gap, Quote, Slice
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import InvalidJson, InvalidMoney, MarketError
from motherhaven.contract.jsonio import loads
from motherhaven.contract.money import to_decimal

MAINNET: Final = "https://api.hyperliquid.xyz"
MINUTE: Final = timedelta(minutes=1)
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ANSWER: Final = 16 << 20


class HyperliquidFeed:
    """The venue's own public data. Reads only: it holds no key and places nothing."""

    def __init__(
        self,
        coins: Sequence[str],
        clock: Clock,
        base_url: str = MAINNET,
        timeout: float = 10.0,
    ) -> None:
        self._coins = tuple(coins)
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False)
        self._specs: dict[str, MarketSpec] = {}
        self._last: dict[str, datetime] = {}

    @property
    def name(self) -> str:
        """ "hyperliquid"."""
        return "hyperliquid"

    @property
    def simulated(self) -> bool:
        """False: real prices."""
        return False

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins asked for."""
        return self._coins

    @property
    def interval(self) -> timedelta:
        """One minute."""
        return MINUTE

    @property
    def specs(self) -> Mapping[str, MarketSpec]:
        """The venue's rules, known after `connect`."""
        return self._specs

    async def connect(self) -> None:
        """Read the venue's rules and check that it knows every coin.

        Raises:
            MarketError: unreachable, an impossible answer, or a coin it does not have.
        """
        meta, _ = await self._contexts()
        universe = {str(item["name"]): item for item in meta["universe"]}
        missing = [coin for coin in self._coins if coin not in universe]
        if missing:
            raise MarketError(
                f"Hyperliquid has no market for {', '.join(missing)}; "
                "take them out of TRADING_ASSETS"
            )
        for coin in self._coins:
            item = universe[coin]
            self._specs[coin] = MarketSpec(
                coin, size_decimals=int(item["szDecimals"]), max_leverage=int(item["maxLeverage"])
            )

    async def closed(self, since: datetime, until: datetime) -> Sequence[Slice]:
        """Slices with since < time <= until; the candle that is still open is left out."""
        by_end: dict[datetime, dict[str, Bar]] = {}
        gaps: dict[datetime, list[Gap]] = {}
        for coin in self._coins:
            expected = self._last.get(coin)
            for bar in await self._candles(coin, since, until):
                by_end.setdefault(bar.end, {})[coin] = bar
                if expected is not None and bar.start > expected:
                    gaps.setdefault(bar.end, []).append(Gap(coin, expected, bar.start))
                expected = bar.end
            if expected is not None:
                self._last[coin] = expected
        return [Slice(end, by_end[end], tuple(gaps.get(end, ()))) for end in sorted(by_end)]

    async def quotes(self, now: datetime) -> Mapping[str, Quote]:
        """Mid, mark, oracle and hourly funding rate of each coin."""
        meta, contexts = await self._contexts()
        asked_at = self._clock.now()
        result = {}
        for item, context in zip(meta["universe"], contexts, strict=False):
            coin = str(item["name"])
            if coin not in self._coins:
                continue
            mark = _number(context, "markPx", coin)
            mid = mark if context.get("midPx") is None else _number(context, "midPx", coin)
            result[coin] = Quote(
                coin,
                mid=mid,
                mark=mark,
                oracle=_number(context, "oraclePx", coin),
                time=asked_at,
                funding=_number(context, "funding", coin, signed=True),
            )
        return result

    async def books(self, coins: Sequence[str]) -> Mapping[str, Book]:
        """The venue's books, twenty levels a side."""
        found = {}
        for coin in coins:
            answer = await self._info({"type": "l2Book", "coin": coin})
            levels = answer.get("levels") if isinstance(answer, Mapping) else None
            if not isinstance(levels, list) or len(levels) != 2:
                raise MarketError(f"{self._base_url}: l2Book of {coin} has no two sides")
            bids, asks = (_levels(coin, side) for side in levels)
            if bids and asks and bids[0].price >= asks[0].price:
                raise MarketError(f"the venue's data: the book of {coin} is crossed")
            found[coin] = Book(bids, asks)
        return found

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

    async def _candles(self, coin: str, since: datetime, until: datetime) -> list[Bar]:
        request = {
            "coin": coin,
            "interval": "1m",
            "startTime": int(since.timestamp() * 1000),
            "endTime": int(until.timestamp() * 1000),
        }
        answer = await self._info({"type": "candleSnapshot", "req": request})
        if not isinstance(answer, list):
            raise MarketError(f"{self._base_url}: candleSnapshot of {coin} is not a list")
        bars: dict[datetime, Bar] = {}
        for candle in answer:
            bar = _bar(coin, candle)
            if since < bar.end <= until:
                bars[bar.start] = bar
        return [bars[start] for start in sorted(bars)]

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


def _levels(coin: str, side: object) -> tuple[Level, ...]:
    if not isinstance(side, list) or not all(isinstance(level, Mapping) for level in side):
        raise MarketError(f"l2Book of {coin}: a side is not a list of levels")
    return tuple(Level(_number(level, "px", coin), _number(level, "sz", coin)) for level in side)


def _bar(coin: str, candle: object) -> Bar:
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
