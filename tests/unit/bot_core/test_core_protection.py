"""The protection audit, row by row of what was found to go wrong with stops elsewhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.core.protection_watch import ProtectionWatch
from motherhaven.bot.execution.orders import OpenOrder, OrderKind
from motherhaven.bot.execution.protection import Cover, Look, audit, orphans
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.reasons import advice_of
from motherhaven.contract.wire import validate_payload

D = Decimal
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LONG = Position(
    "BTC", "P1", D(2), D(100), D(100), 10, MarginMode.CROSS, None, D(0), D(0), D(1), D(90), NOW,
    D(0), D(0),
)  # fmt: skip
SHORT = replace(LONG, size=D(-2), liquidation=D(110))


def order(price, size="0", kind=OrderKind.STOP, side=Side.SELL, coin="BTC", **more):
    """A trigger of ours that rests."""
    cloid = more.pop("cloid", f"0x{price}")
    return OpenOrder(cloid, coin, side, D(size), kind, D(price), True, NOW, **more)


def one(*orders, held=LONG, now=NOW, at=NOW, **more):
    """The audit of a single position."""
    return audit(Look({held.coin: held}, orders, at), now, **more)[held.coin]


def test_a_stop_for_the_whole_position_protects_it():
    """With its distances as fractions of the mark, and what is at risk."""
    found = one(order("95"))
    assert (found.state, found.covered, found.code) == (Cover.PROTECTED, D(2), None)
    assert (found.to_stop, found.to_liquidation, found.inside) == (D("0.05"), D("0.1"), True)
    assert found.worst_fill == D("90.25")
    assert found.at_risk == D("19.5")


@pytest.mark.parametrize("price", ["89", "90", "90.05"])
def test_p1_a_stop_at_or_beyond_the_liquidation_does_not_protect(price):
    """It must act first, with a buffer; a short is the other way round."""
    found = one(order(price))
    assert (found.state, found.code) == (Cover.UNPROTECTED, "stop_behind_liquidation")
    short = one(order(str(200 - D(price)), side=Side.BUY), held=SHORT)
    assert (short.state, short.code) == (Cover.UNPROTECTED, "stop_behind_liquidation")
    assert one(order("91")).state is Cover.PROTECTED


def test_p2_what_does_not_rest_is_no_stop():
    """Placed, it was said; nothing is read: unprotected."""
    assert (one().state, one().code) == (Cover.UNPROTECTED, "stop_none")


def test_p3_the_time_without_a_stop_is_counted():
    """From one look to the next, over all the time that the position is open."""
    watch = ProtectionWatch()
    told = []
    for second, orders in enumerate([(), (), (order("95"),), (order("95"),), ()]):
        now = NOW + timedelta(seconds=second)
        told += watch.follow({"BTC": one(*orders, now=now, at=now)}, now)
    assert [(t["state"], t["unprotected_seconds"]) for t in told] == [
        ("unprotected", 0), ("protected", 2), ("unprotected", 2),
    ]  # fmt: skip
    for payload in told:
        validate_payload("protection", payload)
    assert watch.summary(NOW + timedelta(seconds=9))["lacking"][0]["seconds"] == 5


def test_p4_a_trigger_of_the_former_side_is_an_orphan():
    """It would open what the position was before, and is no stop of the present one."""
    left = order("95", side=Side.BUY)
    found = one(left)
    assert (found.state, found.orphans) == (Cover.UNPROTECTED, ("0x95",))
    assert orphans(Look({"BTC": LONG}, [left, order("96")], NOW)) == [left]
    assert orphans(Look({}, [left], NOW)) == [left]


@pytest.mark.parametrize(
    ("at", "code"),
    [(None, "venue_unreadable"), (NOW - timedelta(minutes=6), "snapshot_old")],
)
def test_p5_what_was_not_looked_at_lately_is_unknown(at, code):
    """Unknown is never protected, whatever the last look had."""
    found = one(order("95"), at=at)
    assert (found.state, found.code, found.covered) == (Cover.UNKNOWN, code, 0)


def test_p6_a_target_is_no_stop():
    """A trigger that only reduces is not enough: its kind decides."""
    assert one(order("105", kind=OrderKind.TARGET)).state is Cover.UNPROTECTED


def test_p7_the_distance_is_a_fraction_of_the_price():
    """The same at any leverage, with the money at risk beside it."""
    assert one(order("95")).to_stop == one(order("95"), held=replace(LONG, leverage=40)).to_stop


def test_p8_each_stop_counts_for_itself():
    """One that cannot act takes nothing from one that can."""
    found = one(order("89", "2"), order("95", "1"))
    assert (found.state, found.covered) == (Cover.PARTLY, D(1))
    assert one(order("94", "1"), order("95", "1")).state is Cover.PROTECTED


def test_p9_a_stop_with_a_near_limit_is_warned_of():
    """In a gap it may not fill; one whose limit lies far away may."""
    assert one(order("95", limit=D("94.9"))).warnings == ("stop_limit",)
    assert one(order("95", limit=D(90))).warnings == ()


def test_p10_every_code_has_advice():
    """What is told of a position is told with what to do about it."""
    codes = ["stop_none", "stop_partial", "stop_passed", "stop_behind_liquidation", "stop_exempt",
             "snapshot_old", "venue_unreadable", "stop_limit", "stop_too_large"]  # fmt: skip
    assert all(advice_of(code) for code in codes)


def test_p11_two_stops_while_one_is_replaced_still_protect():
    """New-first: for a moment both rest, and the covered size is the position's."""
    found = one(order("94", "2"), order("95", "2"))
    assert (found.state, found.covered, found.stop) == (Cover.PROTECTED, D(2), D(95))


def test_a_stop_on_the_winning_side_has_been_passed():
    """It would strike at once, or was stored with the other direction."""
    assert one(order("101")).code == "stop_passed"


def test_a_baseline_without_a_stop_says_so():
    """Unprotected all the same, with another reason."""
    found = one(exempt=frozenset({"BTC"}))
    assert (found.state, found.code) == (Cover.UNPROTECTED, "stop_exempt")
