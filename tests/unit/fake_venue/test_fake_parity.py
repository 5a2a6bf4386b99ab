"""Parity rows: an action, and the exact answer that the venue gives to it.

The texts are those of the venue's documentation and of answers that others have published;
"asset=N" at their end is left out in the documentation and is there in real answers.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from motherhaven.testing.fake_venue import FakeVenue
from tests.unit.fake_venue.kit import CANTO, SOL, Client, order, place, trigger

Action = dict[str, Any]


def err(text: str) -> dict[str, Any]:
    """The answer to an action that is refused as a whole."""
    return {"status": "err", "response": text}


def ok(*statuses: Any, kind: str = "order") -> dict[str, Any]:
    """The answer to orders or cancels."""
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": list(statuses)}}}


def error(text: str, asset: int = 0) -> dict[str, Any]:
    """The status of an order that is refused."""
    return {"error": f"{text} asset={asset}"}


DONE = {"status": "ok", "response": {"type": "default"}}
GONE = "Order was never placed, already canceled, or filled."
LONG = place(order("0.1"))
FIRST = 90_000_001


@dataclass(frozen=True)
class Row:
    """`before` is sent first; `given` are arguments of the signed request."""

    action: Action
    reply: Any
    before: tuple[Action, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)


def leverage(value: int, *, cross: bool = True, asset: int = 0) -> Action:
    """An action that sets leverage and mode."""
    return {"type": "updateLeverage", "asset": asset, "isCross": cross, "leverage": value}


ROWS = {
    "a market buy": Row(
        LONG, ok({"filled": {"totalSz": "0.1", "avgPx": "50000.0", "oid": FIRST}})
    ),
    "a limit that rests": Row(
        place(order("0.1", "49000", tif="Gtc", cloid=1)),
        ok({"resting": {"oid": FIRST, "cloid": f"0x{1:032x}"}}),
    ),
    "a stop of its own rests with an oid": Row(
        place(trigger("49000")), ok({"resting": {"oid": FIRST + 1}}), (LONG,)
    ),
    "a stop of the position has no oid": Row(
        place(trigger("49000", size="0"), grouping="positionTpsl"), ok("waitingForTrigger"), (LONG,)
    ),
    "children of an unfilled parent": Row(
        place(order("0.1", "49000", tif="Gtc"), trigger("48000"), grouping="normalTpsl"),
        ok({"resting": {"oid": FIRST + 1}}, "waitingForFill"),
    ),
    "an IOC that finds nothing": Row(
        place(order("0.1", "49000")),
        ok(error("Order could not immediately match against any resting orders.")),
    ),
    "a post-only order that would match": Row(
        place(order("0.1", "50000", tif="Alo")),
        ok(error(
            "Post only order would have immediately matched, bbo was 49999@50001."
        )),
    ),
    "off the tick": Row(
        place(order("0.1", "50000.5", tif="Gtc")),
        ok(error("Price must be divisible by tick size.")),
    ),
    "off the lot": Row(
        place(order("0.1234567", tif="Gtc")), ok(error("Order has invalid size."))
    ),
    "no size": Row(place(order("0")), ok(error("Order has zero size."))),
    "no price": Row(place(order("0.1", "0")), ok(error("Order has invalid price."))),
    "an opening below ten dollars": Row(
        place(order("0.00018", "50000")), ok(error("Order must have minimum value of $10."))
    ),
    "a part of a position below ten dollars": Row(
        place(order("0.0001", "47500", buy=False, reduce=True)),
        ok(error("Order must have minimum value of $10.")),
        (LONG,),
    ),
    "the whole of a position below ten dollars": Row(
        place(order("0.0003", "10000", buy=False, reduce=True)),
        ok({"filled": {"totalSz": "0.0003", "avgPx": "50000.0", "oid": FIRST + 1}}),
        (place(order("0.0003")),),
    ),
    "reduce-only larger than the position": Row(
        place(order("7", "47500", buy=False, reduce=True)),
        ok({"filled": {"totalSz": "0.1", "avgPx": "50000.0", "oid": FIRST + 1}}),
        (LONG,),
    ),
    "reduce-only when flat": Row(
        place(order("0.1", "47500", buy=False, reduce=True)),
        ok(error("Reduce only order would increase position.")),
    ),
    "reduce-only on the wrong side": Row(
        place(order("0.1", reduce=True)),
        ok(error("Reduce only order would increase position.")), (LONG,),
    ),
    "a limit beyond the margin": Row(
        place(order("5", "49000", tif="Gtc")), ok(error("Insufficient margin to place order."))
    ),
    "an IOC beyond the margin is cut": Row(
        place(order("5")), ok({"filled": {"totalSz": "4.0", "avgPx": "50000.0", "oid": FIRST}})
    ),
    "a stop above the mark of a long": Row(
        place(trigger("51000")), ok(error("Invalid TP/SL price.")), (LONG,)
    ),
    "a target below the mark of a long": Row(
        place(trigger("49000", "tp")), ok(error("Invalid TP/SL price.")), (LONG,)
    ),
    "a stop whose limit is on the wrong side": Row(
        place(trigger("49000", limit="49500")), ok(error("Invalid TP/SL price.")), (LONG,)
    ),
    "a stop that could open": Row(
        place(order("0.1"), trigger("49000", reduce=False)),
        ok({"error": "TP/SL orders must be reduce only. asset=0"}),
    ),
    "a group whose first is a trigger": Row(
        place(trigger("49000"), trigger("48000"), grouping="normalTpsl"),
        ok({"error": "Main order cannot be trigger order."}),
    ),
    "a group without a child": Row(
        place(order("0.1"), grouping="normalTpsl"),
        ok({"error": "Unexpected number of trigger orders."}),
    ),
    "a price far from the market": Row(
        place(order("0.001", "100000", tif="Gtc")),
        ok(error("Order price cannot be more than 95% away from the reference price")),
    ),
    "a batch with one bad order": Row(
        place(order("0.1"), order("0"), order("1", "150", asset=SOL)),
        ok(
            {"filled": {"totalSz": "0.1", "avgPx": "50000.0", "oid": FIRST}},
            error("Order has zero size."),
            {"filled": {"totalSz": "1.0", "avgPx": "150.0", "oid": FIRST + 1}},
        ),
    ),
    "a cancel": Row(
        {"type": "cancel", "cancels": [{"a": 0, "o": FIRST}]}, ok("success", kind="cancel"),
        (place(order("0.1", "49000", tif="Gtc")),),
    ),
    "cancels of the unknown and of another asset": Row(
        {"type": "cancel", "cancels": [{"a": 0, "o": 5}, {"a": 1, "o": FIRST}]},
        ok(error(GONE), error(GONE, 1), kind="cancel"),
        (place(order("0.1", "49000", tif="Gtc")),),
    ),
    "a cancel of an unknown cloid": Row(
        {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": f"0x{9:032x}"}]},
        ok(error(GONE), kind="cancel"),
    ),
    "more than 200 orders": Row(
        place(*[order("0.1")] * 201), err("Signed action over weight limit of 200.")
    ),
    "leverage": Row(leverage(10), DONE),
    "more leverage than the market has": Row(leverage(41), err("Invalid leverage value")),
    "no leverage": Row(leverage(0), err("Invalid leverage value")),
    "cross in a market that has none": Row(
        leverage(2, asset=CANTO), err("Cross margin is not allowed for this asset.")
    ),
    "another mode with an open position": Row(
        leverage(20, cross=False), err("Cannot switch leverage type with open position."), (LONG,)
    ),
    "less leverage than the margin carries": Row(
        leverage(1),
        err(
            "Cross position does not have sufficient margin available to decrease leverage. "
            "asset=0"
        ),
        (place(order("1")),),
    ),
    "margin of a cross position": Row(
        {"type": "updateIsolatedMargin", "asset": 0, "isBuy": True, "ntli": 1_000_000},
        err("Position does not use isolated margin."), (LONG,),
    ),
    "margin of an isolated position": Row(
        {"type": "updateIsolatedMargin", "asset": 0, "isBuy": True, "ntli": 1_000_000},
        DONE, (leverage(20, cross=False), LONG),
    ),
    "nothing": Row({"type": "noop"}, DONE),
    "a scheduled cancel": Row(
        {"type": "scheduleCancel", "time": 1_800_000_000_000},
        err(
            "Cannot set scheduled cancel time until enough volume traded. "
            "Required: $1000000. Traded: $5000.00."
        ),
        (LONG,),
    ),
    "too late": Row(LONG, err("Action already expired"), given={"expires_after": 1}),
    "for a vault": Row(
        LONG, err("Vault not registered: 0x" + "11" * 20), given={"vault": "0x" + "11" * 20}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_the_answer_is_the_venues(client: Client, name: str) -> None:
    """Each row's action gets exactly its answer."""
    row = ROWS[name]
    for action in row.before:
        assert client.send(action)["status"] == "ok"
    assert client.send(row.action, **row.given) == row.reply


