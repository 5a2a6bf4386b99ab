"""A simulated market: seeded, correlated one-minute bars with random access by time.

Each UTC day is a block that depends on the seed and the day alone: a Brownian bridge in
log price between two daily levels, half of it common to all coins, with volatility that
comes in clusters. So any day costs the same, and two bots on one seed see one market.
Floats shape the path only; prices leave as exact decimals on the market's own grid.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from motherhaven.bot.market.feed import (
    Book,
    FundingKept,
    Quote,
    Slice,
    WithoutMarks,
    first_of_interval,
)
from motherhaven.bot.market.instruments import Bar, MarketSpec, default_spec
from motherhaven.contract.coins import match_coin

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
FUNDING_PAGE: Final = 500
DAY_MINUTES: Final = 1440
_CACHED_DAYS: Final = 6
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)

_LEVELS: Final = {
    "BTC": 95_000.0,
    "ETH": 3_400.0,
    "SOL": 180.0,
    "BNB": 650.0,
    "XRP": 2.2,
    "DOGE": 0.21,
    "ADA": 0.62,
    "AVAX": 26.0,
    "LINK": 16.0,
    "LTC": 98.0,
    "SUI": 2.4,
    "HYPE": 38.0,
    "ARB": 0.42,
    "kPEPE": 0.0112,
}
_DAILY_VOLATILITY: Final = {"BTC": 0.022, "ETH": 0.029, "SOL": 0.038}
_OCTAVES: Final = (2, 5, 13, 34, 89)
"""Periods in days of the slow waves that move the daily level."""


class SimulatedFeed(WithoutMarks):
    """One-minute bars that never were: `simulated` is always True.

    The same seed gives the same market to everyone; bars end where `until` says, so
    the future is never handed out.
    """

    def __init__(self, coins: Sequence[str], seed: int) -> None:
        self._coins = tuple(match_coin(coin, _LEVELS) or coin for coin in coins)
        self._seed = seed
        self._specs = {
            coin: default_spec(coin, price=Decimal(repr(_base(seed, coin)))) for coin in self._coins
        }
        self._days: OrderedDict[tuple[str, int], tuple[Bar, ...]] = OrderedDict()

    @property
    def name(self) -> str:
        """ "simulated:" and the seed."""
        return f"simulated:{self._seed}"

    @property
    def simulated(self) -> bool:
        """Always True."""
        return True

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins asked for; any name has a market here."""
        return self._coins

    @property
    def interval(self) -> timedelta:
        """One minute."""
        return MINUTE

    @property
    def specs(self) -> Mapping[str, MarketSpec]:
        """The default rules of each coin."""
        return self._specs

    @property
    def set_aside(self) -> Mapping[str, str]:
        """None: invented prices are never missing."""
        return {}

    @property
    def funding_kept(self) -> FundingKept:
        """All of it: rates depend on seed and hour alone."""
        return FundingKept.HISTORY

    async def funding_rates(
        self, coin: str, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, Decimal]]:
        """The rate of each full hour from `since` to before `until`, at most a page of them."""
        first = -(-int(since.timestamp()) // 3600)
        last = -(-int(until.timestamp()) // 3600)
        hours = range(first, min(last, first + FUNDING_PAGE))
        return [(_ORIGIN + hour * HOUR, self._funding(coin, hour)) for hour in hours]

    def bar(self, coin: str, minute: int) -> Bar:
        """The bar that starts `minute` minutes after 1970."""
        day, offset = divmod(minute, DAY_MINUTES)
        return self._block(coin, day)[offset]

    def slices(self, since: datetime, until: datetime) -> list[Slice]:
        """Slices with since < time <= until, without waiting for anything."""
        first = _minute_of(since)
        last = _minute_of(until) - 1
        return [
            Slice(
                time=_ORIGIN + (minute + 1) * MINUTE,
                bars={coin: self.bar(coin, minute) for coin in self._coins},
            )
            for minute in range(first, last + 1)
        ]

    async def closed(self, since: datetime, until: datetime) -> Sequence[Slice]:
        """Slices with since < time <= until."""
        return self.slices(since, until)

    async def quotes(self, now: datetime) -> Mapping[str, Quote]:
        """Prices at the start of the minute that runs at `now`."""
        return self.quotes_at(now)

    def quotes_at(self, now: datetime) -> dict[str, Quote]:
        """As `quotes`, without waiting."""
        minute = _minute_of(now)
        start = first_of_interval(now, MINUTE)
        result = {}
        for coin in self._coins:
            price = self.bar(coin, minute).open
            rate = self._funding(coin, minute // 60)
            result[coin] = Quote(coin, price, price, price, start, rate)
        return result

    async def books(self, coins: Sequence[str]) -> Mapping[str, Book]:
        """None: takers pay the slippage formula here."""
        return {}

    async def close(self) -> None:
        """Nothing to let go of."""

    def _funding(self, coin: str, hour: int) -> Decimal:
        draw = Random(f"{self._seed}|funding|{coin}|{hour // 8}").gauss(12.5, 9.0)  # noqa: S311
        return Decimal(round(draw * 10)).scaleb(-7)

    def _block(self, coin: str, day: int) -> tuple[Bar, ...]:
        key = (coin, day)
        block = self._days.get(key)
        if block is None:
            block = self._days[key] = _make_day(self._seed, self._specs[coin], day)
            while len(self._days) > _CACHED_DAYS * len(self._coins):
                self._days.popitem(last=False)
        return block


def _minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _base(seed: int, coin: str) -> float:
    """The coin's usual price in USD."""
    known = _LEVELS.get(coin)
    if known is not None:
        return known
    return math.exp(Random(f"{seed}|level|{coin}").uniform(math.log(0.05), math.log(120.0)))  # noqa: S311


def _level(seed: int, coin: str, day: int) -> float:
    """Log price at the start of a day: slow waves around the coin's usual price."""
    base = _base(seed, coin)
    sigma = _DAILY_VOLATILITY.get(coin, 0.042)
    drift = 0.0
    for period in _OCTAVES:
        whole, part = divmod(day, period)
        for tag, weight in (("market", 0.75), (coin, 0.5)):
            left = _knot(seed, tag, period, whole)
            right = _knot(seed, tag, period, whole + 1)
            smooth = part / period
            drift += weight * math.sqrt(period) * (left + (right - left) * smooth)
    return math.log(base) + sigma * 0.8 * drift


def _knot(seed: int, tag: str, period: int, index: int) -> float:
    return Random(f"{seed}|{tag}|{period}|{index}").gauss(0.0, 1.0)  # noqa: S311


def _walk(seed: int, tag: str, day: int) -> list[float]:
    """A day's bridge: DAY_MINUTES + 1 values of unit daily variance, 0 at both ends."""
    random = Random(f"{seed}|walk|{tag}|{day}")  # noqa: S311
    gauss = random.gauss
    total, walk, scale, heat = 0.0, [0.0], 1.0 / math.sqrt(DAY_MINUTES), 0.0
    for minute in range(DAY_MINUTES):
        if minute % 15 == 0:
            heat = 0.85 * heat + 0.35 * gauss(0.0, 1.0)
        total += gauss(0.0, scale) * math.exp(heat - 0.2)
        walk.append(total)
    return [value - total * minute / DAY_MINUTES for minute, value in enumerate(walk)]


def _make_day(seed: int, spec: MarketSpec, day: int) -> tuple[Bar, ...]:
    coin = spec.coin
    sigma = _DAILY_VOLATILITY.get(coin, 0.042)
    start, end = _level(seed, coin, day), _level(seed, coin, day + 1)
    market, own = _walk(seed, "market", day), _walk(seed, coin, day)
    path = [
        math.exp(start + (end - start) * i / DAY_MINUTES + sigma * (0.8 * market[i] + 0.6 * own[i]))
        for i in range(DAY_MINUTES + 1)
    ]
    step = spec.price_step(Decimal(repr(min(path))))
    unit = float(step)
    ticks = [round(price / unit) for price in path]
    random = Random(f"{seed}|bars|{coin}|{day}")  # noqa: S311
    wick = sigma / math.sqrt(DAY_MINUTES) / unit
    turnover = 6e5 / math.exp(start)
    bars = []
    for minute in range(DAY_MINUTES):
        first, last = ticks[minute], ticks[minute + 1]
        reach = wick * path[minute]
        high = max(first, last) + round(abs(random.gauss(0.0, 0.45)) * reach)
        low = max(1, min(first, last) - round(abs(random.gauss(0.0, 0.45)) * reach))
        volume = turnover * math.exp(random.gauss(0.0, 0.6)) * (1 + abs(last - first) / reach)
        bars.append(
            Bar(
                coin=coin,
                start=_ORIGIN + (day * DAY_MINUTES + minute) * MINUTE,
                open=first * step,
                high=high * step,
                low=low * step,
                close=last * step,
                volume=Decimal(round(volume * 1000)).scaleb(-3),
            )
        )
    return tuple(bars)
