"""The venue's public data, against a loopback copy of its /info."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON
from venue_support import META, Venue, candle, levels, use

from motherhaven.bot.market.choose import choose_feed
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.hyperliquid import HyperliquidFeed
from motherhaven.bot.market.instruments import default_spec
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.testing.clock import FakeClock


def test_rules_and_prices_are_read_exactly():
    """szDecimals and leverage make the spec; mark, mid and oracle keep their digits."""

    async def work(feed):
        await feed.connect()
        return feed.specs, await feed.quotes(NOON)

    specs, quotes = use(Venue(), work)
    assert (specs["BTC"].size_decimals, specs["BTC"].max_leverage) == (5, 40)
    btc, eth = quotes["BTC"], quotes["ETH"]
    assert (btc.mid, btc.mark, btc.oracle) == (
        Decimal("50000.5"), Decimal("50010.0"), Decimal(50005),
    )  # fmt: skip
    assert btc.funding == Decimal("0.0000125")
    assert (eth.mid, eth.funding) == (3000, Decimal("-0.00002"))


def test_books_are_read_best_first():
    """Bids and asks with exact prices and sizes."""
    sides = [levels(("49999.5", "0.3"), ("49999", "2")), levels(("50000.5", "0.1"))]

    async def work(feed):
        return await feed.books(["BTC"])

    book = use(Venue(l2Book={"coin": "BTC", "levels": sides}), work)["BTC"]
    assert [(level.price, level.size) for level in book.bids] == [
        (Decimal("49999.5"), Decimal("0.3")), (Decimal(49999), Decimal(2)),
    ]  # fmt: skip
    assert book.asks[0].price == Decimal("50000.5")


@pytest.mark.parametrize(
    "answer",
    [
        {"levels": [levels(("50001", "1")), levels(("50000", "1"))]},
        {"levels": [levels(("-1", "1")), []]},
        {"levels": [[1], []]},
        {"levels": [[]]},
        [],
    ],
)
def test_a_book_that_cannot_be_is_refused(answer):
    """Crossed, negative, or of another shape."""

    async def work(feed):
        await feed.books(["BTC"])

    with pytest.raises(MarketError):
        use(Venue(l2Book=answer), work)


def test_the_open_candle_is_left_out_and_gaps_are_found():
    """What is not closed yet is no bar; a missing minute is reported by the bar after it."""
    calls = []

    def snapshot(request):
        calls.append(request["req"])
        if request["req"]["coin"] == "ETH":
            return []
        starts = (0, 1, 2) if len(calls) <= 2 else (3, 5, 6)
        return [candle(NOON + n * MINUTE) for n in starts]

    async def work(feed):
        first = await feed.closed(NOON, NOON + 2.5 * MINUTE)
        second = await feed.closed(NOON + 2 * MINUTE, NOON + 6.5 * MINUTE)
        return first, second

    first, second = use(Venue(candleSnapshot=snapshot), work)
    assert [p.time for p in first] == [NOON + MINUTE, NOON + 2 * MINUTE]
    assert [p.time for p in second] == [NOON + 4 * MINUTE, NOON + 6 * MINUTE]
    found = [gap for piece in second for gap in piece.gaps]
    assert [(g.start, g.end) for g in found] == [
        (NOON + 2 * MINUTE, NOON + 3 * MINUTE),
        (NOON + 4 * MINUTE, NOON + 5 * MINUTE),
    ]


@pytest.mark.parametrize(
    "answers",
    [
        {"candleSnapshot": (500, b"oops")},
        {"candleSnapshot": b"<html>"},
        {"candleSnapshot": {"not": "a list"}},
        {"candleSnapshot": ["x"]},
        {"candleSnapshot": [{"t": "soon"}]},
        {"candleSnapshot": [candle(NOON, h="1", l="2")]},
        {"candleSnapshot": [candle(NOON, o="NaN")]},
        {"candleSnapshot": [candle(NOON, c="-5")]},
    ],
)
def test_data_that_cannot_be_true_are_refused(answers):
    """A market error, never a guess."""
    with pytest.raises(MarketError):
        use(Venue(**answers), lambda feed: feed.closed(NOON - MINUTE, NOON + 5 * MINUTE))


@pytest.mark.parametrize("meta", [[], {}, [{"universe": 3}, []], [META[0]], (503, b"")])
def test_a_meta_that_is_none_is_refused(meta):
    """Without the venue's rules nothing is traded."""
    with pytest.raises(MarketError):
        use(Venue(metaAndAssetCtxs=meta), lambda feed: feed.connect())


