"""What a bot looks at before it decides for the first time: the past, and what it slept through."""

import logging
from datetime import datetime, timedelta
from typing import Final

from motherhaven.bot.core.trader import Trader
from motherhaven.bot.market.bar_series import KEPT
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.running.missed import PastFunding, learn_funding, settle_funding

_LOG: Final = logging.getLogger("motherhaven")
LOOK_BACK: Final = timedelta(days=3)
"""How far back bars are acted on that closed while the bot was away."""
FOR_PROMPTS: Final = timedelta(days=3)
"""For indicators of longer timeframes; venues give out about 5,000 bars of a minute."""


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


def _fund_hole(trader: Trader, until: datetime) -> None:
    """Book the funding of a time without bars that count, before the next bar does."""
    if until > trader.now:
        trader.fund(trader.now, until)
        trader.now = until