@pytest.mark.parametrize(
    "kind",
    ["usdSend", "withdraw3", "approveAgent", "approveBuilderFee", "vaultTransfer", "batchModify"],
)
def test_actions_that_a_bot_has_no_business_with_are_refused(client: Client, kind: str) -> None:
    """They are refused by name, and nothing about them is looked at."""
    reply = client.send({"type": kind, "amount": "1"})
    assert reply["status"] == "err"
    assert kind in reply["response"]


def test_a_builder_is_refused(client: Client) -> None:
    """An order that pays a stranger is not taken, even for nothing."""
    action = place(order("0.1")) | {"builder": {"b": "0x" + "11" * 20, "f": 0}}
    assert "builder" in client.send(action)["response"]
    assert client.position() is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"action":{"type":"order"},"nonce":1,"signature":{"r":"0x1","s":"0x1","v":27}}',
        b'{"action":{"type":"dance"},"nonce":1,"signature":{"r":"0x1","s":"0x1","v":27}}',
        b'{"action":{"type":"noop"},"nonce":-1,"signature":{"r":"0x1","s":"0x1","v":27}}',
        b'{"action":{"type":"noop"},"nonce":1,"signature":{"r":"1","s":"0x1","v":27}}',
        b'{"action":{"type":"noop"},"nonce":1e999999999,"signature":{"r":"0x1","s":"0x1","v":27}}',
    ],
)
def test_what_cannot_be_read_is_a_422(client: Client, body: bytes) -> None:
    """The text is the venue's, for broken JSON and for fields that are not what they must be."""
    answer = client.http.post("/exchange", content=body)
    assert answer.status_code == 422
    assert answer.text.startswith("Failed to deserialize the JSON body into the target type")