def chosen(market, base_url="http://127.0.0.1:9", venue=None):
    """choose_feed with what it said."""

    async def run():
        said = []
        url = base_url
        if venue is not None:
            async with venue:
                feed = await choose_feed(market, ("BTC",), FakeClock(), said.append, venue.url)
                await feed.close()
                return feed, said
        feed = await choose_feed(market, ("BTC",), FakeClock(), said.append, url)
        await feed.close()
        return feed, said

    return asyncio.run(run())


def test_auto_takes_the_venue_if_it_answers():
    """Real prices first, without a word of warning."""
    feed, said = chosen("auto", venue=Venue())
    assert isinstance(feed, HyperliquidFeed)
    assert not feed.simulated
    assert said == []


def test_auto_falls_back_to_simulated_prices_loudly():
    """Invented prices are named as such, with the reason."""
    feed, said = chosen("auto")
    assert isinstance(feed, SimulatedFeed)
    assert len(said) == 1
    assert said[0].startswith("MARKET IS SIMULATED")


def test_a_named_market_never_falls_back(tmp_path):
    """Who insists on the venue gets an error when it is away."""
    with pytest.raises(MarketError, match="cannot be reached"):
        chosen("hyperliquid")
    feed, said = chosen("simulated:42")
    assert (feed.name, said) == ("simulated:42", [])
    path = tmp_path / "b.csv"
    stamp = int(NOON.timestamp() * 1000)
    path.write_text(f"timestamp_ms,open,high,low,close,volume\n{stamp},1,1,1,1,1\n")
    feed, _ = chosen(f"replay:BTC={path}")
    assert isinstance(feed, FileFeed)


@pytest.mark.parametrize("market", ["nonsense", "simulated:x", "auto:1", "replay:BTC"])
def test_an_unknown_market_is_refused(market):
    """The message lists what there is."""
    with pytest.raises(ConfigError):
        chosen(market)


def test_the_feed_sends_nothing_but_questions():
    """Only public /info reads; there is no key to send."""
    venue = Venue()

    async def work(feed):
        await feed.connect()
        await feed.closed(NOON, NOON + timedelta(minutes=2))
        await feed.quotes(NOON)

    use(venue, work)
    assert {request["type"] for request in venue.requests} == {"metaAndAssetCtxs", "candleSnapshot"}


BTC_TABLE = {
    "description": "tiered 40x",
    "marginTiers": [
        {"lowerBound": "0.0", "maxLeverage": 40},
        {"lowerBound": "200000000.0", "maxLeverage": 20},
    ],
}


def with_tables(tables, *numbers):
    """The venue's meta with margin tables, and the table of each coin."""
    universe = [
        {**one, "marginTableId": n} for one, n in zip(META[0]["universe"], numbers, strict=True)
    ]
    return [{"universe": universe, "marginTables": tables}, META[1]]


def test_margin_tiers_are_read_from_the_venue():
    """A table by its number; one that is not listed is a single tier of that leverage."""
    venue = Venue(metaAndAssetCtxs=with_tables([[56, BTC_TABLE]], 56, 25))

    async def work(feed):
        await feed.connect()
        return feed.specs, feed.warnings

    specs, warnings = use(venue, work)
    assert [(t.lower, t.max_leverage) for t in specs["BTC"].tiers] == [(0, 40), (200_000_000, 20)]
    assert [(t.lower, t.max_leverage) for t in specs["ETH"].tiers] == [(0, 25)]
    assert warnings == ()


@pytest.mark.parametrize(
    "table",
    [None, {}, {"marginTiers": "x"}, {"marginTiers": [{"lowerBound": "1", "maxLeverage": 40}]},
     {"marginTiers": [{"lowerBound": "0", "maxLeverage": 10}]},
     {"marginTiers": [{"lowerBound": "NaN", "maxLeverage": 40}]},
     {"marginTiers": [*BTC_TABLE["marginTiers"], {"lowerBound": "5", "maxLeverage": 5}]}],
)  # fmt: skip
def test_tiers_that_are_not_told_are_the_built_in_ones_with_a_warning(table):
    """And nothing in them stops the bot."""
    venue = Venue(metaAndAssetCtxs=with_tables([] if table is None else [[56, table]], 56, 25))

    async def work(feed):
        await feed.connect()
        return feed.specs, feed.warnings

    specs, warnings = use(venue, work)
    assert specs["BTC"].tiers == default_spec("BTC").tiers
    assert "Hyperliquid does not tell the margin tiers of BTC:" in warnings[0]
