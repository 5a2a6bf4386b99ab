"""How much of the past a bot looks at before it decides for the first time."""

from datetime import timedelta
from typing import Final

from motherhaven.bot.market.feed import Feed
from motherhaven.bot.tape import KEPT
from motherhaven.bot.trader import Trader

FOR_PROMPTS: Final = timedelta(days=3)
"""For indicators of longer timeframes; venues give out about 5,000 bars of a minute."""


def warm_up(trader: Trader, feed: Feed) -> timedelta:
    """How far back the first look goes: further where a prompt shows longer timeframes."""
    shortest = KEPT * feed.interval
    return max(shortest, FOR_PROMPTS) if trader.setup.detailed else shortest
