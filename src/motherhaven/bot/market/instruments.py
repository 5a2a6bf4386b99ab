"""What a market is: its rules, bars, prices and fee rates. All numbers are Decimal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from motherhaven.contract.errors import MarketError
from motherhaven.contract.exact import EXACT, exact, remainder
from motherhaven.contract.quick_init import quick_init, quick_inside

MINUTE: Final = timedelta(minutes=1)
SIGNIFICANT_FIGURES: Final = 5
PRICE_DECIMALS: Final = 6
_ONE: Final = Decimal(1)
_ROUNDING: Final = {True: ROUND_CEILING, False: ROUND_FLOOR}
_STEPS: Final = {exponent: _ONE.scaleb(exponent) for exponent in range(-12, 1)}
"""The powers of ten that steps are, written out: they are needed at every price."""


def _step(exponent: int) -> Decimal:
    """10**exponent."""
    return _STEPS.get(exponent) or _ONE.scaleb(exponent)


@quick_init
@dataclass(frozen=True, slots=True)
class Bar:
    """One closed candle. `start` is aware UTC; prices in USD, volume in coin."""

    coin: str
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    interval: timedelta = MINUTE

    @property
    def end(self) -> datetime:
        """The moment at which the bar is closed and may be acted upon."""
        return self.start + self.interval


def check_bar(bar: Bar) -> Bar:
    """`bar` itself when it can exist: finite, positive, low <= open and close <= high.

    Raises:
        MarketError: it cannot; the message names coin and time.
    """
    prices = (bar.open, bar.high, bar.low, bar.close)
    where = f"bar of {bar.coin} at {bar.start.isoformat()}"
    if not all(price.is_finite() and price > 0 for price in prices):
        raise MarketError(f"{where}: prices must be finite and above 0; mend or drop the row")
    if not (bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high):
        raise MarketError(f"{where}: low <= open, close <= high does not hold; mend the row")
    if not (bar.volume.is_finite() and bar.volume >= 0):
        raise MarketError(f"{where}: volume {bar.volume} must be finite and at least 0")
    return bar


@quick_inside
@dataclass(frozen=True, slots=True)
class Prices:
    """A coin's prices in USD: mark for margin, oracle for funding, mid for slippage."""

    coin: str
    mark: Decimal
    mid: Decimal
    oracle: Decimal
    time: datetime


@dataclass(frozen=True, slots=True)
class FeeRates:
    """Fee rates as fractions of the notional."""

    taker: Decimal = Decimal("0.00045")
    maker: Decimal = Decimal("0.00015")


@dataclass(frozen=True, slots=True)
class Tier:
    """From `lower` USD of notional on, at most `max_leverage`.

    `rate` is the maintenance margin as a fraction of the notional where the venue names it;
    None means 1 / (2 * max_leverage).
    """

    lower: Decimal
    max_leverage: int
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """The rules of one market.

    `tiers` starts at 0 and rises; empty means one tier of `max_leverage`. `tick` is a
    fixed price step for venues that have one; None means the rule of significant
    figures (5, and at most `price_decimals` - size_decimals decimals; integers always
    legal). `price_decimals` None leaves the significant figures alone.
    """

    coin: str
    size_decimals: int = 5
    max_leverage: int = 10
    tiers: tuple[Tier, ...] = ()
    min_notional: Decimal = Decimal(10)
    tick: Decimal | None = None
    price_decimals: int | None = PRICE_DECIMALS

    def __hash__(self) -> int:
        """By what differs from coin to coin: tables are looked up by it at every order."""
        return hash((self.coin, self.size_decimals, self.max_leverage))

    @property
    def lot(self) -> Decimal:
        """The smallest step of a size, in coin."""
        return _STEPS.get(-self.size_decimals) or _step(-self.size_decimals)

    def price_step(self, price: Decimal) -> Decimal:
        """The price step that is legal around `price`, in USD."""
        if self.tick is not None:
            return self.tick
        figures = price.adjusted() - SIGNIFICANT_FIGURES + 1
        if figures >= 0:
            return _ONE  # an integer is always legal
        if self.price_decimals is not None:
            figures = min(max(figures, self.size_decimals - self.price_decimals), 0)
        return _STEPS.get(figures) or _step(figures)

    def round_price(self, price: Decimal, *, up: bool) -> Decimal:
        """`price` moved to the next legal price, up or down."""
        if self.tick is None:
            return price.quantize(self.price_step(price), _ROUNDING[up], EXACT)
        with exact():
            steps = price // self.tick
            over = up and price % self.tick > 0
            return (steps + 1 if over else steps) * self.tick

    def is_legal_price(self, price: Decimal) -> bool:
        """Whether `price` lies on the market's grid."""
        return price > 0 and not remainder(price, self.price_step(price))

    def floor_size(self, size: Decimal) -> Decimal:
        """An unsigned size rounded down to the lot: never larger than asked."""
        return size.quantize(self.lot, ROUND_FLOOR, EXACT)

    def is_legal_size(self, size: Decimal) -> bool:
        """Whether an unsigned size is positive and a whole number of lots."""
        return size > 0 and not remainder(size, self.lot)


