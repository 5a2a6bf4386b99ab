"""The simulated market."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from motherhaven.bot.market.instruments import check_bar, default_spec
from motherhaven.bot.market.simulated import SimulatedFeed

NOW = datetime(2026, 3, 4, 12, 30, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_same_seed_is_the_same_market_and_another_seed_another():
    """Two bots on one seed see one market, whatever they ask for first."""
    one, two = SimulatedFeed(("BTC", "ETH"), 7), SimulatedFeed(("ETH", "BTC"), 7)
    two.slices(NOW - 9 * DAY, NOW - 8 * DAY)
    pieces = one.slices(NOW - DAY, NOW)
    again = two.slices(NOW - timedelta(hours=1), NOW)
    assert [p.bars["BTC"] for p in pieces[-60:]] == [p.bars["BTC"] for p in again]
    other = SimulatedFeed(("BTC",), 8).slices(NOW - timedelta(hours=1), NOW)
    assert [p.bars["BTC"] for p in other] != [p.bars["BTC"] for p in again]


def test_bars_are_possible_contiguous_and_legal():
    """Over midnight too: each bar opens where the last closed, on the market's own grid."""
    feed = SimulatedFeed(("BTC", "kPEPE", "UNHEARD"), 3)
    pieces = feed.slices(NOW - 2 * DAY, NOW)
    assert len(pieces) == 2 * 1440
    for coin in feed.coins:
        bars = [check_bar(p.bars[coin]) for p in pieces]
        same = sum(later.open == earlier.close for earlier, later in pairwise(bars))
        assert same >= len(bars) - 3
        assert all(later.start == earlier.end for earlier, later in pairwise(bars))
        step = default_spec(coin).price_step(bars[0].close)
        assert all(bar.close % (step / 10) == 0 for bar in bars)
        assert max(b.close for b in bars) > min(b.close for b in bars)


def test_the_future_is_never_handed_out():
    """The bar that is still running is left out; every slice's time is at most now."""
    feed = SimulatedFeed(("BTC",), 3)
    pieces = asyncio.run(feed.closed(NOW - timedelta(minutes=5), NOW))
    assert [p.time.minute for p in pieces] == [26, 27, 28, 29, 30]
    assert pieces[-1].time <= NOW
    assert asyncio.run(feed.closed(pieces[-1].time, NOW)) == []


def test_a_quote_is_the_open_of_the_running_minute():
    """Orders fill at a price that the next closed bar will confirm."""
    feed = SimulatedFeed(("BTC",), 3)
    quote = feed.quotes_at(NOW)["BTC"]
    following = feed.slices(NOW, NOW + timedelta(minutes=1))[0].bars["BTC"]
    assert quote.mid == following.open
    assert quote.time == following.start
    assert quote.funding is not None
    assert abs(quote.funding) < Decimal("0.001")


def test_coins_move_together_but_not_alike():
    """Minute returns of two coins correlate clearly, yet are not the same."""
    feed = SimulatedFeed(("BTC", "ETH"), 5)
    pieces = feed.slices(NOW - 3 * DAY, NOW)
    series = {
        coin: [float(p.bars[coin].close / p.bars[coin].open) - 1 for p in pieces]
        for coin in feed.coins
    }
    left, right = series["BTC"], series["ETH"]
    cov = sum(a * b for a, b in zip(left, right, strict=True))
    norm = (sum(a * a for a in left) * sum(b * b for b in right)) ** 0.5
    assert 0.3 < cov / norm < 0.95


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL"])
def test_prices_are_realistic(coin):
    """A day moves a coin by something between a tenth of a per cent and a third."""
    feed = SimulatedFeed((coin,), 1)
    for back in range(1, 30, 7):
        bars = [p.bars[coin] for p in feed.slices(NOW - back * DAY, NOW - (back - 1) * DAY)]
        top, bottom = max(b.high for b in bars), min(b.low for b in bars)
        assert Decimal("0.001") < (top - bottom) / bottom < Decimal("0.34")


def test_it_says_that_it_is_simulated():
    """Simulated data are never passed off as real."""
    feed = SimulatedFeed(("BTC",), 3)
    assert feed.simulated
    assert feed.name == "simulated:3"
