"""The stream of the fake venue: what each channel begins with, and what it then tells."""

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from motherhaven.testing.fake_venue import FakeVenue
from tests.unit.fake_venue.kit import PATIENCE, Client, Listener, order, trigger


def test_it_greets_and_answers_pings(listener: Listener) -> None:
    """The first text is the venue's greeting; a ping gets a pong."""
    assert listener.hello == "Websocket connection established."
    assert listener.pong() == []


def test_a_subscription_is_confirmed_once(listener: Listener) -> None:
    """A second one is an error, as is one of nothing."""
    wanted = {"type": "bbo", "coin": "BTC"}
    assert listener.subscribe("bbo", coin="BTC") == {"method": "subscribe", "subscription": wanted}
    listener.say(method="subscribe", subscription=wanted)
    assert listener.next("error").startswith("Already subscribed")
    listener.say(method="subscribe", subscription={"type": "bbo", "coin": "NOPE"})
    assert listener.next("error").startswith("Invalid subscription")
    listener.say(method="post", id=1)
    assert listener.next("error").startswith("Error parsing JSON")


@pytest.mark.parametrize(
    ("kind", "more", "read"),
    [
        ("bbo", {"coin": "BTC"}, lambda data: data["bbo"][0]["px"]),
        ("activeAssetCtx", {"coin": "BTC"}, lambda data: data["ctx"]["markPx"]),
        ("allMids", {}, lambda data: data["mids"]["BTC"]),
        ("l2Book", {"coin": "BTC"}, lambda data: data["levels"][1][0]["px"]),
        ("trades", {"coin": "BTC"}, lambda data: data[0]["px"]),
        ("candle", {"coin": "BTC", "interval": "5m"}, lambda data: data["c"]),
    ],
)
def test_prices_come_when_they_move(
    venue: FakeVenue, listener: Listener, kind: str, more: dict[str, str], read: Any
) -> None:
    """After a move of the mark the channel tells the new price; other coins are not told."""
    listener.subscribe(kind, **more)
    if kind in ("bbo", "activeAssetCtx", "allMids", "l2Book"):
        assert read(listener.next(kind)).startswith(("50000", "49999", "50001"))
    venue.move("ETH", "3100")
    venue.move("BTC", "51000")
    if kind == "allMids":
        listener.next(kind)
    assert read(listener.next(kind)) in {"51000.0", "50999.0", "51001.0"}


def test_an_order_and_its_fill_are_told(
    venue: FakeVenue, client: Client, listener: Listener
) -> None:
    """orderUpdates tells open and filled, userFills the fill after an empty snapshot."""
    user = venue.address
    listener.subscribe("orderUpdates", user=user)
    listener.subscribe("userFills", user=user.upper().replace("0X", "0x"))
    first = listener.next("userFills")
    assert (first["isSnapshot"], first["fills"], first["user"]) == (True, [], user)
    client.place(order("0.1", cloid=1))
    opened, filled = listener.next("orderUpdates"), listener.next("userFills")
    assert (opened[0]["status"], opened[0]["order"]["cloid"]) == ("open", f"0x{1:032x}")
    assert "isSnapshot" not in filled
    assert filled["fills"][0]["sz"] == "0.1"


def test_events_of_the_account_come_on_the_channel_user(
    venue: FakeVenue, client: Client, listener: Listener
) -> None:
    """Fills, funding and a liquidation, each in its own form."""
    listener.subscribe("userEvents", user=venue.address)
    client.place(order("0.1"))
    assert listener.next("user")["fills"][0]["dir"] == "Open Long"
    venue.fund("BTC", "0.0001")
    assert listener.next("user")["funding"]["usdc"] == "-0.5"
    venue.switch("liquidation")
    assert listener.next("user")["fills"][0]["dir"] == "Liquidated Cross Long"
    assert listener.next("user")["liquidation"]["liquidated_user"] == venue.address


def test_funding_and_deposits_have_channels_of_their_own(
    venue: FakeVenue, client: Client, listener: Listener
) -> None:
    """Both begin with what was and go on with what is."""
    client.place(order("0.1"))
    listener.subscribe("userFundings", user=venue.address)
    assert listener.next("userFundings") == {
        "user": venue.address, "fundings": [], "isSnapshot": True,
    }  # fmt: skip
    listener.subscribe("userNonFundingLedgerUpdates", user=venue.address)
    kept = listener.next("userNonFundingLedgerUpdates")
    assert kept["nonFundingLedgerUpdates"][0]["delta"] == {"type": "deposit", "usdc": "10000.0"}
    venue.fund("BTC", "0.0001")
    assert listener.next("userFundings")["fundings"][0]["szi"] == "0.1"
    venue.switch("deposit", amount="250")
    told = listener.next("userNonFundingLedgerUpdates")["nonFundingLedgerUpdates"]
    assert told[0]["delta"]["usdc"] == "250.0"


def test_cancels_that_the_user_did_not_ask_for(
    venue: FakeVenue, client: Client, listener: Listener
) -> None:
    """A liquidation takes the stop with it: nonUserCancel names its oid."""
    client.place(order("0.1"), trigger("49000", cloid=2))
    listener.subscribe("userEvents", user=venue.address)
    (stop,) = client.ask("frontendOpenOrders")
    venue.switch("liquidation")
    for _ in range(3):
        told = listener.next("user")
        if "nonUserCancel" in told:
            break
    assert told == {"nonUserCancel": [{"coin": "BTC", "oid": stop["oid"]}]}


def test_a_client_that_says_nothing_is_cut_off(venue: FakeVenue, listener: Listener) -> None:
    """60 s of the venue's clock without a message end the connection; a ping keeps it."""
    venue.step(50)
    listener.pong()
    venue.step(50)
    listener.pong()
    venue.step(61)
    with pytest.raises(ConnectionClosed):
        listener.socket.recv(PATIENCE)


def test_an_unsubscribed_channel_is_silent(venue: FakeVenue, listener: Listener) -> None:
    """After an unsubscription nothing comes any more."""
    listener.subscribe("trades", coin="BTC")
    listener.say(method="unsubscribe", subscription={"type": "trades", "coin": "BTC"})
    assert listener.next("subscriptionResponse")["method"] == "unsubscribe"
    venue.move("BTC", "51000")
    assert listener.pong() == []


def test_a_message_that_is_not_json_is_an_error(listener: Listener) -> None:
    """The connection lives on."""
    for text in ("not json", "\x00", "[" * 10_000, '{"method":"ping","method":"ping"}'):
        listener.socket.send(text)
        assert "Error parsing JSON" in json.loads(listener.socket.recv(PATIENCE))["data"]
    assert listener.pong() == []
