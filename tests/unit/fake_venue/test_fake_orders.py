"""Orders at the fake venue: what the reply says, and what the account then shows."""

import httpx
import pytest

from motherhaven.testing.fake_venue import FakeVenue
from tests.unit.fake_venue.kit import Client, order, place, trigger


def test_a_market_buy_fills_and_is_a_position(client: Client) -> None:
    """The reply has size and average; the position and the fill say the same."""
    (status,) = client.place(order("0.1", cloid=1))
    assert status["filled"]["totalSz"] == "0.1"
    assert status["filled"]["avgPx"] == "50000.0"
    assert status["filled"]["cloid"] == f"0x{1:032x}"
    position = client.position()
    assert position is not None
    assert (position["szi"], position["entryPx"]) == ("0.1", "50000.0")
    assert position["leverage"] == {"type": "cross", "value": 20}
    (fill,) = client.ask("userFills")
    assert (fill["dir"], fill["px"], fill["sz"]) == ("Open Long", "50000.0", "0.1")
    assert (fill["fee"], fill["oid"]) == ("2.25", status["filled"]["oid"])
    assert client.ask("orderStatus", oid=fill["cloid"])["order"]["status"] == "filled"


def test_a_limit_rests_until_the_price_comes(client: Client, venue: FakeVenue) -> None:
    """A GTC order below the mid rests, and fills as a maker."""
    (status,) = client.place(order("0.1", "49000", tif="Gtc", cloid=2))
    oid = status["resting"]["oid"]
    (resting,) = client.ask("frontendOpenOrders")
    assert (resting["oid"], resting["limitPx"], resting["tif"]) == (oid, "49000.0", "Gtc")
    venue.move("BTC", "48900")
    assert client.ask("frontendOpenOrders") == []
    (fill,) = client.ask("userFills")
    assert (fill["px"], fill["crossed"]) == ("49000.0", False)


def test_an_entry_with_stop_and_target(client: Client, venue: FakeVenue) -> None:
    """The children of a filled parent wait for their trigger; the stop ends its sibling."""
    entry = order("0.1", cloid=1)
    stop, target = trigger("49000", cloid=2), trigger("52000", "tp", cloid=3)
    statuses = client.place(entry, stop, target, grouping="normalTpsl")
    assert statuses[1:] == ["waitingForTrigger", "waitingForTrigger"]
    resting = client.ask("frontendOpenOrders")
    assert {one["orderType"] for one in resting} == {"Stop Market", "Take Profit Market"}
    assert {one["triggerCondition"] for one in resting} == {
        "Price below 49000",
        "Price above 52000",
    }
    venue.move("BTC", "48990")
    assert client.position() is None
    assert client.ask("frontendOpenOrders") == []
    status = client.ask("orderStatus", oid=f"0x{3:032x}")
    assert status["order"]["status"] == "siblingFilledCanceled"


