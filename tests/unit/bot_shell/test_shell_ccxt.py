"""Any venue of ccxt as a feed: public data, checked, against a local stand-in of its class."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from ccxt_support import FakeVenue, market, ms, rows
from shell_support import MINUTE, NOON

from motherhaven.bot.market import choose
from motherhaven.bot.market.ccxt_feed import CcxtFeed
from motherhaven.bot.market.ccxt_venue import check_venue, open_venue
from motherhaven.bot.market.choose import check_market, choose_feed
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.testing.clock import FakeClock

BTC = "BTC/USDT:USDT"


def use(venue, work, coins=("BTC", "ETH")):
    """Run `work(feed)` on a connected feed of the venue."""

    async def run():
        feed = CcxtFeed("fake", coins, FakeClock(NOON), lambda _: venue)
        await feed.connect()
        try:
            return await work(feed), feed
        finally:
            await feed.close()

    return asyncio.run(run())


async def nothing(_):
    """No work."""


def test_rules_are_read_from_the_market():
    """Lot, tick, leverage and smallest order, exact from floats; contracts counted in coins."""
    venue = FakeVenue(
        market("BTC"), market("ETH", contractSize=0.01, precision={"amount": 1, "price": 0.01})
    )
    _, feed = use(venue, nothing)
    btc, eth = feed.specs["BTC"], feed.specs["ETH"]
    assert (btc.lot, btc.tick, btc.max_leverage, btc.min_notional) == (
        Decimal("0.001"), Decimal("0.1"), 50, 5,
    )  # fmt: skip
    assert eth.lot == Decimal("0.01")
    assert venue.closed


def test_of_several_markets_the_usual_one_is_taken_and_others_are_none():
    """USDT before USDC; spot, inverse and delisted markets do not count."""
    venue = FakeVenue(
        market("BTC", "USDC"), market("BTC"), market("ETH", swap=False),
        market("SOL", linear=False), market("XRP", active=False),
    )  # fmt: skip
    _, feed = use(venue, nothing, ("btc", "ETH", "SOL", "XRP"))
    assert feed.coins[0] == "BTC"
    assert feed._markets["BTC"]["symbol"] == BTC
    assert set(feed.set_aside) == {"ETH", "SOL", "XRP"}


def test_a_coin_whose_rules_cannot_be_traded_is_set_aside_alone():
    """Lots of 5 are no power of ten; the others go on. Lots of 10 are one."""
    venue = FakeVenue(
        market("BTC"), market("ETH", precision={"amount": 5.0, "price": 0.1}),
        market("DOGE", precision={"amount": 10.0, "price": 0.00001}),
        market("SOL", precision={"amount": None, "price": 0.1}),
    )  # fmt: skip
    _, feed = use(venue, nothing, ("BTC", "ETH", "DOGE", "SOL"))
    assert set(feed.set_aside) == {"ETH", "SOL"}
    assert feed.specs["DOGE"].floor_size(Decimal(1234)) == 1230


def test_none_of_the_coins_is_a_wrong_setting():
    """With the nearest name."""
    with pytest.raises(ConfigError, match="did you mean BTC"):
        use(FakeVenue(), nothing, ("BTCC",))


def test_bars_are_closed_in_order_and_paged():
    """The open candle is left out; several pages join without a seam."""
    venue = FakeVenue(rows={BTC: rows(1_300), "ETH/USDT:USDT": rows(3)}, page=500)
    until = NOON + 1_250 * MINUTE

    async def work(feed):
        return await feed.closed(NOON, until)

    slices, _ = use(venue, work)
    assert len(slices) == 1_250
    assert slices[-1].time == until
    assert set(slices[0].bars) == {"BTC", "ETH"}
    assert slices[0].bars["BTC"].open == Decimal("100.1")
    assert all(later.time - one.time == MINUTE for one, later in pairwise(slices))


def test_a_hole_is_told():
    """Across two looks too."""
    series = rows(10)
    venue = FakeVenue(rows={BTC: series[:3] + series[5:]})

    async def work(feed):
        first = await feed.closed(NOON, NOON + 3 * MINUTE)
        return [*first, *await feed.closed(NOON + 3 * MINUTE, NOON + 9 * MINUTE)]

    slices, _ = use(venue, work, ("BTC",))
    (gap,) = [gap for piece in slices for gap in piece.gaps]
    assert (gap.start, gap.end) == (NOON + 3 * MINUTE, NOON + 5 * MINUTE)


def test_prices_with_hourly_funding_and_open_interest():
    """Eight hours' funding by hour, open interest in coin."""

    async def work(feed):
        return await feed.quotes(NOON)

    found, _ = use(FakeVenue(), work)
    quote = found["BTC"]
    assert (quote.mid, quote.mark, quote.oracle) == (
        Decimal("50000.1"), Decimal("50001.5"), Decimal(50_002),
    )  # fmt: skip
    assert quote.funding == Decimal("0.0000125")
    assert quote.open_interest == Decimal("1234.5")


