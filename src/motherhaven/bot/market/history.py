"""Bars and funding of the past, page by page from a feed, into the files that replay reads."""

import asyncio
import csv
import io
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol, TypeVar, runtime_checkable

from motherhaven.bot.market.bars.layout import WANTED
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.market.funding import COLUMNS as FUNDING_COLUMNS
from motherhaven.bot.market.instruments import Bar
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.contract.money import plain

T = TypeVar("T")
MAX_PAGES: Final = 5_000
"""Pages of one download: more is a venue that never ends."""
MINUTE: Final = timedelta(minutes=1)
WAITS: Final = (1.0, 4.0, 10.0)
"""Seconds before a page that failed is asked for again."""
Sleep = Callable[[float], Awaitable[None]]

INTERVALS: Final = {
    "1m": MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": 60 * MINUTE,
    "4h": 240 * MINUTE,
    "1d": 1440 * MINUTE,
}
"""Widths of bars that venues offer."""


class FundingHistory(Protocol):
    """What gives funding rates of the past, a page at a time, oldest first."""

    async def funding_rates(
        self, coin: str, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, Decimal]]:
        """The first rates from `since` to before `until`, by the time they are paid.

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        ...


class History(FundingHistory, Protocol):
    """A feed that also gives its past, a page at a time, oldest first."""

    async def candles(
        self, coin: str, since: datetime, until: datetime, interval: timedelta = MINUTE
    ) -> list[Bar]:
        """The first closed bars that end in (since, until].

        Raises:
            MarketError: the data cannot be had or cannot be true.
        """
        ...


@runtime_checkable
class VenueHistory(Feed, History, Protocol):
    """A feed of now that also gives its past in bars of any width."""


async def all_bars(
    source: History,
    coin: str,
    since: datetime,
    until: datetime,
    interval: timedelta,
    sleep: Sleep = asyncio.sleep,
) -> list[Bar]:
    """Every closed bar that starts in [since, until), oldest first, each once.

    Raises:
        MarketError: the data cannot be had or cannot be true.
    """

    async def page(start: datetime) -> Sequence[Bar]:
        return await source.candles(coin, start, until, interval)

    found = await _paged(page, since, lambda bar: bar.end, sleep)
    return [bar for bar in found if bar.start >= since]


async def all_rates(
    source: FundingHistory,
    coin: str,
    since: datetime,
    until: datetime,
    sleep: Sleep = asyncio.sleep,
) -> list[tuple[datetime, Decimal]]:
    """Every funding rate from `since` to before `until`, one for an hour, oldest first.

    Raises:
        MarketError: the data cannot be had or cannot be true.
    """

    async def page(start: datetime) -> Sequence[tuple[datetime, Decimal]]:
        return await source.funding_rates(coin, start, until)

    after = timedelta(milliseconds=1)
    found = await _paged(page, since, lambda rate: rate[0] + after, sleep)
    return list({_hour(moment): (moment, rate) for moment, rate in found}.values())


async def _paged(
    page: Callable[[datetime], Awaitable[Sequence[T]]],
    since: datetime,
    next_of: Callable[[T], datetime],
    sleep: Sleep,
) -> list[T]:
    """All pages from `since` on; `next_of` says from where the page after an item begins."""
    found: dict[datetime, T] = {}
    for _ in range(MAX_PAGES):
        items = await _patiently(page, since, sleep)
        last = max((next_of(item) for item in items), default=since)
        if last <= since:
            return [found[moment] for moment in sorted(found)]
        found.update((next_of(item), item) for item in items)
        since = last
    raise MarketError(f"more than {MAX_PAGES} pages; ask for a shorter time or longer bars")


async def _patiently(
    page: Callable[[datetime], Awaitable[Sequence[T]]], since: datetime, sleep: Sleep
) -> Sequence[T]:
    """One page; a long download does not end with one refusal or one lost connection."""
    for wait in WAITS:
        try:
            return await page(since)
        except MarketError:
            await sleep(wait)
    return await page(since)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def write_bars(path: Path, bars: Iterable[Bar]) -> None:
    """Write bars as `motherhaven replay --bars` reads them; the file is there whole or not."""
    rows = ((_stamp(b.start), b.open, b.high, b.low, b.close, b.volume) for b in bars)
    _write(path, WANTED.split(","), rows)


def write_rates(path: Path, rates: Iterable[tuple[datetime, Decimal]]) -> None:
    """Write rates as `motherhaven replay --funding` reads them."""
    _write(path, FUNDING_COLUMNS, ((_stamp(moment), rate) for moment, rate in rates))


def _stamp(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[int | Decimal]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(
        [plain(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in rows
    )
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text.getvalue(), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ConfigError(
            f"{path}: cannot be written ({error.strerror}); name another --out"
        ) from None
