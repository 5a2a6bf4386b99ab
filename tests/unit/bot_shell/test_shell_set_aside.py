"""One coin that is unknown, delisted or broken is set aside alone, and comes back."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON
from venue_support import META, Venue, candle, levels, use

from motherhaven.bot.market.choose import choose_feed
from motherhaven.contract.errors import ConfigError
from motherhaven.testing.clock import FakeClock


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