@pytest.mark.parametrize(
    ("answers", "field", "value"),
    [
        ({"has": {"fetchFundingRate": False}}, "funding", None),
        ({"has": {"fetchFundingRate": False}}, "mark", Decimal("50000.1")),
        ({"has": {"fetchOpenInterest": None}}, "open_interest", None),
        ({"funding": {"fundingRate": 0.0001, "interval": "1h"}}, "funding", Decimal("0.0001")),
        ({"funding": {"fundingRate": None}}, "funding", None),
        ({"interest": {"openInterestValue": 5_000_150.0}}, "open_interest", Decimal(100)),
        ({"ticker": {"bid": None, "ask": None, "last": 7.0}}, "mid", Decimal(7)),
    ],
)
def test_what_a_venue_does_not_tell_is_not_made_up(answers, field, value):
    """Each part by itself."""

    async def work(feed):
        return (await feed.quotes(NOON))["BTC"]

    quote, _ = use(FakeVenue(**answers), work, ("BTC",))
    assert getattr(quote, field) == value


BROKEN = [
    {"ticker": {"bid": None, "ask": None, "last": None}},
    {"ticker": {"bid": float("nan"), "ask": 1.0}},
    {"ticker": []},
    {"funding": {"fundingRate": float("inf")}},
    {"fails": {"fetch_ticker": RuntimeError("down")}},
    {"fails": {"fetch_funding_rate": TimeoutError()}},
]


@pytest.mark.parametrize("answers", BROKEN, ids=str)
def test_prices_that_cannot_be_true_are_refused(answers):
    """As one error of ours, whatever the class raised."""

    async def work(feed):
        await feed.quotes(NOON)

    with pytest.raises(MarketError, match=r"ccxt:fake|the venue's data"):
        use(FakeVenue(**answers), work, ("BTC",))


@pytest.mark.parametrize(
    "row",
    [
        [0], [ms(NOON), 1.0, 0.5, 2.0, 1.0, 1.0], [ms(NOON), float("nan"), 1, 1, 1, 1],
        ["x", 1.0, 1.0, 1.0, 1.0, 1.0], [ms(NOON), -1.0, 1.0, 1.0, 1.0, 1.0], {}, None,
        [10**18, 1.0, 1.0, 1.0, 1.0, 1.0],
    ],
    ids=str,
)  # fmt: skip
def test_candles_that_cannot_be_true_set_their_coin_aside_alone(row):
    """The other coin goes on."""
    venue = FakeVenue(rows={"ETH/USDT:USDT": rows(5)})
    honest = venue.fetch_ohlcv

    async def fetch(symbol, timeframe, since, limit):
        return [row] if symbol == BTC else await honest(symbol, timeframe, since, limit)

    venue.fetch_ohlcv = fetch

    async def work(feed):
        return await feed.closed(NOON, NOON + 5 * MINUTE)

    slices, feed = use(venue, work)
    assert len(slices) == 5
    assert set(feed.set_aside) == {"BTC"}


def test_a_coin_that_failed_comes_back():
    """After its pause."""
    venue = FakeVenue(rows={BTC: rows(90), "ETH/USDT:USDT": rows(90)})

    async def work(feed):
        venue.fails[("fetch_ohlcv", BTC)] = OSError("reset")
        await feed.closed(NOON, NOON + MINUTE)
        assert set(feed.set_aside) == {"BTC"}
        venue.fails.clear()
        return await feed.closed(NOON + MINUTE, NOON + 3 * MINUTE)

    slices, feed = use(venue, work)
    assert set(slices[-1].bars) == {"BTC", "ETH"}
    assert not feed.set_aside


def test_books_in_coins_and_crossed_ones_refused():
    """Contracts are counted in coins; a crossed book leaves its coin without one."""

    async def work(feed):
        return await feed.books(["BTC"])

    found, _ = use(FakeVenue(market("BTC", contractSize=0.1)), work, ("BTC",))
    assert found["BTC"].bids[0].size == Decimal("0.15")
    with pytest.raises(MarketError, match="crossed"):
        use(FakeVenue(book={"bids": [[2.0, 1.0]], "asks": [[1.0, 1.0]]}), work, ("BTC",))


