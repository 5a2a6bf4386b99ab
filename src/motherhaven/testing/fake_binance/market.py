"""The fake exchange's markets: their rules as exchangeInfo tells them, prices and candles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.market.instruments import Level, MarketSpec, Prices, Tier
from motherhaven.contract.money import plain
from motherhaven.testing.fake_binance.records import Refused, to_ms

MINUTE: Final = timedelta(minutes=1)
MOST_BARS: Final = 1_500
QUOTE: Final = "USDT"
LEVELS: Final = 20
_NOBODY: Final = Level(Decimal(0), Decimal(0))
"""An empty side, as the exchange tells it."""
_DEEP: Final = Decimal(1_000_000)
_BAND: Final = Decimal("0.1")
"""How far from the mark a limit may lie, as a fraction."""
_TYPES: Final = (
    "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """A market and its first price in USD."""

    spec: MarketSpec
    price: Decimal

    @property
    def symbol(self) -> str:
        """The exchange's name of it."""
        return f"{self.spec.coin}{QUOTE}"


def listing(coin: str, price: str, lot: int, tick: str, minimum: int) -> Listing:
    """A market with three margin tiers."""
    tiers = (
        Tier(Decimal(0), 50, Decimal("0.01")),
        Tier(Decimal(1_000_000), 20, Decimal("0.025")),
        Tier(Decimal(10_000_000), 10, Decimal("0.05")),
    )
    spec = MarketSpec(coin, lot, 50, tiers, Decimal(minimum), Decimal(tick))
    return Listing(spec, Decimal(price))


LISTINGS: Final = (
    listing("BTC", "50000", 3, "0.1", 100),
    listing("ETH", "3000", 3, "0.01", 20),
    listing("SOL", "150", 0, "0.01", 5),
)


