"""Indicators of the longest timeframe are warm at the start: its own bars come from the venue."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.decider.prompts import user_prompt
from motherhaven.bot.market.ccxt_feed import CcxtFeed
from motherhaven.bot.market.history import VenueHistory
from motherhaven.bot.market.hyperliquid import HyperliquidFeed
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.market.timeframes import Timeframe, joined
from motherhaven.bot.running.venues import paper_trader
from motherhaven.bot.running.warming import catch_up
from motherhaven.contract.errors import MarketError
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import SystemClock

NOW = datetime(2026, 3, 20, 13, 7, tzinfo=UTC)
FOUR = timedelta(hours=4)


class Kept(SimulatedFeed):
    """A simulated market that gives its past in bars of any width, as venues do."""

    def __init__(self, *, fails=False):
        super().__init__(("BTC",), 1)
        self.asked, self.fails = [], fails

    async def candles(self, coin, since, until, interval):
        self.asked.append((coin, since, until, interval))
        if self.fails:
            raise MarketError("no candles today")
        return longer_bars(self, coin, since, until, interval)


def longer_bars(feed, coin, since, until, width):
    """Bars on the clock's grid, made from minutes."""
    found = []
    for piece in feed.slices(since, until):
        bar = piece.bars[coin]
        if found and found[-1].interval < width:
            found[-1] = joined(found[-1], bar)
        else:
            found.append(bar)
    return found


def warmed(feed, *, detailed=True):
    """A new account that has looked at the past once."""
    ids = count()
    setup = TraderSetup(("BTC",), RiskLimits(), feed.specs, detailed=detailed)
    trader = paper_trader(setup, NOW, lambda: f"id-{next(ids)}")
    asyncio.run(catch_up(trader, feed, NOW, None))
    return trader


def test_the_longest_timeframe_is_warm_and_as_if_it_had_seen_all_of_it():
    """Bars of the venue up to a full four hours, and those of the minutes after it."""
    feed = Kept()
    trader = warmed(feed)
    (longest,) = [one for one in trader.series_by_coin["BTC"].longer if one.label == "4h"]
    ((_, since, until, width),) = feed.asked
    assert (width, until - since) == (FOUR, 60 * FOUR)
    whole = Timeframe("4h", FOUR)
    for bar in longer_bars(feed, "BTC", since, NOW.replace(hour=12, minute=0), FOUR):
        whole.begin([bar])
    assert longest.bars == whole.bars
    assert longest.indicators() == whole.indicators()
    assert None not in longest.indicators().values()
    assert "n/a" not in next(
        line for line in user_prompt(trader.context(NOW)).splitlines() if "4h indicators" in line
    )


@pytest.mark.parametrize("detailed", [True, False])
def test_without_it_the_bot_starts_all_the_same(detailed):
    """A venue that does not answer, and a baseline, which reads no prompt and asks nothing."""
    feed = Kept(fails=True)
    trader = warmed(feed, detailed=detailed)
    assert trader.series_by_coin["BTC"].end == NOW
    assert bool(feed.asked) == detailed


@pytest.mark.parametrize("kind", [HyperliquidFeed, partial(CcxtFeed, "binanceusdm")])
def test_the_feeds_of_venues_give_their_past(kind):
    """Else nobody would ask them for it."""
    feed = kind(("BTC",), SystemClock())
    assert isinstance(feed, VenueHistory)
    asyncio.run(feed.close())


def test_a_market_of_minutes_alone_is_not_asked():
    """It has no bars of another width."""
    assert not isinstance(SimulatedFeed(("BTC",), 1), VenueHistory)