def test_a_body_that_is_too_large_is_not_read(client: Client) -> None:
    """More than a megabyte ends with 413."""
    assert client.http.post("/exchange", content=b" " * ((1 << 20) + 1)).status_code == 413


def test_a_stop_in_a_gap(client: Client, venue: FakeVenue) -> None:
    """Past its limit a stop-market order is gone; a stop-limit order rests at its limit."""
    client.send(LONG)
    client.place(
        trigger("49000", limit="48500", cloid=2),
        trigger("49100", limit="48600", cloid=3, market=False),
    )
    venue.move("BTC", "48000")
    status = client.ask("orderStatus", oid=f"0x{2:032x}")["order"]["status"]
    assert status == "iocCancelRejected"
    (left,) = client.ask("frontendOpenOrders")
    assert (left["orderType"], left["limitPx"], left["cloid"]) == (
        "Limit", "48600.0", f"0x{3:032x}",
    )  # fmt: skip
    venue.move("BTC", "48600")
    assert client.position() is None


def test_resting_reductions_never_exceed_the_position(client: Client, venue: FakeVenue) -> None:
    """The older of two is cancelled; one that rests shrinks with the position."""
    client.send(LONG)
    exit_at = [
        order("0.1", price, buy=False, tif="Gtc", reduce=True, cloid=number)
        for number, price in enumerate(("52000", "53000"), 1)
    ]
    client.place(exit_at[0])
    client.place(exit_at[1])
    first = client.ask("orderStatus", oid=f"0x{1:032x}")["order"]
    assert first["status"] == "reduceOnlyCanceled"
    client.place(order("0.04", "47500", buy=False, reduce=True))
    (resting,) = client.ask("frontendOpenOrders")
    assert (resting["sz"], resting["origSz"]) == ("0.06", "0.1")
