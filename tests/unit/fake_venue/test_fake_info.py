"""Questions to the fake venue: the fields are the venue's, and the figures add up."""

import asyncio
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from motherhaven.bot.market.hyperliquid import HyperliquidFeed
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.testing.fake_venue import FakeVenue, info_account, info_market
from motherhaven.testing.fake_venue.table import RETENTION
from tests.unit.fake_venue.kit import BTC, CANTO, ETH, Client, order, place, trigger

FOLDER = os.environ.get("MOTHERHAVEN_TEST_DATA")
NEWER = {
    "time",
    "crossMaintenanceMarginUsed",
    "cloid",
    "tid",
    "feeToken",
    "twapId",
    "cumFunding",
    "maxLeverage",
    "origSz",
    "reduceOnly",
}
"""Fields that the venue has had since its recordings were made."""
GONE = {"maxTradeSzs"}


def numbers(client: Client) -> Mapping[str, Any]:
    """The margin summary."""
    state: Mapping[str, Any] = client.ask("clearinghouseState")
    return state


def busy(client: Client, venue: FakeVenue) -> None:
    """A cross long of BTC, an isolated short of ETH, and orders that rest."""
    client.send({"type": "updateLeverage", "asset": ETH, "isCross": False, "leverage": 10})
    client.place(order("0.1", cloid=1), trigger("49000", cloid=2), trigger("52000", "tp"))
    client.place(order("2", "2850", buy=False, asset=ETH))
    client.place(order("0.02", "48000", tif="Gtc"))
    venue.move("BTC", "50500")
    venue.move("ETH", "2990")
    venue.fund("BTC", "0.0001")


def test_the_figures_of_an_account_add_up(client: Client, venue: FakeVenue) -> None:
    """Value is deposits, less fees, plus profit and funding; margins are by leverage."""
    busy(client, venue)
    state = numbers(client)
    fees = sum(Decimal(fill["fee"]) for fill in client.ask("userFills"))
    funding = sum(Decimal(row["delta"]["usdc"]) for row in client.ask("userFunding", startTime=0))
    positions = [one["position"] for one in state["assetPositions"]]
    profit = sum(Decimal(one["unrealizedPnl"]) for one in positions)
    summary, cross = state["marginSummary"], state["crossMarginSummary"]
    assert funding == Decimal("-0.505")
    assert Decimal(summary["accountValue"]) == 10_000 - fees + profit + funding
    assert Decimal(summary["totalNtlPos"]) == Decimal("0.1") * 50_500 + 2 * 2_990
    assert Decimal(cross["totalMarginUsed"]) == Decimal("0.1") * 50_500 / 20
    eth = next(one for one in positions if one["coin"] == "ETH")
    assert Decimal(summary["totalMarginUsed"]) == Decimal(cross["totalMarginUsed"]) + Decimal(
        eth["marginUsed"]
    )
    assert eth["leverage"]["type"] == "isolated"
    assert Decimal(eth["leverage"]["rawUsd"]) == Decimal(eth["marginUsed"]) + 2 * 2_990
    assert Decimal(cross["accountValue"]) == Decimal(summary["accountValue"]) - Decimal(
        eth["marginUsed"]
    )


def test_withdrawable_keeps_the_margin_of_resting_entries(client: Client, venue: FakeVenue) -> None:
    """An entry that rests holds its initial margin back; a tenth of the notional stays."""
    client.place(order("0.02", "48000", tif="Gtc"))
    assert numbers(client)["withdrawable"] == "9952.0"
    client.place(order("1"))
    value = Decimal(numbers(client)["crossMarginSummary"]["accountValue"])
    assert Decimal(numbers(client)["withdrawable"]) == value - 5_000


