"""Market feeds: closed bars in time order, prices of now, and funding rates."""

from motherhaven.bot.market.choose import choose_feed
from motherhaven.bot.market.feed import Feed, Gap, Quote, Slice
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.hyperliquid import HyperliquidFeed
from motherhaven.bot.market.simulated import SimulatedFeed

__all__ = [
    "Feed",
    "FileFeed",
    "Gap",
    "HyperliquidFeed",
    "Quote",
    "SimulatedFeed",
    "Slice",
    "choose_feed",
]
