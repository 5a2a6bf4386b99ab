"""Each named switch, by its effect on the wire."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from motherhaven.contract.errors import ConfigError
from motherhaven.testing.fake_venue import FakeVenue
from motherhaven.testing.fake_venue.happenings import HAPPENINGS
from motherhaven.testing.fake_venue.switches import FAULTS
from tests.unit.fake_venue.kit import Client, Listener, order, place, trigger


def cloid(number: int) -> str:
    """A client order id."""
    return f"0x{number:032x}"


def size(client: Client, coin: str = "BTC") -> str | None:
    """The signed size of a position."""
    position = client.position(coin)
    return None if position is None else str(position["szi"])


def test_every_switch_says_what_it_does() -> None:
    """Each has a docstring of its own and a row in the guide; all agreed names are there."""
    for name, kind in {**FAULTS, **HAPPENINGS}.items():
        assert kind.__doc__, name
        assert not kind.__doc__.startswith(kind.__name__), name
    guide = Path(__file__).parents[3] / "docs" / "how-to" / "rehearse.md"
    told = guide.read_text(encoding="utf-8")
    assert [name for name in {**FAULTS, **HAPPENINGS} if f"| `{name}` |" not in told] == []
    agreed = """drop_reply delay_visibility partial_fill ioc_shrunk normal_tpsl_dropped
        upgrade_window silent_socket no_replay external_close external_open manual_stop_cancel
        liquidation adl mode_switch deposit unknown_status forgetful_order_status rate_limited
        clock_skew half_body restart"""
    assert set(agreed.split()) == {*FAULTS, *HAPPENINGS}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("drop_replies", {}, "did you mean drop_reply"),
        ("drop_reply", {"nly": "order"}, "it takes only, before"),
        ("adl", {"fraction": "half"}, "fraction"),
        ("drop_reply", {"before": "maybe"}, "true or false"),
        ("mode_switch", {"mode": "spot"}, "unifiedAccount"),
        ("deposit", {"amount": "-20000"}, "withdrawal"),
        ("external_open", {"coin": "NOPE"}, "no market"),
        ("external_close", {"account": "0x00"}, "no account"),
    ],
)
def test_a_switch_that_cannot_be_set_says_why(
    venue: FakeVenue, name: str, arguments: Mapping[str, Any], message: str
) -> None:
    """Names, arguments and values are checked before anything happens."""
    with pytest.raises(ConfigError, match=message):
        venue.switch(name, **arguments)


def test_drop_reply_before_loses_the_request(client: Client, venue: FakeVenue) -> None:
    """With `before` nothing has happened, and the same bytes go through afterwards."""
    venue.switch("drop_reply", before=True)
    body = client.envelope(place(order("0.1")))
    with pytest.raises(httpx.RemoteProtocolError):
        client.http.post("/exchange", json=body)
    assert size(client) is None
    assert client.http.post("/exchange", json=body).json()["status"] == "ok"


def test_drop_reply_can_mean_a_question(client: Client, venue: FakeVenue) -> None:
    """`only` picks the type; other requests are answered, and 0 times switches it off."""
    venue.switch("drop_reply", times=None, only="orderStatus")
    client.place(order("0.1", cloid=1))
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            client.ask("orderStatus", oid=cloid(1))
    venue.switch("drop_reply", times=0)
    assert client.ask("orderStatus", oid=cloid(1))["status"] == "order"


def test_half_body_cuts_the_answer(client: Client, venue: FakeVenue) -> None:
    """Half of the answer comes, and the order has filled."""
    venue.switch("half_body")
    with pytest.raises(httpx.RemoteProtocolError):
        client.place(order("0.1"))
    assert size(client) == "0.1"


def test_rate_limited_does_nothing(client: Client, venue: FakeVenue) -> None:
    """HTTP 429 twice, then the order goes through."""
    venue.switch("rate_limited", times=2, only="order")
    assert client.send(place(order("0.1")))[0] == 429
    assert client.send(place(order("0.1")))[0] == 429
    assert size(client) is None
    assert client.send(place(order("0.1")))["status"] == "ok"


def test_delay_visibility_hides_what_was_done(client: Client, venue: FakeVenue) -> None:
    """The reply tells the fill; every question shows the account before it for three seconds."""
    venue.switch("delay_visibility", seconds=3)
    (status,) = client.place(order("0.1", cloid=1))
    assert "filled" in status
    for _ in range(2):
        assert size(client) is None
        assert client.ask("userFills") == []
        assert client.ask("orderStatus", oid=cloid(1)) == {"status": "unknownOid"}
        assert client.ask("clearinghouseState")["marginSummary"]["accountValue"] == "10000.0"
        venue.step(1)
    venue.step(1)
    assert size(client) == "0.1"
    assert client.ask("orderStatus", oid=cloid(1))["status"] == "order"


def test_ioc_shrunk_fills_a_random_part_of_whole_lots(client: Client, venue: FakeVenue) -> None:
    """The same seed fills the same part; a limit order that rests is not meant."""
    venue.switch("ioc_shrunk", times=2)
    parts = [client.place(order("0.1"))[0]["filled"]["totalSz"] for _ in range(2)]
    with FakeVenue() as other:
        other.switch("ioc_shrunk", times=2)
        second = Client(other)
        assert parts == [second.place(order("0.1"))[0]["filled"]["totalSz"] for _ in range(2)]
        second.close()
    assert all(0 < float(part) < 0.1 for part in parts)
    assert len(set(parts)) == 2


def test_normal_tpsl_dropped_leaves_no_stop(client: Client, venue: FakeVenue) -> None:
    """The answer promises a stop, and none rests."""
    venue.switch("normal_tpsl_dropped")
    statuses = client.place(order("0.1"), trigger("49000", cloid=2), grouping="normalTpsl")
    assert statuses[1] == "waitingForTrigger"
    assert size(client) == "0.1"
    assert client.ask("frontendOpenOrders") == []


def test_upgrade_window_takes_only_post_only_orders(client: Client, venue: FakeVenue) -> None:
    """Even a close is refused; Alo orders and cancels go through."""
    client.place(order("0.1"))
    venue.switch("upgrade_window", times=None)
    text = "Only post-only orders allowed immediately after network upgrade asset=0"
    close = order("0.1", "47500", buy=False, reduce=True)
    assert client.place(close, trigger("49000")) == [{"error": text}, {"error": text}]
    oid = client.place(order("0.1", "49000", tif="Alo"))[0]["resting"]["oid"]
    assert client.statuses({"type": "cancel", "cancels": [{"a": 0, "o": oid}]}) == ["success"]
    venue.switch("upgrade_window", times=0)
    assert "filled" in client.place(close)[0]


def test_silent_socket_answers_pings_only(
    client: Client, venue: FakeVenue, listener: Listener
) -> None:
    """What happens meanwhile is never told; afterwards the stream goes on."""
    listener.subscribe("userFills", user=venue.address)
    listener.next("userFills")
    venue.switch("silent_socket", times=None)
    client.place(order("0.1"))
    assert listener.pong() == []
    venue.switch("silent_socket", times=0)
    client.place(order("0.2"))
    assert listener.next("userFills")["fills"][0]["sz"] == "0.2"


def test_no_replay_begins_with_an_empty_snapshot(
    client: Client, venue: FakeVenue, listener: Listener
) -> None:
    """The fill from before the subscription is only to be read from /info."""
    client.place(order("0.1"))
    venue.switch("no_replay")
    listener.subscribe("userFills", user=venue.address)
    assert listener.next("userFills") == {"user": venue.address, "fills": [], "isSnapshot": True}
    assert len(client.ask("userFillsByTime", startTime=0)) == 1


def test_external_close_and_open_have_no_cloid(client: Client, venue: FakeVenue) -> None:
    """The owner's own orders show as fills without a cloid."""
    client.place(order("0.1", cloid=1))
    venue.switch("external_close", fraction="0.5")
    assert size(client) == "0.05"
    venue.switch("external_open", coin="ETH", size="-0.5")
    assert size(client, "ETH") == "-0.5"
    fills = client.ask("userFills")
    assert [fill.get("cloid") for fill in fills] == [None, None, cloid(1)]
    assert [fill["dir"] for fill in fills] == ["Open Short", "Close Long", "Open Long"]
    assert client.ask("orderStatus", oid=fills[0]["oid"])["order"]["status"] == "filled"


