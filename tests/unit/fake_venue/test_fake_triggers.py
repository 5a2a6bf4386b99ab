"""Stops, targets, liquidation and funding at the fake venue, by mark, mid and the clock."""

from decimal import Decimal

import pytest

from motherhaven.testing.fake_venue import FakeVenue
from tests.unit.fake_venue.kit import CANTO, SOL, Client, order, place, trigger


def cloid(number: int) -> str:
    """A client order id."""
    return f"0x{number:032x}"


def test_the_mark_triggers_and_the_mid_fills(client: Client, venue: FakeVenue) -> None:
    """A mid through the stop does nothing; a mark does, and the fill is at the mid."""
    client.place(order("0.1"), trigger("49000", limit="45000", cloid=2))
    venue.move("BTC", "49500", mid=Decimal(48_900))
    assert client.position() is not None
    venue.move("BTC", "48990", mid=Decimal(48_950))
    assert client.position() is None
    fill = client.ask("userFills")[0]
    assert (fill["px"], fill["dir"], fill["cloid"]) == ("48950.0", "Close Long", cloid(2))


@pytest.mark.parametrize(
    ("buy", "stop", "target"), [(True, 49_000, 51_000), (False, 51_000, 49_000)]
)
@pytest.mark.parametrize("hit", ["sl", "tp"])
def test_exits_of_longs_and_shorts(
    client: Client, venue: FakeVenue, buy: bool, stop: int, target: int, hit: str
) -> None:
    """Each side has its stop below or above; what fires closes, and the other one goes."""
    entry = order("0.1", "52500" if buy else "47500", buy=buy)
    exits = [
        trigger(str(stop), "sl", buy=not buy, cloid=2),
        trigger(str(target), "tp", buy=not buy, cloid=3),
    ]
    client.place(entry, *exits, grouping="normalTpsl")
    venue.move("BTC", str(stop if hit == "sl" else target))
    assert client.position() is None
    fired, other = (2, 3) if hit == "sl" else (3, 2)
    assert client.ask("orderStatus", oid=cloid(fired))["order"]["status"] == "filled"
    assert client.ask("orderStatus", oid=cloid(other))["order"]["status"] == (
        "siblingFilledCanceled"
    )


def test_a_stop_of_the_position_grows_with_it(client: Client, venue: FakeVenue) -> None:
    """Size 0 is the whole position, whatever it is when the stop fires."""
    client.place(order("0.1"))
    client.place(trigger("49000", size="0", cloid=2), grouping="positionTpsl")
    (resting,) = client.ask("frontendOpenOrders")
    assert (resting["isPositionTpsl"], resting["sz"]) == (True, "0.0")
    client.place(order("0.2"))
    venue.move("BTC", "49000")
    assert client.position() is None
    assert client.ask("userFills")[0]["sz"] == "0.3"


def test_exits_go_when_the_position_is_closed(client: Client) -> None:
    """A close by an order of its own takes stop and target with it."""
    client.place(order("0.1"), trigger("49000", cloid=2), trigger("52000", "tp", cloid=3))
    client.place(order("0.1", "47500", buy=False, reduce=True))
    assert client.ask("frontendOpenOrders") == []
    for number in (2, 3):
        status = client.ask("orderStatus", oid=cloid(number))["order"]["status"]
        assert status == "reduceOnlyCanceled"


def test_a_price_through_the_liquidation_price_liquidates(client: Client, venue: FakeVenue) -> None:
    """The fill is at the liquidation price, and the account keeps what is left."""
    client.place(order("4"))
    at = client.position()
    assert at is not None
    venue.move("BTC", "40000")
    fill = client.ask("userFills")[0]
    assert fill["dir"] == "Liquidated Cross Long"
    assert client.position() is None
    assert Decimal(client.ask("clearinghouseState")["marginSummary"]["accountValue"]) >= 0


def test_an_isolated_loss_ends_with_its_margin(client: Client, venue: FakeVenue) -> None:
    """A coin that is only isolated loses what it was opened with, and no more."""
    client.place(order("1000", "0.126", asset=CANTO))
    position = client.position("CANTO")
    assert position is not None
    assert position["leverage"]["type"] == "isolated"
    venue.move("CANTO", "0.05")
    assert client.position("CANTO") is None
    value = Decimal(client.ask("clearinghouseState")["marginSummary"]["accountValue"])
    assert 10_000 - value <= Decimal(position["marginUsed"]) + Decimal("0.1")


def test_funding_is_paid_at_every_full_hour(client: Client, venue: FakeVenue) -> None:
    """By the clock, on the oracle; history, account and stream agree."""
    venue.set_rate("BTC", "0.0001")
    client.place(order("0.1"), order("1", "157.5", asset=SOL))
    venue.step(2 * 3_600)
    rows = [row["delta"] for row in client.ask("userFunding", startTime=0)]
    assert [row["usdc"] for row in rows if row["coin"] == "BTC"] == ["-0.5", "-0.5"]
    assert len(rows) == 4
    rates = client.ask("fundingHistory", coin="BTC", startTime=0)
    assert [row["fundingRate"] for row in rates] == ["0.0001", "0.0001"]


def test_leverage_reaches_orders_that_rest(client: Client, venue: FakeVenue) -> None:
    """An entry that rests fills with what is set when it fills, its stop with it."""
    client.place(
        order("0.1", "49000", tif="Gtc", cloid=1), trigger("48000", cloid=2), grouping="normalTpsl"
    )
    client.send({"type": "updateLeverage", "asset": 0, "isCross": False, "leverage": 5})
    venue.move("BTC", "49000")
    position = client.position()
    assert position is not None
    assert (position["leverage"]["type"], position["leverage"]["value"]) == ("isolated", 5)
    assert [one["cloid"] for one in client.ask("frontendOpenOrders")] == [cloid(2)]
    assert client.ask("orderStatus", oid=cloid(1))["order"]["status"] == "filled"


def test_a_cloid_is_unique_among_resting_orders(client: Client) -> None:
    """A second one is refused while the first rests; afterwards the name is free again."""
    resting = order("0.1", "49000", tif="Gtc", cloid=5)
    client.place(resting)
    assert "error" in client.place(resting)[0]
    client.send({"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": cloid(5)}]})
    assert "resting" in client.place(resting)[0]


def test_a_fast_cancel_is_not_for_triggers(client: Client) -> None:
    """It is refused there, and the trigger rests on."""
    client.place(order("0.1"), trigger("49000", cloid=2))
    oid = client.ask("frontendOpenOrders")[0]["oid"]
    cancel = {"type": "cancel", "cancels": [{"a": 0, "o": oid}], "f": True}
    assert "error" in client.statuses(cancel)[0]
    assert len(client.ask("frontendOpenOrders")) == 1


def test_too_many_open_orders(client: Client) -> None:
    """With a thousand that rest no further one is taken to rest."""
    tiny = order("0.001", "10000", tif="Gtc")
    for _ in range(5):
        client.send(place(*[tiny] * 200))
    assert client.place(tiny)[0] == {"error": "Too many open orders. asset=0"}
    assert "filled" in client.place(order("0.001"))[0]