class Market:
    """Prices and rules of every market."""

    def __init__(self, listings: Sequence[Listing], now: datetime) -> None:
        self.listings = {one.symbol: one for one in listings}
        self.coins = {one.spec.coin: one.symbol for one in listings}
        self.specs: Mapping[str, MarketSpec] = {one.spec.coin: one.spec for one in listings}
        self.prices = {
            one.symbol: Prices(one.spec.coin, one.price, one.price, one.price, now)
            for one in listings
        }

    def listing(self, symbol: str | None) -> Listing:
        """The market of a symbol.

        Raises:
            Refused: there is none.
        """
        found = self.listings.get(symbol or "")
        if found is None:
            raise Refused(-1121, "Invalid symbol.")
        return found

    def check_size(self, one: Listing, quantity: Decimal) -> None:
        """LOT_SIZE.

        Raises:
            Refused: too small, or not a whole number of steps.
        """
        if quantity <= 0:
            raise Refused(-4003, "Quantity less than or equal to zero.")
        if not one.spec.is_legal_size(quantity):
            raise Refused(-1111, "Precision is over the maximum defined for this asset.")

    def check_price(self, one: Listing, price: Decimal) -> None:
        """PRICE_FILTER and PERCENT_PRICE.

        Raises:
            Refused: off the tick, or too far from the mark.
        """
        if price <= 0:
            raise Refused(-4001, "Price less than 0.")
        if not one.spec.is_legal_price(price):
            raise Refused(-4014, "Price not increased by tick size.")
        mark = self.prices[one.symbol].mark
        if price > mark * (1 + _BAND):
            raise Refused(-4016, f"Limit price can't be higher than {mark * (1 + _BAND)}.")
        if price < mark * (1 - _BAND):
            raise Refused(-4024, f"Limit price can't be lower than {mark * (1 - _BAND)}.")

    def check_worth(self, one: Listing, quantity: Decimal, price: Decimal) -> None:
        """MIN_NOTIONAL.

        Raises:
            Refused: the order is too small.
        """
        least = one.spec.min_notional
        if quantity * price < least:
            raise Refused(
                -4164,
                f"Order's notional must be no smaller than {least} "
                "(unless you choose reduce only).",
            )

    # --- answers ----------------------------------------------------------------------------

    def info(self, now: datetime) -> dict[str, Any]:
        """GET exchangeInfo."""
        return {
            "timezone": "UTC", "serverTime": to_ms(now), "rateLimits": [],
            "exchangeFilters": [], "assets": [{"asset": QUOTE, "marginAvailable": True}],
            "symbols": [_symbol(one) for one in self.listings.values()],
        }  # fmt: skip

    def premium(self, symbol: str | None, now: datetime) -> Any:
        """GET premiumIndex."""
        names = self.listings if symbol is None else (self.listing(symbol).symbol,)
        rows = [
            {
                "symbol": name, "markPrice": plain(self.prices[name].mark),
                "indexPrice": plain(self.prices[name].oracle), "estimatedSettlePrice": "0",
                "lastFundingRate": "0.0001", "interestRate": "0.0001",
                "nextFundingTime": to_ms(now) + 3_600_000, "time": to_ms(now),
            }
            for name in names
        ]  # fmt: skip
        return rows if symbol is None else rows[0]

    def best(self, symbol: str | None, now: datetime) -> Any:
        """GET ticker/bookTicker."""
        names = self.listings if symbol is None else (self.listing(symbol).symbol,)
        rows = []
        for name in names:
            bid, ask = (side[0] if side else _NOBODY for side in self.book(name))
            rows.append(
                {
                    "symbol": name, "bidPrice": plain(bid.price), "bidQty": plain(bid.size),
                    "askPrice": plain(ask.price), "askQty": plain(ask.size),
                    "time": to_ms(now), "lastUpdateId": 1,
                }
            )  # fmt: skip
        return rows if symbol is None else rows[0]

    def day(self, symbol: str | None, now: datetime) -> Any:
        """GET ticker/24hr."""
        names = self.listings if symbol is None else (self.listing(symbol).symbol,)
        rows = []
        for name in names:
            price = plain(self.prices[name].mid)
            rows.append(
                {
                    "symbol": name, "lastPrice": price, "openPrice": price, "highPrice": price,
                    "lowPrice": price, "volume": "1", "quoteVolume": price, "priceChange": "0",
                    "priceChangePercent": "0", "weightedAvgPrice": price, "lastQty": "1",
                    "openTime": to_ms(now) - 86_400_000, "closeTime": to_ms(now), "firstId": 1,
                    "lastId": 1, "count": 1,
                }
            )  # fmt: skip
        return rows if symbol is None else rows[0]

    def book(self, symbol: str) -> tuple[list[Level], list[Level]]:
        """Bids and asks, best first: the mid is between the two best, a tick apart."""
        one = self.listing(symbol)
        mid, step = self.prices[symbol].mid, one.spec.price_step(Decimal(1))
        bids = [Level(mid - n * step, _DEEP) for n in range(1, LEVELS + 1)]
        asks = [Level(mid + n * step, _DEEP) for n in range(1, LEVELS + 1)]
        return [one for one in bids if one.price > 0], asks

    def depth(self, symbol: str | None, now: datetime) -> dict[str, Any]:
        """GET depth."""
        bids, asks = self.book(self.listing(symbol).symbol)
        return {
            "lastUpdateId": 1, "E": to_ms(now), "T": to_ms(now),
            "bids": [[plain(one.price), plain(one.size)] for one in bids],
            "asks": [[plain(one.price), plain(one.size)] for one in asks],
        }  # fmt: skip

    def klines(self, symbol: str | None, first: int | None, most: int, now: datetime) -> list[Any]:
        """GET klines: flat minutes at the present price."""
        one = self.listing(symbol)
        price, minute = plain(self.prices[one.symbol].mark), 60_000
        last = to_ms(now) // minute * minute
        start = last - (most - 1) * minute if first is None else -(-first // minute) * minute
        times = range(start, last + 1, minute)[: min(most, MOST_BARS)]
        return [
            [t, price, price, price, price, "1", t + minute - 1, price, 1, "1", price, "0"]
            for t in times
        ]

    def brackets(self) -> list[dict[str, Any]]:
        """GET leverageBracket."""
        return [
            {"symbol": name, "notionalCoef": 1.0, "brackets": _brackets(one.spec.tiers)}
            for name, one in self.listings.items()
        ]


def _symbol(one: Listing) -> dict[str, Any]:
    spec = one.spec
    tick, lot = plain(spec.price_step(Decimal(1))), plain(spec.lot)
    return {
        "symbol": one.symbol, "pair": one.symbol, "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000, "onboardDate": 1569398400000, "status": "TRADING",
        "baseAsset": spec.coin, "quoteAsset": QUOTE, "marginAsset": QUOTE,
        "pricePrecision": 2, "quantityPrecision": spec.size_decimals, "baseAssetPrecision": 8,
        "quotePrecision": 8, "underlyingType": "COIN", "underlyingSubType": [],
        "triggerProtect": "0.05", "liquidationFee": "0.0125", "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000, "orderTypes": list(_TYPES),
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "10000000",
             "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "100000", "stepSize": lot},
            {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": "100000",
             "stepSize": lot},
            {"filterType": "MIN_NOTIONAL", "notional": plain(spec.min_notional)},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.1", "multiplierDown": "0.9",
             "multiplierDecimal": "4"},
        ],
    }  # fmt: skip


def _brackets(tiers: Sequence[Tier]) -> list[dict[str, Any]]:
    rows = []
    for number, tier in enumerate(tiers):
        above = tiers[number + 1].lower if number + 1 < len(tiers) else Decimal(1_000_000_000)
        rows.append(
            {
                "bracket": number + 1, "initialLeverage": tier.max_leverage,
                "notionalCap": int(above), "notionalFloor": int(tier.lower),
                "maintMarginRatio": float(tier.rate or 0), "cum": 0.0,
            }
        )  # fmt: skip
    return rows
