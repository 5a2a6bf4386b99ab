"""What a bot looks at before it decides for the first time: the past, and what it slept through."""

import logging
from datetime import datetime, timedelta
from typing import Final

from motherhaven.bot.core.trader import Trader
from motherhaven.bot.market.bar_series import KEPT
from motherhaven.bot.market.feed import Feed, first_of_interval
from motherhaven.bot.market.history import VenueHistory
from motherhaven.bot.market.timeframes import KEPT as LONGER_KEPT
from motherhaven.bot.market.timeframes import WIDTHS
from motherhaven.bot.running.missed import PastFunding, learn_funding, settle_funding
from motherhaven.contract.errors import MarketError

_LOG: Final = logging.getLogger("motherhaven")
LOOK_BACK: Final = timedelta(days=3)
"""How far back bars are acted on that closed while the bot was away."""
FOR_PROMPTS: Final = timedelta(days=3)
"""For indicators of longer timeframes; venues give out about 5,000 bars of a minute."""
LONGEST: Final = WIDTHS[-1][1]


def warm_up(trader: Trader, feed: Feed) -> timedelta:
    """How far back the first look goes: further where a prompt shows longer timeframes."""
    shortest = KEPT * feed.interval
    return max(shortest, FOR_PROMPTS) if trader.setup.detailed else shortest


async def catch_up(
    trader: Trader, feed: Feed, now: datetime, since: datetime | None, *, warm: bool = False
) -> datetime | None:
    """Show the past to the bar series, and let happen what did after `since`: bars and funding.

    `warm` says that the bar series have seen all bars before. Returns the end of the newest bar,
    None when there was none.

    Raises:
        MarketError: the data cannot be had or cannot be true.
    """
    start = now if since is None else max(since, now - LOOK_BACK)
    begin = start if warm else start - warm_up(trader, feed)
    pieces = await feed.closed(begin, now)
    if not warm and trader.setup.detailed and isinstance(feed, VenueHistory):
        await _begin_longest(trader, feed, begin)
    past = PastFunding() if since is None else await learn_funding(trader, feed, since, now)
    seen = None
    try:
        for piece in pieces:
            if piece.time <= start:
                trader.warm(piece)
            if since is not None and piece.time > since:
                acts = piece.time > start
                _fund_hole(trader, piece.time - feed.interval if acts else piece.time)
            if piece.time > start:
                trader.on_slice(piece)
            seen = piece.time
        if since is not None:
            _fund_hole(trader, now)
    finally:
        for told in settle_funding(trader, past):
            _LOG.warning("Funding: %s", told)
    return seen


async def _begin_longest(trader: Trader, feed: VenueHistory, begin: datetime) -> None:
    """Bars of the longest timeframe up to where minutes make them: those reach back too little.

    For want of them its indicators begin later, and nothing else is different.
    """
    until = first_of_interval(begin + LONGEST - timedelta(microseconds=1), LONGEST)
    for coin in feed.coins:
        if coin in feed.set_aside:
            continue
        try:
            bars = await feed.candles(coin, until - LONGER_KEPT * LONGEST, until, LONGEST)
            trader.begin(coin, feed.interval, bars)
        except MarketError as error:
            _LOG.info("Market: indicators of 4 hours begin later for %s (%s)", coin, error)


def _fund_hole(trader: Trader, until: datetime) -> None:
    """Book the funding of a time without bars that count, before the next bar does."""
    if until > trader.now:
        trader.fund(trader.now, until)
        trader.now = until
