"""The fake venue's markets: their rules, prices, funding rates and candles."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.instruments import Bar, Level, MarketSpec, Prices, Tier, default_spec
from motherhaven.contract.exact import exact, quotient

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
BARS_KEPT: Final = 5_000
RATES_KEPT: Final = 5_000
DEFAULT_LEVERAGE: Final = 20
_LEVEL_SIZE_USD: Final = Decimal(1_000_000)
_LEVELS: Final = 20


@dataclass(frozen=True, slots=True)
class Listing:
    """A market of the universe; its index there is its asset number."""

    spec: MarketSpec
    price: Decimal
    only_isolated: bool = False
    delisted: bool = False

    @property
    def name(self) -> str:
        """The coin."""
        return self.spec.coin


def listing(
    coin: str, price: str, decimals: int, leverage: int, *, isolated: bool = False,
    delisted: bool = False,
) -> Listing:  # fmt: skip
    """A market with one margin tier, but for the coins whose tiers are known."""
    known = default_spec(coin)
    spec = known if known.tiers else MarketSpec(coin, decimals, leverage)
    return Listing(spec, Decimal(price), isolated, delisted)


UNIVERSE: Final = (
    listing("BTC", "50000", 5, 40),
    listing("ETH", "3000", 4, 25),
    listing("ATOM", "10", 2, 5),
    listing("MATIC", "0.5", 1, 20, delisted=True),
    listing("DYDX", "2", 1, 5),
    listing("SOL", "150", 2, 20),
    listing("AVAX", "30", 2, 10),
    listing("BNB", "600", 3, 10),
    listing("kPEPE", "0.011", 0, 10),
    listing("LTC", "90", 2, 10),
    listing("CANTO", "0.12", 0, 3, isolated=True),
)
"""The markets of a fake venue that is told no others, as the venue numbers them."""


class Market:
    """Prices of every coin, shared by all accounts. Takers trade at the mid."""

    def __init__(self, listings: Sequence[Listing], now: datetime) -> None:
        self.listings = tuple(listings)
        self.specs: Mapping[str, MarketSpec] = {one.name: one.spec for one in listings}
        self.prices: dict[str, Prices] = {}
        self.rates: dict[str, Decimal] = {one.name: Decimal("0.0000125") for one in listings}
        self.rate_history: dict[str, deque[tuple[datetime, Decimal]]] = {}
        self.bars: dict[str, deque[Bar]] = {}
        for one in self.listings:
            price = one.price
            self.prices[one.name] = Prices(one.name, price, price, price, now)
            self.rate_history[one.name] = deque(maxlen=RATES_KEPT)
            self.bars[one.name] = deque(maxlen=BARS_KEPT)

    def asset(self, number: int) -> Listing | None:
        """The market with this asset number, None when it is not traded."""
        if not 0 <= number < len(self.listings) or self.listings[number].delisted:
            return None
        return self.listings[number]

    def listing(self, coin: str) -> Listing | None:
        """The market of a coin."""
        return next((one for one in self.listings if one.name == coin), None)

    @property
    def traded(self) -> Iterable[str]:
        """The coins that are not delisted."""
        return (one.name for one in self.listings if not one.delisted)

    def set(self, prices: Prices) -> None:
        """Take new prices, and the mark as a trade of the running minute's candle."""
        self.prices[prices.coin] = prices
        self._trade(prices.coin, prices.mark, prices.time)

    def set_bar(self, bar: Bar) -> None:
        """Take a closed bar: its close is every price."""
        close = bar.close
        self.prices[bar.coin] = Prices(bar.coin, close, close, close, bar.end)
        self.preload([bar])

    def preload(self, bars: Iterable[Bar]) -> None:
        """Keep closed bars for the candles; the prices stay as they are."""
        for bar in bars:
            kept = self.bars[bar.coin]
            while kept and kept[-1].start >= bar.start:
                kept.pop()
            kept.append(bar)

    def fill(self, now: datetime) -> None:
        """Give each coin that has candles a flat one for every minute without a trade."""
        start = now.replace(second=0, microsecond=0)
        for kept in self.bars.values():
            if not kept or kept[-1].start >= start:
                continue
            last = kept[-1]
            first = max(last.start + MINUTE, start - BARS_KEPT * MINUTE)
            for number in range((start - first) // MINUTE + 1):
                begun, at = first + number * MINUTE, last.close
                kept.append(Bar(last.coin, begun, at, at, at, at, Decimal(0)))

    def _trade(self, coin: str, price: Decimal, time: datetime) -> None:
        start = time.replace(second=0, microsecond=0)
        kept = self.bars[coin]
        last = kept[-1] if kept else None
        if last is None or last.start < start:
            opened = last.close if last is not None else price
            low, high = min(opened, price), max(opened, price)
            kept.append(Bar(coin, start, opened, high, low, price, Decimal(1)))
            return
        kept[-1] = replace(
            last, high=max(last.high, price), low=min(last.low, price), close=price,
            volume=last.volume + 1,
        )  # fmt: skip

    def best(self, coin: str) -> tuple[Decimal, Decimal]:
        """The best bid and ask: the legal prices around the mid."""
        spec, mid = self.specs[coin], self.prices[coin].mid
        step = spec.price_step(mid)
        with exact():
            return spec.round_price(mid - step, up=True), spec.round_price(mid + step, up=False)

    def book(self, coin: str) -> tuple[list[Level], list[Level]]:
        """Bids and asks, best first; each level has about a million USD."""
        spec = self.specs[coin]
        bid, ask = self.best(coin)
        step = spec.price_step(bid)
        with exact():
            size = spec.floor_size(quotient(_LEVEL_SIZE_USD, ask)) + spec.lot
            bids = [Level(bid - n * step, size) for n in range(_LEVELS) if bid > n * step]
            asks = [Level(ask + n * step, size) for n in range(_LEVELS)]
        return bids, asks

    def margin_tables(self) -> list[tuple[int, tuple[Tier, ...]]]:
        """The tables of markets with more than one tier, by number."""
        tiered = [one.spec for one in self.listings if len(one.spec.tiers) > 1]
        return [(51 + number, spec.tiers) for number, spec in enumerate(tiered)]

    def table_of(self, one: Listing) -> int:
        """The number of a market's margin table: its leverage where it has one tier."""
        for number, tiers in self.margin_tables():
            if tiers == one.spec.tiers:
                return number
        return one.spec.max_leverage