def test_manual_stop_cancel_leaves_the_target(client: Client, venue: FakeVenue) -> None:
    """The stop is gone as cancelled, the target rests."""
    client.place(order("0.1"), trigger("49000", cloid=2), trigger("52000", "tp", cloid=3))
    venue.switch("manual_stop_cancel")
    assert [one["cloid"] for one in client.ask("frontendOpenOrders")] == [cloid(3)]
    assert client.ask("orderStatus", oid=cloid(2))["order"]["status"] == "canceled"


def test_liquidation_is_a_fill_without_an_order(client: Client, venue: FakeVenue) -> None:
    """It names the account, its order is unknown, and the stop goes as liquidatedCanceled."""
    client.place(order("3"), trigger("49000", size="3", cloid=2))
    at = client.position()
    assert at is not None
    venue.switch("liquidation")
    fill = client.ask("userFills")[0]
    assert fill["dir"] == "Liquidated Cross Long"
    assert fill["liquidation"]["liquidatedUser"] == venue.address
    assert abs(float(fill["px"]) - float(at["liquidationPx"])) < 1
    assert client.ask("orderStatus", oid=fill["oid"]) == {"status": "unknownOid"}
    assert client.ask("orderStatus", oid=cloid(2))["order"]["status"] == "liquidatedCanceled"
    assert size(client) is None


