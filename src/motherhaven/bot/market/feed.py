"""The port through which a bot sees a market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from motherhaven.bot.market.instruments import Bar, Level, MarketSpec
from motherhaven.contract.quick_init import quick_init


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in one coin's data: `start` is the first missing bar, `end` the next one there."""

    coin: str
    start: datetime
    end: datetime

    @property
    def told(self) -> str:
        """The gap in words."""
        return (
            f"gap: no data of {self.coin} from {self.start:%Y-%m-%d %H:%M} to "
            f"{self.end:%Y-%m-%d %H:%M} UTC; nothing was decided or filled in it"
        )


class Slice(NamedTuple):
    """What became known at one moment: the bars that closed at `time`, by coin.

    A coin that has no bar at that moment is missing; `gaps` are the holes that the
    bars of this slice end.
    """

    time: datetime
    bars: Mapping[str, Bar]
    gaps: tuple[Gap, ...] = ()


@quick_init
@dataclass(frozen=True, slots=True)
class Quote:
    """Prices in USD at `time`; `funding` is the hourly rate, None when the feed has none.

    `open_interest` in coin: what is open on the whole market, None when it is not told.
    """

    coin: str
    mid: Decimal
    mark: Decimal
    oracle: Decimal
    time: datetime
    funding: Decimal | None = None
    open_interest: Decimal | None = None


class Book(NamedTuple):
    """What is offered at one moment, best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class FundingKept(StrEnum):
    """What a feed can tell of funding that fell due in the past."""

    HISTORY = "history"
    UNTOLD = "untold"
    NONE = "none"
    """The market has no funding."""


class Feed(Protocol):
    """A market for a bot. Every feed says what it is and whether its prices are real."""

    @property
    def name(self) -> str:
        """What is shown to people, e.g. "simulated:7" or "hyperliquid"."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether the prices are invented."""
        ...

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins of this feed in the venue's spelling, in the order of the settings."""
        ...

    @property
    def interval(self) -> timedelta:
        """How long one bar is."""
        ...

    @property
    def specs(self) -> Mapping[str, MarketSpec]:
        """The markets' rules by coin."""
        ...

    @property
    def set_aside(self) -> Mapping[str, str]:
        """Coins that are left out at the moment, each with the reason in words."""
        ...

    @property
    def mark_every(self) -> timedelta | None:
        """How often its own marks are polled; None: it has none, and the bar is the mark."""
        ...

    @property
    def funding_kept(self) -> FundingKept:
        """Whether `funding_rates` knows the past."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """What is not as it should be for as long as the feed is used, in sentences."""
        ...

    async def funding_rates(
        self, coin: str, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, Decimal]]:
        """The first rates from `since` to before `until` by the time they are paid, a page.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        ...

    async def closed(self, since: datetime, until: datetime) -> Sequence[Slice]:
        """Slices with since < time <= until, oldest first; open bars are left out.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        ...

    async def quotes(self, now: datetime) -> Mapping[str, Quote]:
        """Prices that can be traded at now; a coin without a price is missing.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        ...

    async def books(self, coins: Sequence[str]) -> Mapping[str, Book]:
        """The order books of now that takers walk; a coin without one is missing.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; idempotent."""
        ...


class WithoutMarks:
    """A feed of bars alone: it has no marks of its own, and nothing to warn of."""

    @property
    def mark_every(self) -> timedelta | None:
        """None: the bar is the mark."""
        return None

    @property
    def warnings(self) -> Sequence[str]:
        """None."""
        return ()


def first_of_interval(moment: datetime, interval: timedelta) -> datetime:
    """The start of the interval in which `moment` lies (intervals are counted from 1970)."""
    seconds = int(interval.total_seconds())
    whole = int(moment.timestamp()) // seconds * seconds
    return datetime.fromtimestamp(whole, moment.tzinfo)