def test_children_of_a_resting_parent_wait(client: Client) -> None:
    """They are nested in it and beside it, and go with it."""
    entry = order("0.1", "49000", tif="Gtc", cloid=1)
    statuses = client.place(entry, trigger("48000", cloid=2), grouping="normalTpsl")
    assert statuses[1] == "waitingForFill"
    parent = next(one for one in client.ask("frontendOpenOrders") if not one["isTrigger"])
    assert [child["cloid"] for child in parent["children"]] == [f"0x{2:032x}"]
    assert len(client.ask("openOrders")) == 2
    cancel = {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": f"0x{1:032x}"}]}
    assert client.statuses(cancel) == ["success"]
    assert client.ask("openOrders") == []
    assert client.ask("orderStatus", oid=f"0x{2:032x}")["order"]["status"] == "canceled"


def test_a_part_of_an_ioc_loses_the_children(client: Client, venue: FakeVenue) -> None:
    """Half of the entry fills, the rest is cancelled silently, and there is no stop."""
    venue.switch("partial_fill")
    statuses = client.place(order("0.1", cloid=1), trigger("49000", cloid=2), grouping="normalTpsl")
    assert statuses[0]["filled"]["totalSz"] == "0.05"
    assert statuses[1] == "waitingForFill"
    assert client.ask("frontendOpenOrders") == []
    assert client.ask("orderStatus", oid=f"0x{2:032x}")["order"]["status"] == "canceled"


def test_a_part_of_a_limit_rests(client: Client, venue: FakeVenue) -> None:
    """What a marketable GTC order did not get rests, and fills when the price comes back."""
    venue.switch("partial_fill", fraction="0.3")
    (status,) = client.place(order("0.1", "50000", tif="Gtc", cloid=1))
    assert status["filled"]["totalSz"] == "0.03"
    (left,) = client.ask("frontendOpenOrders")
    assert (left["sz"], left["origSz"]) == ("0.07", "0.1")
    venue.move("BTC", "50100")
    venue.move("BTC", "50000")
    position = client.position()
    assert position is not None
    assert position["szi"] == "0.1"
    assert client.ask("orderStatus", oid=f"0x{1:032x}")["order"]["status"] == "filled"


def test_a_reduce_only_order_is_shrunk(client: Client) -> None:
    """It closes what there is, never flips, and is refused once the position is flat."""
    client.place(order("0.1"))
    close = order("0.5", "47000", buy=False, reduce=True)
    assert client.place(close)[0]["filled"]["totalSz"] == "0.1"
    assert client.position() is None
    assert client.place(close)[0] == {"error": "Reduce only order would increase position. asset=0"}


def test_the_same_cloid_fills_twice(client: Client) -> None:
    """Only the nonce protects a marketable order."""
    client.place(order("0.1", cloid=7))
    client.place(order("0.1", cloid=7))
    position = client.position()
    assert position is not None
    assert position["szi"] == "0.2"


def test_an_entry_larger_than_the_margin_is_cut(client: Client) -> None:
    """An IOC order of 100 BTC gets what 10,000 USD carry at 20x; a limit gets nothing."""
    assert client.place(order("100"))[0]["filled"]["totalSz"] == "4.0"
    assert client.place(order("1", "49000", tif="Gtc"))[0] == {
        "error": "Insufficient margin to place order. asset=0"
    }


@pytest.mark.parametrize("by", ["oid", "cloid"])
def test_cancels_by_oid_and_by_cloid(client: Client, by: str) -> None:
    """A resting order goes once; a second cancel is told that there is none."""
    oid = client.place(order("0.1", "49000", tif="Gtc", cloid=2))[0]["resting"]["oid"]
    action = {"type": "cancel", "cancels": [{"a": 0, "o": oid}]}
    if by == "cloid":
        action = {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": f"0x{2:032x}"}]}
    assert client.statuses(action) == ["success"]
    gone = "Order was never placed, already canceled, or filled. asset=0"
    assert client.statuses(action) == [{"error": gone}]
    assert client.ask("orderStatus", oid=oid)["order"]["status"] == "canceled"


def test_a_lost_reply_is_an_order_all_the_same(client: Client, venue: FakeVenue) -> None:
    """The connection is cut, the order has filled, and the same bytes are refused."""
    venue.switch("drop_reply")
    body = client.envelope(place(order("0.1", cloid=9)))
    with pytest.raises(httpx.RemoteProtocolError):
        client.http.post("/exchange", json=body)
    position = client.position()
    assert position is not None
    assert position["szi"] == "0.1"
    again = client.http.post("/exchange", json=body).json()
    assert again == {"status": "err", "response": f"Invalid nonce: duplicate nonce {body['nonce']}"}
    lost = next(one for one in venue.requests if one.kind == "order")
    assert lost.verified
    assert lost.reply is None


def test_leverage_is_set_and_read_back(client: Client) -> None:
    """activeAssetData tells it while there is no position."""
    action = {"type": "updateLeverage", "asset": 0, "isCross": False, "leverage": 7}
    assert client.send(action) == {"status": "ok", "response": {"type": "default"}}
    told = client.ask("activeAssetData", coin="BTC")["leverage"]
    assert (told["type"], told["value"]) == ("isolated", 7)
