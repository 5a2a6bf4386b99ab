"""`motherhaven candles`: bars and funding of the past, as files for `motherhaven replay`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from motherhaven.bot.market.choose import HISTORIES, choose_history
from motherhaven.bot.market.feed import first_of_interval
from motherhaven.bot.market.files import read_bars
from motherhaven.bot.market.history import (
    INTERVALS,
    History,
    all_bars,
    all_rates,
    write_bars,
    write_rates,
)
from motherhaven.bot.market.hyperliquid import MAINNET
from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError, InvalidEvent, MarketError
from motherhaven.contract.times import parse_time
from motherhaven.settings import SystemClock, load_settings

_GAPS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Options:
    """What to download: `since` and `until` as text, `until` None for now."""

    coins: Sequence[str]
    market: str | None
    interval: str
    days: float
    since: str | None
    until: str | None
    out: Path
    funding: bool
    force: bool


def candles(options: Options, base_url: str = MAINNET) -> None:
    """Download, write, read back and say what came; existing files stay without `force`.

    Raises:
        ConfigError: an option means nothing, or a file is there already.
        MarketError: the data cannot be had or cannot be true.
    """
    settings = load_settings()
    market = options.market or settings.trading_market
    if options.market is None and market.partition(":")[0] not in HISTORIES:
        market = HISTORIES[0]
    interval = INTERVALS.get(options.interval)
    if interval is None:
        raise ConfigError(f"--interval {options.interval}: use one of {', '.join(INTERVALS)}")
    since, until = _times(options, interval)
    asyncio.run(_download(options, market, options.coins or settings.coins, since, until, base_url))


async def _download(
    options: Options,
    market: str,
    coins: Sequence[str],
    since: datetime,
    until: datetime,
    base_url: str,
) -> None:
    feed = await choose_history(market, coins, SystemClock(), base_url)
    try:
        for coin, why in feed.set_aside.items():
            say(f"{coin} is left out: {why}")
        known = [coin for coin in feed.coins if coin not in feed.set_aside]
        files = [_file(options, coin) for coin in known]
        _refuse_existing([path for pair in files for path in pair], force=options.force)
        for coin, (bars, funding) in zip(known, files, strict=True):
            await _bars(feed, coin, since, until, options.interval, bars)
            if options.funding:
                await _funding(feed, coin, since, until, funding)
    finally:
        await feed.close()
    pairs = zip(known, files, strict=True)
    told = [
        f"--bars {coin}={bars}" + (f" --funding {coin}={funding}" if funding.exists() else "")
        for coin, (bars, funding) in pairs
        if bars.exists()
    ]
    emit(f"motherhaven replay {' '.join(told)}")


async def _bars(
    source: History, coin: str, since: datetime, until: datetime, interval: str, path: Path
) -> None:
    found = await all_bars(source, coin, since, until, INTERVALS[interval])
    if not found:
        raise MarketError(
            f"{coin}: the venue has no bars of {interval} from {since:%Y-%m-%d %H:%M} to "
            f"{until:%Y-%m-%d %H:%M} UTC; ask for a later time or longer bars"
        )
    write_bars(path, found)
    kept = read_bars(coin, path)
    say(f"{path}: {len(kept.bars)} bars from {kept.bars[0].start:%Y-%m-%d %H:%M} UTC")
    if found[0].start > since:
        say(
            f"{coin}: the venue keeps nothing of {interval} before "
            f"{found[0].start:%Y-%m-%d %H:%M} UTC; longer bars go farther back"
        )
    for gap in kept.gaps[:_GAPS_SHOWN]:
        say(gap.told)
    if len(kept.gaps) > _GAPS_SHOWN:
        say(f"{coin}: {len(kept.gaps)} gaps in all")


async def _funding(
    source: History, coin: str, since: datetime, until: datetime, path: Path
) -> None:
    rates = await all_rates(source, coin, since, until)
    if not rates:
        say(f"{coin}: the venue has no funding rates for this time; a replay takes 0")
        return
    write_rates(path, rates)
    say(f"{path}: {len(rates)} funding rates")


def _file(options: Options, coin: str) -> tuple[Path, Path]:
    """The files of a coin; a name may hold what a file's name must not."""
    name = "".join(sign if sign.isalnum() else "_" for sign in coin)
    return options.out / f"{name}-{options.interval}.csv", options.out / f"{name}-funding.csv"


def _refuse_existing(paths: Sequence[Path], *, force: bool) -> None:
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise ConfigError(f"{', '.join(there)}: there already; give --force to replace, or --out")


def _times(options: Options, interval: timedelta) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    until = min(_time(options.until, "--to"), now) if options.until else now
    if options.since:
        since = _time(options.since, "--from")
    elif 0 < options.days <= 3_650:
        since = until - timedelta(days=options.days)
    else:
        raise ConfigError(f"--days {options.days:g}: give more than 0 and at most 3650")
    since = first_of_interval(since, interval)
    if since >= until:
        raise ConfigError("--from must lie before --to, and both in the past")
    return since, until


def _time(text: str, option: str) -> datetime:
    try:
        found = parse_time(text, datetime(1970, 1, 1, tzinfo=UTC), option)
    except InvalidEvent as error:
        raise ConfigError(f"{error}; write e.g. 2026-03-01 or 2026-03-01T12:00:00Z") from None
    return found