_BTC_TIERS: Final = (Tier(Decimal(0), 40), Tier(Decimal(150_000_000), 20))
_ETH_TIERS: Final = (Tier(Decimal(0), 25), Tier(Decimal(100_000_000), 15))
_KNOWN: Final = {
    "BTC": MarketSpec("BTC", 5, 40, _BTC_TIERS),
    "ETH": MarketSpec("ETH", 4, 25, _ETH_TIERS),
    "SOL": MarketSpec("SOL", 2, 20),
}


def with_known_tiers(spec: MarketSpec) -> MarketSpec:
    """`spec` with the built-in margin tiers of its coin, where there are any.

    They hold for the leverage that they were written for: another one has a single tier.
    """
    known = _KNOWN.get(spec.coin)
    if known is None or known.max_leverage != spec.max_leverage:
        return spec
    return replace(spec, tiers=known.tiers)


def tiers_unknown(venue: str, coins: Sequence[str]) -> tuple[str, ...]:
    """A warning where margin tiers are the built-in ones."""
    if not coins:
        return ()
    return (
        f"{venue} does not tell the margin tiers of {', '.join(coins)}: built-in ones are used, "
        "so liquidation prices of large positions may differ",
    )


_MOST_SIZE_DECIMALS: Final = 8


def default_spec(
    coin: str, max_leverage: int | None = None, price: Decimal | None = None
) -> MarketSpec:
    """The rules of `coin` where no venue was asked (replay, simulation, scenarios).

    Coins that are not known get 10x and steps from their own `price` in USD: five
    significant figures, and lots worth less than a tenth of a cent. `max_leverage`
    replaces the first tier's leverage; the higher tiers of the coin still apply.
    """
    known = _KNOWN.get(coin)
    if known is None:
        known = MarketSpec(coin, size_decimals=_size_decimals(price), price_decimals=None)
    if max_leverage is None or max_leverage == known.max_leverage:
        return known
    tiers = tuple(Tier(tier.lower, min(tier.max_leverage, max_leverage)) for tier in known.tiers)
    if tiers:
        tiers = (Tier(tiers[0].lower, max_leverage), *tiers[1:])
    return replace(known, max_leverage=max_leverage, tiers=tiers)


def _size_decimals(price: Decimal | None) -> int:
    if price is None or not price.is_finite() or price <= 0:
        return _MOST_SIZE_DECIMALS
    return min(max(price.adjusted() + 4, 0), _MOST_SIZE_DECIMALS)


@dataclass(frozen=True, slots=True)
class Level:
    """Unsigned size in coin that is offered at one price."""

    price: Decimal
    size: Decimal
