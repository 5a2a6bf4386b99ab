"""What a bot looks at before it decides for the first time: the past, and what it slept through."""

from datetime import datetime, timedelta
from typing import Final

from motherhaven.bot.core.trader import Trader
from motherhaven.bot.market.bar_series import KEPT
from motherhaven.bot.market.feed import Feed

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
    """Show the past to the bar series, and let the bars happen that closed after `since`.

    `warm` says that the bar series have seen all bars before. Returns the end of the newest bar,
    None when there was none.

    Raises:
        MarketError: the data cannot be had or cannot be true.
    """
    start = now if since is None else max(since, now - LOOK_BACK)
    begin = start if warm else start - warm_up(trader, feed)
    seen = None
    for piece in await feed.closed(begin, now):
        if piece.time <= start:
            trader.warm(piece)
        else:
            trader.on_slice(piece)
        seen = piece.time
    return seen