def test_no_key_and_no_order_is_ever_used():
    """Only public calls are made."""
    venue = FakeVenue(rows={BTC: rows(5)})

    async def work(feed):
        await feed.closed(NOON, NOON + 5 * MINUTE)
        await feed.quotes(NOON)
        await feed.books(["BTC"])
        await feed.funding_rates("BTC", NOON, NOON + timedelta(days=1))

    use(venue, work, ("BTC",))
    assert {call[0] for call in venue.calls} <= {
        "load_markets", "fetch_ohlcv", "fetch_ticker", "fetch_funding_rate",
        "fetch_open_interest", "fetch_order_book", "fetch_funding_rate_history",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 41, "binance:usdm", "é"])
def test_a_name_that_can_be_no_venue(name):
    """Said at once, before anything is imported."""
    with pytest.raises(ConfigError, match="name a venue"):
        check_venue(name)
    with pytest.raises(ConfigError):
        check_market(f"ccxt:{name}")


def test_the_setting_opens_the_venue(monkeypatch):
    """TRADING_MARKET=ccxt:NAME; an unreachable one is an error, not an invented market."""
    check_market("ccxt:binanceusdm")
    venue = FakeVenue()
    monkeypatch.setattr(
        choose, "CcxtFeed", lambda name, coins, clock: CcxtFeed(name, coins, clock, lambda _: venue)
    )
    feed = asyncio.run(choose_feed("ccxt:fake", ["BTC"], FakeClock(NOON), print))
    assert (feed.name, feed.simulated) == ("ccxt:fake", False)
    venue.fails["load_markets"] = OSError("no route")
    with pytest.raises(MarketError, match="no route"):
        asyncio.run(choose_feed("ccxt:fake", ["BTC"], FakeClock(NOON), print))


def test_without_ccxt_the_error_says_what_to_install(monkeypatch):
    """And with it an unknown venue is named."""

    def missing(_):
        raise ImportError("no ccxt")

    monkeypatch.setattr("motherhaven.bot.market.ccxt_venue.importlib.import_module", missing)
    with pytest.raises(ConfigError, match=r"pip install \"motherhaven\[ccxt\]\""):
        open_venue("binanceusdm")


def test_the_real_class_has_the_calls_and_opens_without_a_key():
    """Where ccxt is installed: the names that the stand-in has are the library's."""
    pytest.importorskip("ccxt.async_support")
    with pytest.raises(ConfigError, match="did you mean ccxt:binanceusdm"):
        open_venue("binanceusd_m")

    async def look():
        venue = open_venue("binanceusdm")
        try:
            assert not venue.apiKey
            assert venue.has["fetchOHLCV"] is True
            names = [name for name in vars(FakeVenue) if name.startswith(("fetch_", "load_"))]
            assert all(callable(getattr(venue, name)) for name in names)
        finally:
            await venue.close()

    asyncio.run(look())


def test_margin_tiers_are_the_venue_s_where_it_tells_them():
    """With the rates that it names; what cannot be had is a warning, not a stop."""
    tiers = [
        {"minNotional": 0.0, "maintenanceMarginRate": 0.004, "maxLeverage": 125},
        {"minNotional": 50_000.0, "maintenanceMarginRate": 0.005, "maxLeverage": 100},
    ]
    _, feed = use(FakeVenue(has={"fetchMarketLeverageTiers": True}, tiers=tiers), nothing)
    assert [(t.lower, t.max_leverage, t.rate) for t in feed.specs["BTC"].tiers] == [
        (0, 125, Decimal("0.004")), (50_000, 100, Decimal("0.005")),
    ]  # fmt: skip
    assert feed.specs["BTC"].max_leverage == 125
    assert feed.warnings == ()
    for bad in ([], [tiers[1], tiers[0]], [{"maxLeverage": 5}], None):
        _, feed = use(FakeVenue(has={"fetchMarketLeverageTiers": True}, tiers=bad), nothing)
        assert feed.specs["BTC"].tiers == ()
        assert "margin tiers of BTC, ETH" in feed.warnings[0]
    _, feed = use(FakeVenue(), nothing)
    assert "margin tiers of BTC, ETH" in feed.warnings[0]
