"""Prices that move by themselves, for a rehearsal with a fake venue by the wall clock."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol

from motherhaven.bot.market.instruments import Bar, MarketSpec
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.exact import exact, quotient
from motherhaven.testing.fake_venue.market import BARS_KEPT, UNIVERSE, Listing
from motherhaven.testing.fake_venue.venue import FakeVenue

MINUTE: Final = timedelta(minutes=1)
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HISTORY: Final = BARS_KEPT - 500
_MOST_TIMES: Final = 1_000_000
ALWAYS: Final = "on"
"""In place of a number of times: until it is switched off."""


class PriceSource(Protocol):
    """Where the prices of a rehearsal come from, a minute at a time."""

    @property
    def coins(self) -> Sequence[str]:
        """The coins that it has."""
        ...

    def bar(self, coin: str, minute: int) -> Bar | None:
        """The bar that starts so many minutes after 1970; None where there is none."""
        ...


class SimulatedSource:
    """The simulated market of a seed: the same that TRADING_MARKET=simulated:SEED has."""

    def __init__(self, seed: int) -> None:
        self.coins = tuple(one.name for one in UNIVERSE if not one.delisted)
        self._feed = SimulatedFeed(self.coins, seed)

    def bar(self, coin: str, minute: int) -> Bar | None:
        """Any minute has a bar."""
        return self._feed.bar(coin, minute)


class RecordedSource:
    """Recorded one-minute bars, moved in time so that the first `past` of them are over now.

    Whoever starts with them has a history. After the last bar nothing moves any more.
    """

    def __init__(self, bars: Mapping[str, Sequence[Bar]], now: datetime) -> None:
        for coin, found in bars.items():
            if not found or found[0].interval != MINUTE:
                raise ConfigError(f"--bars {coin}: a rehearsal needs bars of one minute")
        self.coins = tuple(bars)
        self._first: dict[str, int] = {}
        self._bars = bars
        for coin, found in bars.items():
            self._first[coin] = minute_of(now) - min(len(found) // 2, _HISTORY)

    def bar(self, coin: str, minute: int) -> Bar | None:
        """The bar that is played in this minute."""
        place, found = minute - self._first[coin], self._bars[coin]
        if not 0 <= place < len(found):
            return None
        return replace(found[place], start=_ORIGIN + minute * MINUTE)


def listings_of(source: PriceSource, now: datetime) -> list[Listing]:
    """The universe with the source's prices; coins that it does not have stay as they are."""
    found = []
    for one in UNIVERSE:
        bar = source.bar(one.name, minute_of(now)) if one.name in source.coins else None
        price = None if bar is None else legal(bar.open, one.spec)
        found.append(one if price is None else replace(one, price=price))
    return found


class Rehearsal:
    """Moves the prices of a fake venue once a second, as its clock goes."""

    def __init__(self, venue: FakeVenue, source: PriceSource) -> None:
        self._venue = venue
        self._source = source
        self._coins = [coin for coin in source.coins if coin in venue.state.market.specs]
        missing = [coin for coin in source.coins if coin not in self._coins]
        if missing:
            known = ", ".join(one.name for one in UNIVERSE if not one.delisted)
            raise ConfigError(f"the fake venue has no market {missing[0]}; it has {known}")

    def preload(self) -> None:
        """Give the venue the candles of the past, so that a bot can begin at once."""
        last = minute_of(self._venue.clock.now())
        for coin in self._coins:
            bars = (self._source.bar(coin, minute) for minute in range(last - _HISTORY, last))
            self._venue.preload(bar for bar in bars if bar is not None)

    def beat(self) -> None:
        """Let the prices of this moment happen."""
        now = self._venue.clock.now()
        minute = minute_of(now)
        share = Decimal((now - _ORIGIN - minute * MINUTE) // timedelta(milliseconds=1)) / 60_000
        self._venue.call(self._venue.state.tick)
        for coin in self._coins:
            bar = self._source.bar(coin, minute)
            if bar is not None:
                spec = self._venue.state.market.specs[coin]
                self._venue.move(coin, legal(along(bar, share), spec))


def along(bar: Bar, share: Decimal) -> Decimal:
    """The price when so much of a bar is over, 0 to 1: a straight path through its extremes."""
    rises = bar.close >= bar.open
    between = (bar.low, bar.high) if rises else (bar.high, bar.low)
    points = (bar.open, *between, bar.close)
    with exact():
        place = min(max(share, Decimal(0)), Decimal(1)) * 3
        leg = min(int(place), 2)
        return points[leg] + (points[leg + 1] - points[leg]) * (place - leg)


def legal(price: Decimal, spec: MarketSpec) -> Decimal:
    """The nearest legal price."""
    with exact():
        price = quotient(price, Decimal(1))
        down, up = spec.round_price(price, up=False), spec.round_price(price, up=True)
        return up if up - price < price - down or down <= 0 else down


def minute_of(now: datetime) -> int:
    """The number of whole minutes since 1970."""
    return (now - _ORIGIN) // MINUTE


def parse_switch(text: str) -> tuple[str, int | None, dict[str, Any]]:
    """NAME[:N][,KEY=VALUE…] as name, times and arguments; "on" as N is until switched off.

    Raises:
        ConfigError: it is not of this form.
    """
    head, *pairs = text[:400].split(",")
    name, _, number = head.partition(":")
    times: int | None = 1
    if number == ALWAYS:
        times = None
    elif number:
        if not (number.isascii() and number.isdigit() and len(number) <= len(str(_MOST_TIMES))):
            raise ConfigError(f"--switch {text[:80]}: write NAME:N, N a number or {ALWAYS}")
        times = int(number)
    arguments: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--switch {text[:80]}: write NAME:N,KEY=VALUE after a comma")
        arguments[key.strip()] = value.strip()
    return name.strip(), times, arguments