def test_adl_is_a_fill_at_the_mark_without_an_order(client: Client, venue: FakeVenue) -> None:
    """A part of the position goes; no hash, not crossed, and the order is unknown."""
    client.place(order("0.1"))
    venue.move("BTC", "60000")
    venue.switch("adl", fraction="0.4")
    fill = client.ask("userFills")[0]
    assert (fill["dir"], fill["px"], fill["sz"]) == ("Auto-Deleveraging", "60000.0", "0.04")
    assert (fill["crossed"], fill["hash"]) == (False, "0x" + "0" * 64)
    assert client.ask("orderStatus", oid=fill["oid"]) == {"status": "unknownOid"}
    assert size(client) == "0.06"


def test_mode_switch_pools_the_balances(client: Client, venue: FakeVenue) -> None:
    """The account's value in clearinghouseState shrinks to the margin that is posted."""
    client.place(order("0.1"))
    venue.switch("mode_switch", mode="unifiedAccount")
    assert client.ask("userAbstraction") == "unifiedAccount"
    state = client.ask("clearinghouseState")
    assert state["marginSummary"]["accountValue"] == state["marginSummary"]["totalMarginUsed"]
    (usdc,) = client.ask("spotClearinghouseState")["balances"]
    assert (usdc["total"], usdc["hold"]) == ("9997.75", "250.0")


def test_deposit_and_withdrawal_are_in_the_ledger(client: Client, venue: FakeVenue) -> None:
    """Money that comes and goes is no gain and no loss."""
    venue.switch("deposit", amount="500")
    venue.switch("deposit", amount="-200")
    told = [row["delta"] for row in client.ask("userNonFundingLedgerUpdates", startTime=0)]
    assert [(one["type"], one["usdc"]) for one in told] == [
        ("deposit", "10000.0"), ("deposit", "500.0"), ("withdraw", "199.0"),
    ]  # fmt: skip
    assert client.ask("clearinghouseState")["marginSummary"]["accountValue"] == "10300.0"


def test_unknown_status_is_a_word_nobody_knows(client: Client, venue: FakeVenue) -> None:
    """One answer has it, the next one the truth; an unknown order does not use it up."""
    client.place(order("0.1", cloid=1))
    venue.switch("unknown_status")
    assert client.ask("orderStatus", oid=cloid(9)) == {"status": "unknownOid"}
    assert client.ask("orderStatus", oid=cloid(1))["order"]["status"] == "quarantinedByCommittee"
    assert client.ask("orderStatus", oid=cloid(1))["order"]["status"] == "filled"


def test_forgetful_order_status_knows_nothing(client: Client, venue: FakeVenue) -> None:
    """The order has filled, the fills say so, and orderStatus does not."""
    client.place(order("0.1", cloid=1))
    venue.switch("forgetful_order_status", times=2)
    for _ in range(2):
        assert client.ask("orderStatus", oid=cloid(1)) == {"status": "unknownOid"}
    assert client.ask("userFills")[0]["cloid"] == cloid(1)
    assert client.ask("orderStatus", oid=cloid(1))["status"] == "order"


def test_clock_skew_moves_the_venues_clock(client: Client, venue: FakeVenue) -> None:
    """An action that lasts ten seconds has expired at a venue that is ninety ahead."""
    before = client.ask("exchangeStatus")["time"]
    venue.switch("clock_skew", seconds=90)
    assert client.ask("exchangeStatus")["time"] == before + 90_000
    reply = client.send(place(order("0.1")), expires_after=before + 10_000)
    assert reply == {"status": "err", "response": "Action already expired"}


def test_restart_cuts_everything(client: Client, venue: FakeVenue, listener: Listener) -> None:
    """Streams and requests are cut for five seconds; then the account is as it was."""
    client.place(order("0.1"))
    venue.switch("restart", seconds=5)
    with pytest.raises(ConnectionClosed):
        listener.pong()
    with pytest.raises(httpx.TransportError):
        client.ask("clearinghouseState")
    venue.step(5)
    assert size(client) == "0.1"


def test_switches_can_be_set_over_http(client: Client, venue: FakeVenue) -> None:
    """POST /switch does what `switch` does, and says what is on or what is wrong."""
    wanted = {"name": "forgetful_order_status", "times": None}
    assert client.http.post("/switch", json=wanted).json() == {"on": ["forgetful_order_status"]}
    adl = {"name": "deposit", "arguments": {"amount": "5"}}
    assert client.http.post("/switch", json=adl).status_code == 200
    assert client.ask("clearinghouseState")["withdrawable"] == "10005.0"
    wrong = client.http.post("/switch", json={"name": "nothing"})
    assert (wrong.status_code, "there is no switch" in wrong.text) == (400, True)
    assert client.http.post("/switch", content=b"[]").status_code == 400
