"""From the setting TRADING_MARKET to a feed, saying loudly what was chosen."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from motherhaven.bot.market.ccxt_feed import CcxtFeed
from motherhaven.bot.market.ccxt_venue import check_venue
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.hyperliquid import MAINNET, HyperliquidFeed
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.contract.similar import closest

DEFAULT_SEED = 1
_KINDS: Final = ("auto", "hyperliquid", "ccxt", "simulated", "replay")
HISTORIES: Final = ("hyperliquid", "ccxt")
"""Kinds of markets that give their past."""
Connected = TypeVar("Connected", HyperliquidFeed, CcxtFeed)


async def choose_feed(
    market: str,
    coins: Sequence[str],
    clock: Clock,
    say: Callable[[str], None],
    base_url: str = MAINNET,
) -> Feed:
    """The feed of `market`: auto, hyperliquid, ccxt:NAME, simulated[:SEED] or replay:COIN=FILE,…

    `auto` takes the venue's public data if it can be reached, else simulated prices;
    `say` is told which, and why.

    Raises:
        ConfigError: the name means nothing.
        MarketError: a named feed cannot be had; only `auto` falls back.
    """
    kind, _, rest = market.partition(":")
    if kind == "auto" and not rest:
        return await _automatic(coins, clock, say, base_url)
    if kind == "hyperliquid" and not rest:
        return await _connected(HyperliquidFeed(coins, clock, base_url))
    if kind == "ccxt":
        return await _connected(CcxtFeed(rest, coins, clock))
    if kind == "simulated":
        return SimulatedFeed(coins, _seed(rest))
    if kind == "replay":
        feed = FileFeed(bar_files(rest.split(",")))
        for note in feed.notes:
            say(note)
        return feed
    raise _unknown(market)


async def choose_history(
    market: str, coins: Sequence[str], clock: Clock, base_url: str = MAINNET
) -> HyperliquidFeed | CcxtFeed:
    """A connected feed that gives its past: hyperliquid or ccxt:NAME.

    Raises:
        ConfigError: the name means no such feed.
        MarketError: it cannot be had.
    """
    kind, _, rest = market.partition(":")
    if kind == "hyperliquid" and not rest:
        return await _connected(HyperliquidFeed(coins, clock, base_url))
    if kind == "ccxt":
        return await _connected(CcxtFeed(rest, coins, clock))
    raise ConfigError(
        f"--market {market}: no history is to be had there; use hyperliquid or ccxt:NAME"
    )


def check_market(market: str) -> None:
    """Whether `market` names one; nothing is asked or read.

    Raises:
        ConfigError: the name means nothing.
    """
    kind, _, rest = market.partition(":")
    if kind in ("auto", "hyperliquid") and not rest:
        return
    if kind == "simulated":
        _seed(rest)
    elif kind == "replay":
        bar_files(rest.split(","))
    elif kind == "ccxt":
        check_venue(rest)
    else:
        raise _unknown(market)


def _unknown(market: str) -> ConfigError:
    meant = closest(market.partition(":")[0], _KINDS)
    advice = f"did you mean {meant}? Use" if meant else "use"
    return ConfigError(
        f"TRADING_MARKET={market!r} is unknown; {advice} auto, hyperliquid, ccxt:NAME, "
        "simulated:SEED or replay:COIN=FILE,COIN=FILE"
    )


def bar_files(pairs: Sequence[str]) -> dict[str, Path]:
    """COIN=FILE pairs as a mapping.

    Raises:
        ConfigError: a pair is not COIN=FILE, or a coin comes twice.
    """
    files: dict[str, Path] = {}
    for pair in pairs:
        coin, equals, path = pair.partition("=")
        if not (equals and coin.strip() and path.strip()):
            raise ConfigError(f"{pair!r} is not COIN=FILE; give e.g. BTC=bars/BTC.csv")
        if coin.strip() in files:
            raise ConfigError(f"bars of {coin.strip()} are given twice; give one file a coin")
        files[coin.strip()] = Path(path.strip())
    return files


async def _automatic(
    coins: Sequence[str], clock: Clock, say: Callable[[str], None], base_url: str
) -> Feed:
    try:
        return await _connected(HyperliquidFeed(coins, clock, base_url))
    except MarketError as error:
        say(
            f"MARKET IS SIMULATED: {error}. Prices are invented; set TRADING_MARKET=hyperliquid "
            "to insist on real ones."
        )
        return SimulatedFeed(coins, DEFAULT_SEED)


async def _connected(feed: Connected) -> Connected:
    try:
        await feed.connect()
    except (MarketError, ConfigError):
        await feed.close()
        raise
    return feed


def _seed(text: str) -> int:
    if not text:
        return DEFAULT_SEED
    try:
        return int(text)
    except ValueError:
        raise ConfigError(
            f"TRADING_MARKET=simulated:{text}: the seed must be a whole number"
        ) from None
