"""POST /info about the markets: rules, prices, books, candles and funding rates."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.market.instruments import Bar, Level
from motherhaven.contract.exact import exact
from motherhaven.testing.fake_venue.market import Market
from motherhaven.testing.fake_venue.wire import from_ms, to_ms, wire

RATES_PAGE: Final = 500
CANDLES: Final = 5_000
INTERVALS: Final = {
    "1m": timedelta(minutes=1), "3m": timedelta(minutes=3), "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15), "30m": timedelta(minutes=30), "1h": timedelta(hours=1),
    "2h": timedelta(hours=2), "4h": timedelta(hours=4), "8h": timedelta(hours=8),
    "12h": timedelta(hours=12), "1d": timedelta(days=1),
}  # fmt: skip
TRADE_USD: Final = Decimal(1_000)
"""What a trade of others is worth on the stream."""
_OPEN_INTEREST: Final = Decimal(10_000_000)

Ask = Mapping[str, Any]


def meta(market: Market, _: Ask, __: datetime) -> dict[str, Any]:
    """The universe with its margin tables; an asset's number is its place, delisted included."""
    universe = []
    for one in market.listings:
        item: dict[str, Any] = {
            "szDecimals": one.spec.size_decimals,
            "name": one.name,
            "maxLeverage": one.spec.max_leverage,
            "marginTableId": market.table_of(one),
        }
        if one.only_isolated:
            item |= {"onlyIsolated": True, "marginMode": "strictIsolated"}
        if one.delisted:
            item["isDelisted"] = True
        universe.append(item)
    tables = [
        [number, {"description": f"tiered {tiers[0].max_leverage}x", "marginTiers": [
            {"lowerBound": wire(tier.lower), "maxLeverage": tier.max_leverage} for tier in tiers
        ]}]
        for number, tiers in market.margin_tables()
    ]  # fmt: skip
    return {"universe": universe, "marginTables": tables, "collateralToken": 0}


def meta_and_contexts(market: Market, ask: Ask, now: datetime) -> list[Any]:
    """The universe, and the prices of each market in the same order."""
    return [meta(market, ask, now), [context(market, one.name) for one in market.listings]]


def context(market: Market, coin: str) -> dict[str, Any]:
    """The prices and the funding rate of one market."""
    prices = market.prices[coin]
    bid, ask = market.best(coin)
    return {
        "funding": wire(market.rates[coin]),
        "openInterest": wire(_OPEN_INTEREST),
        "prevDayPx": wire(prices.mark),
        "dayNtlVlm": "0.0",
        "premium": "0.0",
        "oraclePx": wire(prices.oracle),
        "markPx": wire(prices.mark),
        "midPx": wire(prices.mid),
        "impactPxs": [wire(bid), wire(ask)],
        "dayBaseVlm": "0.0",
    }


def all_mids(market: Market, _: Ask, __: datetime) -> dict[str, str]:
    """The mid of each coin that is traded."""
    return {coin: wire(market.prices[coin].mid) for coin in market.traded}


def l2_book(market: Market, ask: Ask, now: datetime) -> dict[str, Any] | None:
    """Bids and asks, best first."""
    coin = _coin(market, ask)
    if coin is None:
        return None
    bids, asks = market.book(coin)
    levels = [[_level(one) for one in bids], [_level(one) for one in asks]]
    return {"coin": coin, "time": to_ms(now), "levels": levels}


def _level(level: Level) -> dict[str, Any]:
    return {"px": wire(level.price), "sz": wire(level.size), "n": 1}


def candle_snapshot(market: Market, ask: Ask, _: datetime) -> list[Any] | None:
    """Candles of a time, oldest first; the last one may still be open."""
    wanted = ask.get("req")
    coin = _coin(market, wanted) if isinstance(wanted, Mapping) else None
    if coin is None or not isinstance(wanted, Mapping):
        return None
    label = str(wanted.get("interval"))[:8]
    interval = INTERVALS.get(label)
    if interval is None:
        return None
    since, until = wanted.get("startTime") or 0, wanted.get("endTime")
    bars = [bar for bar in joined(market.bars[coin], interval) if to_ms(bar.end) > since]
    if until is not None:
        bars = [bar for bar in bars if to_ms(bar.start) <= until]
    return [candle(bar, label) for bar in bars[-CANDLES:]]


def joined(bars: Any, interval: timedelta) -> list[Bar]:
    """One-minute bars put together into longer ones."""
    found: list[Bar] = []
    for bar in bars:
        start = from_ms(to_ms(bar.start) // _ms(interval) * _ms(interval))
        if not found or found[-1].start != start:
            found.append(replace(bar, start=start, interval=interval))
            continue
        last = found[-1]
        with exact():
            found[-1] = replace(
                last, high=max(last.high, bar.high), low=min(last.low, bar.low),
                close=bar.close, volume=last.volume + bar.volume,
            )  # fmt: skip
    return found


def candle(bar: Bar, label: str) -> dict[str, Any]:
    """A candle as candleSnapshot and the stream have it."""
    return {
        "t": to_ms(bar.start),
        "T": to_ms(bar.end) - 1,
        "s": bar.coin,
        "i": label,
        "o": wire(bar.open),
        "c": wire(bar.close),
        "h": wire(bar.high),
        "l": wire(bar.low),
        "v": wire(bar.volume),
        "n": 1,
    }


def funding_history(market: Market, ask: Ask, _: datetime) -> list[Any] | None:
    """The hourly rates of a coin, oldest first, a page of them."""
    coin = _coin(market, ask)
    if coin is None:
        return None
    since, until = ask.get("startTime") or 0, ask.get("endTime")
    found = [
        {"coin": coin, "fundingRate": wire(rate), "premium": "0.0", "time": to_ms(time)}
        for time, rate in market.rate_history[coin]
        if since <= to_ms(time) and (until is None or to_ms(time) <= until)
    ]
    return found[:RATES_PAGE]


def exchange_status(_: Market, __: Ask, now: datetime) -> dict[str, Any]:
    """The venue's clock."""
    return {"time": to_ms(now), "specialStatuses": None}


def _coin(market: Market, ask: Ask) -> str | None:
    coin = ask.get("coin")
    return coin if isinstance(coin, str) and coin in market.specs else None


def _ms(interval: timedelta) -> int:
    return interval // timedelta(milliseconds=1)


QUESTIONS: Final[Mapping[str, Callable[[Market, Ask, datetime], Any]]] = {
    "meta": meta,
    "metaAndAssetCtxs": meta_and_contexts,
    "allMids": all_mids,
    "l2Book": l2_book,
    "candleSnapshot": candle_snapshot,
    "fundingHistory": funding_history,
    "exchangeStatus": exchange_status,
}
