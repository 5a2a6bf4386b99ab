"""The venue's public data, against a loopback copy of its /info."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON

from motherhaven.bot.market import FileFeed, HyperliquidFeed, SimulatedFeed, choose_feed
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.testing.clock import FakeClock

META = [
    {"universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40},
        {"name": "ETH", "szDecimals": 4, "maxLeverage": 25},
    ]},
    [
        {"markPx": "50010.0", "midPx": "50000.5", "oraclePx": "50005", "funding": "0.0000125"},
        {"markPx": "3000", "midPx": None, "oraclePx": "3001", "funding": "-0.00002"},
    ],
]  # fmt: skip


def candle(start, close="50000", **fields):
    """A candle as the venue sends it."""
    stamp = int(start.timestamp() * 1000)
    return {"t": stamp, "T": stamp + 59_999, "o": close, "h": close, "l": close, "c": close,
            "v": "1.5", "n": 3, **fields}  # fmt: skip


class Venue:
    """Answers /info: `answers` by request type, as JSON, raw bytes or (status, bytes)."""

    def __init__(self, **answers):
        self.answers = {"metaAndAssetCtxs": META, "candleSnapshot": [], **answers}
        self.requests = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        request = json.loads(await reader.readexactly(length))
        self.requests.append(request)
        answer = self.answers[request["type"]]
        if callable(answer):
            answer = answer(request)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()


def use(venue, work, coins=("BTC", "ETH")):
    """Run `work(feed)` against the venue."""

    async def run():
        async with venue:
            feed = HyperliquidFeed(coins, FakeClock(NOON), venue.url)
            try:
                return await work(feed)
            finally:
                await feed.close()

    return asyncio.run(run())


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


def levels(*pairs):
    """Levels as the venue sends them."""
    return [{"px": price, "sz": size, "n": 1} for price, size in pairs]


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


def test_a_coin_that_the_venue_does_not_have_is_set_aside():
    """Named, with the one that was probably meant; the others go on."""

    async def work(feed):
        await feed.connect()
        return feed.coins, dict(feed.set_aside), await feed.quotes(NOON)

    coins, aside, quotes = use(Venue(), work, coins=("btc", "DOGE", "ETHH"))
    assert coins == ("BTC", "DOGE", "ETHH")
    assert set(aside) == {"DOGE", "ETHH"}
    assert "no market for DOGE" in aside["DOGE"]
    assert "did you mean ETH?" in aside["ETHH"]
    assert set(quotes) == {"BTC"}


@pytest.mark.parametrize("market", ["auto", "hyperliquid"])
def test_a_venue_without_any_of_the_coins_stops_the_bot(market):
    """It is never replaced by simulated prices: the venue is there, the coins are wrong."""

    async def run():
        async with Venue() as venue:
            said = []
            await choose_feed(market, ("DOGE",), FakeClock(), said.append, venue.url)

    with pytest.raises(ConfigError, match=r"TRADING_ASSETS.*DOGE"):
        asyncio.run(run())


def universe(*extra):
    """BTC, ETH and more markets, each with a context."""
    return [
        {"universe": [*META[0]["universe"], *extra]},
        [*META[1], *({**META[1][0], "markPx": "0.0101234", "midPx": None} for _ in extra)],
    ]


KPEPE = {"name": "kPEPE", "szDecimals": 0, "maxLeverage": 10}


@pytest.mark.parametrize("spelling", ["kPEPE", "KPEPE", "kpepe", "KPEPE-USD", "kPEPE/USDC:USDC"])
def test_a_coin_has_the_venues_spelling(spelling):
    """Case does not matter, and KPEPE is not another coin."""

    async def work(feed):
        await feed.connect()
        return feed.coins, feed.specs, await feed.quotes(NOON)

    coins, specs, quotes = use(
        Venue(metaAndAssetCtxs=universe(KPEPE)), work, coins=("BTC", spelling)
    )
    assert coins == ("BTC", "kPEPE")
    assert specs["kPEPE"].size_decimals == 0
    assert quotes["kPEPE"].mark == Decimal("0.0101234")


@pytest.mark.parametrize(
    "broken",
    [
        {"name": "kPEPE", "szDecimals": 0, "maxLeverage": 10, "isDelisted": True},
        {"name": "kPEPE", "maxLeverage": 10},
        {"name": "kPEPE", "szDecimals": "x", "maxLeverage": 10},
        {"name": "kPEPE", "szDecimals": 0, "maxLeverage": 0},
        {"name": 5},
    ],
)
def test_a_market_that_is_delisted_or_unreadable_is_set_aside_and_comes_back(broken):
    """When the venue lists it again it is there, with its rules."""
    answers = [universe(broken), universe(broken), universe(KPEPE)]

    async def work(feed):
        await feed.connect()
        before = dict(feed.set_aside), await feed.quotes(NOON)
        return before, await feed.quotes(NOON), dict(feed.set_aside), feed.specs

    venue = Venue(metaAndAssetCtxs=lambda _: answers.pop(0))
    before, quotes, aside, specs = use(venue, work, coins=("BTC", "kPEPE"))
    assert set(before[0]) == {"kPEPE"}
    assert set(before[1]) == {"BTC"}
    assert aside == {}
    assert set(quotes) == {"BTC", "kPEPE"}
    assert "kPEPE" in specs


@pytest.mark.parametrize(
    "bad",
    [(500, b"oops"), b"<html>", {"not": "a list"}, ["x"], [candle(NOON, o="NaN")],
     [candle(NOON, c="-5")], [candle(NOON, h="1", l="2")], [candle(NOON, v="Infinity")]],
)  # fmt: skip
def test_a_coin_with_broken_candles_is_set_aside_alone_and_comes_back(bad):
    """ETH fails for a while: BTC has every bar, ETH is tried again after a pause."""
    state = {"bad": True, "asked": []}

    def snapshot(request):
        coin = request["req"]["coin"]
        state["asked"].append(coin)
        if coin == "ETH" and state["bad"]:
            return bad
        return [candle(NOON + n * MINUTE) for n in range(12)]

    async def work(feed):
        await feed.connect()
        pieces = [await feed.closed(NOON, NOON + MINUTE)]
        aside = dict(feed.set_aside)
        state["bad"] = False
        pieces.append(await feed.closed(NOON + MINUTE, NOON + MINUTE + timedelta(seconds=5)))
        asked = list(state["asked"])
        pieces.append(await feed.closed(NOON + MINUTE, NOON + 2 * MINUTE))
        return pieces, aside, asked, dict(feed.set_aside)

    (first, _, last), aside, asked, after = use(Venue(candleSnapshot=snapshot), work)
    assert list(first[0].bars) == ["BTC"]
    assert set(aside) == {"ETH"}
    assert asked == ["BTC", "ETH", "BTC"]
    assert set(last[0].bars) == {"BTC", "ETH"}
    assert after == {}


def test_a_coin_without_candles_is_set_aside_until_one_comes():
    """Silence for minutes is a fault, one missing bar is not."""
    state = {"silent": True}

    def snapshot(request):
        if request["req"]["coin"] == "ETH" and state["silent"]:
            return []
        return [candle(NOON + n * MINUTE) for n in range(30)]

    async def work(feed):
        await feed.connect()
        seen = []
        for minute in (1, 4, 8):
            await feed.closed(NOON, NOON + minute * MINUTE)
            seen.append(dict(feed.set_aside))
        state["silent"] = False
        await feed.closed(NOON + 8 * MINUTE, NOON + 9 * MINUTE)
        return [*seen, dict(feed.set_aside)]

    early, still, silent, back = use(Venue(candleSnapshot=snapshot), work)
    assert early == still == back == {}
    assert "no candles" in silent["ETH"]


@pytest.mark.parametrize(
    "context", [{"markPx": "NaN"}, {"markPx": "-1"}, {}, {"markPx": "1", "oraclePx": None}, "x"]
)
def test_a_coin_with_a_broken_price_is_left_out_of_the_quotes(context):
    """The others have theirs; the coin is back with its next good price."""
    answers = [META, [META[0], [META[1][0], context]], META]

    async def work(feed):
        await feed.connect()
        first = await feed.quotes(NOON)
        return set(first), set(feed.set_aside), set(await feed.quotes(NOON)), set(feed.set_aside)

    venue = Venue(metaAndAssetCtxs=lambda _: answers.pop(0))
    assert use(venue, work) == ({"BTC"}, {"ETH"}, {"BTC", "ETH"}, set())


def test_a_broken_book_leaves_the_others_theirs():
    """The coin is traded by the slippage formula, and not set aside."""
    good = {"levels": [levels(("49999", "1")), levels(("50001", "1"))]}

    async def work(feed):
        await feed.connect()
        return await feed.books(["BTC", "ETH"]), dict(feed.set_aside)

    venue = Venue(l2Book=lambda request: good if request["coin"] == "BTC" else {"levels": 3})
    books, aside = use(venue, work)
    assert set(books) == {"BTC"}
    assert aside == {}


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