@pytest.mark.skipif(FOLDER is None, reason="MOTHERHAVEN_TEST_DATA names no recorded answers")
@pytest.mark.parametrize(
    ("file", "kind", "path"),
    [
        ("get_user_state", "clearinghouseState", ()),
        ("get_user_state", "clearinghouseState", ("marginSummary",)),
        ("get_user_state", "clearinghouseState", ("assetPositions", 0)),
        ("get_user_state", "clearinghouseState", ("assetPositions", 0, "position")),
        ("get_frontend_open_orders", "frontendOpenOrders", (0,)),
        ("historical_orders", "historicalOrders", (0,)),
        ("historical_orders", "historicalOrders", (0, "order")),
        ("get_open_orders", "openOrders", (0,)),
        ("get_user_fills", "userFills", (0,)),
        ("get_user_fills_by_time", "userFillsByTime", (0,)),
        ("user_funding_history_without_end_time", "userFunding", (0,)),
        ("user_funding_history_without_end_time", "userFunding", (0, "delta")),
        ("user_non_funding_ledger_updates_without_end_time", "userNonFundingLedgerUpdates", (0,)),
        ("extra_agents", "extraAgents", (0,)),
        ("get_l2_snapshot", "l2Book", ()),
        ("get_l2_snapshot", "l2Book", ("levels", 0, 0)),
        ("get_candles_snapshot", "candleSnapshot", (0,)),
        ("get_funding_history", "fundingHistory", (0,)),
    ],
)
def test_the_fields_are_those_of_recorded_answers(
    client: Client, venue: FakeVenue, file: str, kind: str, path: tuple[Any, ...]
) -> None:
    """Fields and their types are as recorded, but for what is newer or gone."""
    busy(client, venue)
    rows = json.loads((Path(str(FOLDER)) / "hyperliquid" / f"{file}.json").read_text())
    theirs = next(row["response"] for row in rows if row["request"]["type"] == kind)
    coin = {"coin": "BTC", "interval": "1h"}
    ours = client.ask(kind, startTime=0, coin="BTC", req=coin)
    for step in path:
        theirs, ours = theirs[step], ours[step]
    assert set(theirs) - GONE - NEWER == set(ours) - NEWER
    for name in set(theirs) & set(ours):
        assert type(theirs[name]) is type(ours[name]) or None in (theirs[name], ours[name]), name


def test_order_status_forgets_by_count(client: Client, venue: FakeVenue) -> None:
    """Of the orders that have ended the newest two thousand are known; fills stay longer."""
    client.place(order("0.001", cloid=1))
    batch = place(*[order("0.001", "40000")] * 200)
    for _ in range(RETENTION // 200 - 1):
        client.send(batch)
    client.send(place(*[order("0.001", "40000")] * 199))
    assert client.ask("orderStatus", oid=f"0x{1:032x}")["status"] == "order"
    client.send(place(order("0.001", "40000")))
    assert client.ask("orderStatus", oid=f"0x{1:032x}") == {"status": "unknownOid"}
    assert client.ask("userFills")[0]["cloid"] == f"0x{1:032x}"
    assert len(client.ask("historicalOrders")) == 2_000


def test_fills_come_in_pages(client: Client, venue: FakeVenue) -> None:
    """At most 2,000, oldest first from startTime on, inclusive; `reversed` begins at the end."""
    client.send({"type": "updateLeverage", "asset": BTC, "isCross": True, "leverage": 40})
    for _ in range(11):
        venue.step(1)
        client.send(place(*[order("0.0003"), order("0.0003", "47500", buy=False)] * 100))
    first = client.ask("userFillsByTime", startTime=0)
    assert len(first) == 2_000
    second = client.ask("userFillsByTime", startTime=first[-1]["time"] + 1)
    assert len(second) == 200
    known = {fill["tid"] for fill in [*first, *second]}
    assert len(known) == 2_200
    newest = client.ask("userFillsByTime", startTime=0, reversed=True)[0]
    assert newest["tid"] == max(known)
    assert (
        client.ask("userFillsByTime", startTime=0, endTime=first[0]["time"])[-1]["time"]
        == (first[0]["time"])
    )
    assert [fill["tid"] for fill in client.ask("userFills")[:1]] == [max(known)]


def test_a_flip_is_one_fill(client: Client) -> None:
    """From long to short in one order: one fill, with the profit of what was closed."""
    client.place(order("0.1"))
    client.place(order("0.3", "47500", buy=False))
    fill = client.ask("userFills")[0]
    assert (fill["dir"], fill["sz"], fill["startPosition"]) == ("Long > Short", "0.3", "0.1")
    position = client.position()
    assert position is not None
    assert position["szi"] == "-0.2"


def test_meta_numbers_the_delisted_too(client: Client) -> None:
    """The asset number is the place in the universe; tiers are in tables of their own."""
    meta, contexts = client.ask("metaAndAssetCtxs")
    assert len(meta["universe"]) == len(contexts)
    names = [one["name"] for one in meta["universe"]]
    assert names[:6] == ["BTC", "ETH", "ATOM", "MATIC", "DYDX", "SOL"]
    assert meta["universe"][3]["isDelisted"] is True
    assert meta["universe"][CANTO]["onlyIsolated"] is True
    table = dict(map(tuple, meta["marginTables"]))[meta["universe"][BTC]["marginTableId"]]
    assert [tier["maxLeverage"] for tier in table["marginTiers"]] == [40, 20]
    assert "MATIC" not in client.ask("allMids")


def test_the_bots_own_feed_reads_it(venue: FakeVenue) -> None:
    """Rules, prices, bars and funding of the fake venue are what the feed takes for real ones."""
    for minute in range(3):
        venue.move("BTC", Decimal(50_000 + 10 * minute))
        venue.step(60)
    venue.step(3_600)

    async def read() -> None:
        feed = HyperliquidFeed(["BTC", "ETH"], base_url=venue.url, clock=venue.clock)
        try:
            now = venue.clock.now()
            quotes = await feed.quotes(now)
            assert quotes["BTC"].mark == Decimal(50_020)
            books = await feed.books(["BTC"])
            assert books["BTC"].bids[0].price < books["BTC"].asks[0].price
            bars = await feed.candles("BTC", now - timedelta(hours=3), now)
            assert [bar.close for bar in bars[:3]] == [50_000, 50_010, 50_020]
            assert {bar.close for bar in bars[3:]} == {50_020}
            assert len(bars) == 63
            rates = await feed.funding_rates("BTC", now - timedelta(hours=3), now)
            assert len(rates) == 1
        finally:
            await feed.close()

    asyncio.run(read())


@pytest.mark.parametrize(
    "ask",
    [
        {"type": "clearinghouseState"},
        {"type": "clearinghouseState", "user": "0x12"},
        {"type": "clearinghouseState", "user": "0x" + "g" * 40},
        {"type": "whatIsThis", "user": "0x" + "1" * 40},
        {"type": "userFillsByTime", "user": "0x" + "1" * 40, "startTime": -1},
        {"type": "userFillsByTime", "user": "0x" + "1" * 40, "startTime": 1.5},
        {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "1h", "startTime": "now"}},
        {"type": 5},
        [],
    ],
)
def test_a_question_that_cannot_be_read_is_a_422(venue: FakeVenue, ask: Any) -> None:
    """A missing user, a bad time or an unknown question is refused as the venue does."""
    assert httpx.post(f"{venue.url}/info", json=ask).status_code == 422


