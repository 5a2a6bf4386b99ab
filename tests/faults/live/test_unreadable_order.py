"""An order in the list of what rests that cannot be read: whose it is decides what it stops."""

from decimal import Decimal

import pytest
from livewire import COIN, LiveWire, entry

from motherhaven.testing.fake_venue import info_account

D = Decimal
OTHER = "ETH"
AT = D(2_500)
LIST = "frontendOpenOrders"
THEIRS = {
    "coin": COIN, "side": "A", "limitPx": "45000", "sz": "0.1", "oid": 77,
    "timestamp": 1_764_500_000_000, "isTrigger": True, "triggerPx": "48000",
    "triggerCondition": "", "children": [],
    "isPositionTpsl": False, "reduceOnly": True, "orderType": "Stop Market", "origSz": "0.1",
    "tif": None, "cloid": None,
}  # fmt: skip
UNREADABLE = [
    {"orderType": "Trailing Stop"}, {"side": "C"}, {"sz": "-1"}, {"sz": None}, {"isTrigger": 1},
    {"oid": "seven"}, {"timestamp": None}, {"reduceOnly": None}, {"triggerPx": "high"},
    {"children": "none"}, {"coin": None},
]  # fmt: skip
FOREIGN = "0x" + "ab" * 16


@pytest.fixture
def two(tmp_path):
    """A live trader of two coins."""
    made = LiveWire(tmp_path, others={OTHER: AT})
    made.reconcile()
    yield made
    made.close()


def listed(monkeypatch, change):
    """The venue's list is changed on its way: `change` gets the rows and gives others."""
    tell = info_account.QUESTIONS[LIST]
    monkeypatch.setitem(info_account.QUESTIONS, LIST, lambda one, ask: change(tell(one, ask)))


@pytest.mark.parametrize("cloid", [None, FOREIGN], ids=["no cloid", "a cloid"])
@pytest.mark.parametrize("wrong", UNREADABLE, ids=[next(iter(one)) for one in UNREADABLE])
def test_a_strangers_order_is_told_and_the_rest_is_handled(two, monkeypatch, wrong, cloid):
    """The look is whole, a lost stop comes back, and nothing of the stranger's is touched."""
    theirs = {**THEIRS, "cloid": cloid, **wrong}
    two.decide(entry(coin=OTHER, price=AT))
    listed(monkeypatch, lambda rows: [theirs, *rows])
    done = two.reconcile()
    assert done.failed is None
    (found,) = [one for one in done.findings if one.code == "order_unreadable"]
    assert found.coin == theirs["coin"]
    assert (found.freezes, found.halts) == (found.coin is not None, found.coin is None)
    two.fake.switch("manual_stop_cancel")
    assert not two.stops
    two.settle(3)
    assert [one.coin for one in two.stops] == [OTHER]
    (refused,) = two.decide(entry())
    assert refused["execution_status"] == "rejected"
    assert refused["reason_code"] == ("coin_frozen" if found.coin else "not_reconciled")
    asked = [one.action for one in two.fake.requests if one.path == "/exchange"]
    canceled = [str(one) for one in asked if one["type"].startswith("cancel")]
    assert not [one for one in canceled if "77" in one or FOREIGN in one]


def test_it_never_counts_as_protection(wire, monkeypatch):
    """What looks like a stop for the whole position and cannot be read covers nothing."""
    wire.decide(entry())
    theirs = {**THEIRS, "sz": str(wire.held), "orderType": "Trailing Stop"}
    listed(monkeypatch, lambda rows: [theirs, *rows])
    wire.fake.switch("manual_stop_cancel")
    assert wire.venue.positions()[COIN].stop is None
    wire.settle(3)
    (stop,) = wire.stops
    assert wire.trader.account.orders.find(stop.cloid) is not None
    assert stop.size == wire.held > 0


@pytest.mark.parametrize("signed", ["by this signer", "by one before it"])
@pytest.mark.parametrize("wrong", [{"orderType": "Trailing"}, {"side": "C"}, {"sz": None}])
def test_one_that_may_be_ours_leaves_the_look_unread(wire, monkeypatch, wrong, signed):
    """Our own stop cannot be read: nothing is placed, closed or taken for gone by that."""
    wire.decide(entry())
    if signed == "by one before it":  # then the journal alone knows that it is ours
        monkeypatch.setattr(wire.adapter._info, "ours", lambda _: False)
    (ours,) = wire.stops
    listed(
        monkeypatch,
        lambda rows: [{**one, **wrong} if one["cloid"] == ours.cloid else one for one in rows],
    )
    sent, held = len(wire.sent()), wire.held
    done = wire.settle(3)
    assert done.failed is not None
    assert len(wire.sent()) == sent
    assert wire.held == held == wire.booked


@pytest.mark.parametrize("garbled", ["an order", None, 7, {}, {**THEIRS, "cloid": 12}])
def test_a_row_that_says_not_whose_it_is_leaves_the_look_unread(wire, monkeypatch, garbled):
    """Without a readable cloid it may be ours."""
    wire.decide(entry())
    listed(monkeypatch, lambda rows: [*rows, garbled])
    assert wire.reconcile().failed is not None
