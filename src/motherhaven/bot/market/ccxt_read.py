"""What ccxt's unified answers say, checked: bars, rates, prices, books and rules of a market.

Unified answers hold floats. A float's shortest text is the number that the venue sent, as
long as it has at most 15 digits, and prices and sizes of venues do.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.market.feed import Book, Quote
from motherhaven.bot.market.instruments import Bar, Level, MarketSpec, Tier, check_bar
from motherhaven.contract.errors import InvalidMoney, MarketError
from motherhaven.contract.exact import quotient
from motherhaven.contract.money import to_decimal

QUOTES: Final = ("USDT", "USDC", "USD")
"""Currencies of account, the most traded first; each counts as a dollar."""
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS: Final = 7_258_118_400_000
_MOST_LEVERAGE: Final = 1_000
_DEFAULT_LEVERAGE: Final = 10


def perpetuals(markets: object) -> dict[str, Mapping[str, Any]]:
    """The linear perpetual futures that are traded, by coin; of several the most usual quote."""
    if not isinstance(markets, Mapping):
        raise MarketError("the venue's markets are not an object")
    found: dict[str, Mapping[str, Any]] = {}
    for market in markets.values():
        if not isinstance(market, Mapping) or not _is_perpetual(market):
            continue
        coin = market["base"]
        if coin not in found or _rank(market) < _rank(found[coin]):
            found[coin] = market
    return found


def spec_of(coin: str, market: Mapping[str, Any]) -> MarketSpec:
    """The rules of a market: lot, tick, largest leverage, smallest order.

    Raises:
        MarketError: they cannot be read.
    """
    precision, limits = _part(market, "precision"), _part(market, "limits")
    lot = _positive(precision.get("amount"), f"{coin} lot") * _contract(coin, market)
    tick = _positive(precision.get("price"), f"{coin} tick")
    least = _part(limits, "cost").get("min")
    leverage = _part(limits, "leverage").get("max")
    most = _DEFAULT_LEVERAGE if leverage is None else int(_positive(leverage, f"{coin} leverage"))
    return MarketSpec(
        coin,
        size_decimals=_decimals(coin, lot),
        max_leverage=min(max(most, 1), _MOST_LEVERAGE),
        min_notional=Decimal(10) if least is None else _positive(least, f"{coin} smallest order"),
        tick=tick,
    )


def tiers_of(coin: str, rows: object) -> tuple[Tier, ...]:
    """The margin tiers of a market, lowest first, each with its own maintenance rate.

    Raises:
        MarketError: there are none, or they cannot be true.
    """
    found: list[Tier] = []
    for row in _rows(coin, rows):
        told = _mapping(row)
        lower = told.get("minNotional")
        least = Decimal(0) if lower is None else _number(lower, f"{coin} tier")
        rate = _positive(told.get("maintenanceMarginRate"), f"{coin} maintenance rate")
        most = _positive(told.get("maxLeverage"), f"{coin} leverage of a tier")
        if not found:
            least = Decimal(0)
        elif least <= found[-1].lower or rate < (found[-1].rate or 0):
            raise MarketError(f"the venue's data: the margin tiers of {coin} do not rise")
        if rate >= 1:
            raise MarketError(f"the venue's data: a maintenance rate of {coin} is {rate}")
        found.append(Tier(least, min(max(int(most), 1), _MOST_LEVERAGE), rate))
    if not found:
        raise MarketError(f"the venue's data: {coin} has no margin tiers")
    return tuple(found)


def bars_of(coin: str, rows: object, interval: timedelta) -> list[Bar]:
    """Bars from [start in ms, open, high, low, close, volume]; volume in coin as ccxt has it.

    Raises:
        MarketError: a row cannot be true.
    """
    return [_bar(coin, row, interval) for row in _rows(coin, rows)]


def rates_of(coin: str, rows: object) -> list[tuple[datetime, Decimal]]:
    """Funding rates by the time at which they are paid, oldest first, each once.

    Raises:
        MarketError: a rate cannot be true.
    """
    found = {}
    for row in _rows(coin, rows):
        if not isinstance(row, Mapping):
            raise MarketError(f"the venue's data: a funding rate of {coin} is not an object")
        rate = _number(row.get("fundingRate"), f"{coin} funding rate")
        found[_moment(row.get("timestamp"), coin)] = rate
    return sorted(found.items())


def quote_of(
    coin: str,
    market: Mapping[str, Any],
    ticker: object,
    funding: object,
    interest: object,
    time: datetime,
) -> Quote:
    """Prices of now; mark and oracle are the mid where the venue does not tell them.

    Funding is turned into an hourly rate by the venue's own interval (eight hours if untold).

    Raises:
        MarketError: there is no price, or one cannot be true.
    """
    told, paid, held = _mapping(ticker), _mapping(funding), _mapping(interest)
    bid, ask, last = (told.get(name) for name in ("bid", "ask", "last"))
    if _is_told(bid) and _is_told(ask):
        sides = _positive(bid, f"{coin} bid") + _positive(ask, f"{coin} ask")
        mid = sides / 2
    else:
        mid = _positive(last, f"{coin} last price")
    mark = paid.get("markPrice") or told.get("markPrice")
    oracle = paid.get("indexPrice") or told.get("indexPrice")
    marked = mid if mark is None else _positive(mark, f"{coin} mark price")
    rate = paid.get("fundingRate")
    return Quote(
        coin,
        mid=mid,
        mark=marked,
        oracle=marked if oracle is None else _positive(oracle, f"{coin} index price"),
        time=time,
        funding=None if rate is None else _hourly(coin, rate, paid.get("interval")),
        open_interest=_interest(coin, held, market, marked),
    )


def has_price(ticker: object) -> bool:
    """Whether a ticker tells a bid and an ask, or at least what was paid last."""
    told = _mapping(ticker)
    bid, ask, last = (_is_told(told.get(name)) for name in ("bid", "ask", "last"))
    return (bid and ask) or last


def book_of(coin: str, market: Mapping[str, Any], raw: object) -> Book:
    """The order book, best first, sizes in coin.

    Raises:
        MarketError: it is crossed, or a level cannot be true.
    """
    contract, told = _contract(coin, market), _mapping(raw)
    bids, asks = (_levels(coin, told.get(side), contract) for side in ("bids", "asks"))
    if bids and asks and bids[0].price >= asks[0].price:
        raise MarketError(f"the venue's data: the book of {coin} is crossed")
    return Book(bids, asks)


def _is_perpetual(market: Mapping[str, Any]) -> bool:
    return (
        market.get("swap") is True
        and market.get("linear") is True
        and market.get("active") is not False
        and isinstance(market.get("base"), str)
        and isinstance(market.get("symbol"), str)
        and market.get("quote") in QUOTES
    )


def _rank(market: Mapping[str, Any]) -> int:
    return QUOTES.index(market["quote"])


def _contract(coin: str, market: Mapping[str, Any]) -> Decimal:
    """Coins in one contract."""
    size = market.get("contractSize")
    return Decimal(1) if size is None else _positive(size, f"{coin} contract size")


def _decimals(coin: str, lot: Decimal) -> int:
    """Decimals of a size, so that every size that we send is a whole number of lots."""
    _, digits, exponent = lot.normalize().as_tuple()
    if not isinstance(exponent, int) or digits != (1,):
        raise MarketError(f"{coin} has lots of {lot}: this bot trades lots of a power of ten only")
    return -exponent


def _bar(coin: str, row: object, interval: timedelta) -> Bar:
    if not isinstance(row, (list, tuple)) or len(row) < 6:
        raise MarketError(f"the venue's data: a candle of {coin} has no six figures")
    first, high, low, close = (_positive(cell, f"{coin} candle") for cell in row[1:5])
    volume = Decimal(0) if row[5] is None else _number(row[5], f"{coin} volume")
    start = _moment(row[0], coin)
    return check_bar(Bar(coin, start, first, high, low, close, volume, interval))


def _hourly(coin: str, rate: object, interval: object) -> Decimal:
    hours = 8
    if isinstance(interval, str) and interval.endswith("h") and interval[:-1].isdigit():
        hours = max(1, int(interval[:-1][:3]))
    return quotient(_number(rate, f"{coin} funding rate"), Decimal(hours))


def _interest(
    coin: str, held: Mapping[str, Any], market: Mapping[str, Any], mark: Decimal
) -> Decimal | None:
    """In coin, from the value in dollars where it is told, else from contracts."""
    value, amount = held.get("openInterestValue"), held.get("openInterestAmount")
    if value is not None:
        return quotient(abs(_number(value, f"{coin} open interest")), mark)
    if amount is None:
        return None
    return abs(_number(amount, f"{coin} open interest")) * _contract(coin, market)


def _levels(coin: str, side: object, contract: Decimal) -> tuple[Level, ...]:
    rows = side if isinstance(side, list) else []
    found = []
    for row in rows:
        if not isinstance(row, (list, tuple)) or len(row) < 2:
            raise MarketError(f"the venue's data: a level of {coin} has no price and size")
        size = _positive(row[1], f"{coin} size in the book") * contract
        found.append(Level(_positive(row[0], f"{coin} price in the book"), size))
    return tuple(found)


def _rows(coin: str, rows: object) -> Iterable[Any]:
    if not isinstance(rows, list):
        raise MarketError(f"the venue's data of {coin} are not a list")
    return rows


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return _mapping(value.get(name))


def _is_told(price: object) -> bool:
    """Whether there is a price at all: an empty side of a book is told as 0 or as nothing."""
    return price is not None and str(price).strip("0.") != ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _moment(stamp: object, coin: str) -> datetime:
    if not isinstance(stamp, (int, float)) or not 0 <= stamp < _LAST_MS:
        raise MarketError(f"the venue's data: {str(stamp)[:40]} is no time of {coin}")
    return _ORIGIN + timedelta(milliseconds=int(stamp))


def _positive(value: object, what: str) -> Decimal:
    number = _number(value, what)
    if number <= 0:
        raise MarketError(f"the venue's data: {what} is {number}, not above 0")
    return number


def _number(value: object, what: str) -> Decimal:
    try:
        return to_decimal(repr(value) if isinstance(value, float) else value, what)
    except InvalidMoney as error:
        raise MarketError(f"the venue's data: {error}") from None