def test_unknown_coins_are_null(venue: FakeVenue) -> None:
    """The venue answers such a question with an error of its own."""
    answer = httpx.post(f"{venue.url}/info", json={"type": "l2Book", "coin": "NOPE"})
    assert (answer.status_code, answer.text) == (500, "null")
    assert httpx.get(f"{venue.url}/info").status_code == 404


@pytest.mark.parametrize("kind", [*info_account.QUESTIONS, *info_market.QUESTIONS])
def test_every_question_has_an_answer(client: Client, venue: FakeVenue, kind: str) -> None:
    """An account in use and one that nobody has opened: both are answered in the same form."""
    busy(client, venue)
    more = {"coin": "BTC", "oid": f"0x{1:032x}", "req": {"coin": "BTC", "interval": "5m"}}
    known = client.ask(kind, **more)
    client.user = "0x" + "7" * 40
    assert type(client.ask(kind, **more)) is type(known)


def test_what_a_coin_allows_is_read_back(client: Client) -> None:
    """activeAssetData: leverage, the largest sizes and what is available, at the mark."""
    told = client.ask("activeAssetData", coin="BTC")
    assert told["leverage"] == {"type": "cross", "value": 20}
    assert told["maxTradeSzs"] == ["4.0", "4.0"]
    assert told["availableToTrade"] == ["10000.0", "10000.0"]
    client.send({"type": "updateLeverage", "asset": BTC, "isCross": True, "leverage": 5})
    assert client.ask("activeAssetData", coin="BTC")["maxTradeSzs"] == ["1.0", "1.0"]


def test_fees_and_limits_are_the_accounts_own() -> None:
    """Rates that the venue was given are told and charged."""
    fees = FeeRates(Decimal("0.0003"), Decimal("0.0001"))
    with FakeVenue(fees=fees, deposit=Decimal(2_000)) as venue:
        client = Client(venue)
        client.place(order("0.1"))
        told = client.ask("userFees")
        assert (told["userCrossRate"], told["userAddRate"]) == ("0.0003", "0.0001")
        assert client.ask("userFills")[0]["fee"] == "1.5"
        limits = client.ask("userRateLimit")
        assert (limits["cumVlm"], limits["nRequestsCap"]) == ("5000.0", 15_000)
        client.close()
