"""Random histories at the venue: whatever was lost or done by hand, books and venue end equal."""

from collections import Counter
from decimal import Decimal
from random import Random

import pytest
from livewire import CLOSE, entry
from sweeping import BARE_AT_MOST, Watched, judge

D = Decimal
FAULTS = [
    ("drop_reply", {"only": "order"}), ("drop_reply", {"only": "order", "before": True}),
    ("half_body", {"only": "order"}), ("partial_fill", {"fraction": "0.5"}),
    ("delay_visibility", {"seconds": 3.0}), ("forgetful_order_status", {}),
    ("rate_limited", {"only": "orderStatus"}), ("silent_socket", {}),
]  # fmt: skip
HAND = [
    ("external_close", {"fraction": "0.5"}), ("external_close", {}), ("manual_stop_cancel", {}),
    ("deposit", {"amount": "100"}), ("deposit", {"amount": "-50"}),
]  # fmt: skip


def happen(wire, random):
    """One thing: a decision under a fault, something by hand, a price, or a new life."""
    what = random.choice(["trade", "trade", "fault", "hand", "price", "life"])
    if what == "fault":
        name, arguments = random.choice(FAULTS)
        wire.fake.switch(name, 1, **arguments)
    if what in ("trade", "fault"):
        wire.decide(CLOSE if wire.held and random.random() < 0.5 else entry())
    elif what == "hand":
        name, arguments = random.choice(HAND)
        wire.fake.switch(name, 1, **arguments)
    elif what == "price":
        wire.move(wire.price * (1 + D(random.randint(-4, 4)) / 1000))
    else:
        wire.end()
        wire.begin()
    wire.step(random.choice([1, 3, 8]))
    wire.resolve()
    wire.reconcile()


@pytest.mark.parametrize(
    "seed", [1, 2, *(pytest.param(n, marks=pytest.mark.soak) for n in range(3, 60))]
)
def test_books_and_venue_end_equal(wire, seed):
    """No order twice, no position without its stop, and the journal alone gives the same books."""
    random = Random(seed)
    for _ in range(8):
        happen(wire, random)
    for _ in range(3):
        wire.settle()
        if not wire.trader.account.orders.unknown:
            break
    done = wire.reconcile()
    assert (done.failed, wire.trader.account.orders.unknown) == (None, []), seed
    assert wire.booked == wire.held, seed
    assert max(Counter(wire.sent()).values(), default=0) <= 1, seed
    assert wire.equal() <= D("0.01"), (seed, done.findings)
    if wire.held and "BTC" in wire.trader.account.wanted:
        protection = wire.trader.watch.protection.summary(wire.now)
        assert protection["protected"] == 1, (seed, protection)
    # What is derivable is a fold: a new life on the journal alone has the same account.
    before = wire.trader.account.snapshot()
    wanted = dict(wire.trader.account.wanted)
    wire.end()
    wire.begin()
    wire.reconcile()
    after = wire.trader.account.snapshot()
    assert (after.wallet, after.deposits) == (before.wallet, before.deposits), seed
    assert {c: (p.size, p.entry) for c, p in after.positions.items()} == {
        c: (p.size, p.entry) for c, p in before.positions.items()
    }, seed
    assert set(wire.trader.account.wanted) == set(wanted), seed


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", [3, pytest.param(1_000, marks=pytest.mark.soak)])
def test_orders_whose_replies_are_all_lost(wire, count):
    """So many were executed without an answer; each is on the wire once, and known in the end."""
    watched, lost = Watched(wire, "drop_reply", 7), 0
    while lost < count:
        since = len(wire.fake.requests)
        wire.arm()
        before = watched.random.random() < 0.1
        wire.fake.switch(
            "drop_reply", watched.random.choice([1, 2, 3]), only="order", before=before
        )
        watched.decide()
        watched.is_covered()
        watched.pass_time()
        wire.fake.switch("drop_reply", 0)
        lost += executed_unheard(wire, since)
    judge(wire, ("drop_reply", 7))
    orders, fills = len(wire.sent()), len(wire.told("fill"))
    barest = watched.barest.total_seconds()
    print(f"{lost} replies of {orders} orders lost, {fills} fills, {barest:g} s bare at most")
    assert fills >= count // 4
    assert watched.barest <= BARE_AT_MOST


def executed_unheard(wire, since):
    """Orders that the venue has, and whose reply it dropped, among requests from a number on."""
    table = wire.fake.account().table
    asked = [one for one in wire.fake.requests[since:] if one.kind == "order" and not one.reply]
    cloids = [order["c"] for one in asked for order in one.action["orders"]]
    return sum(table.find_cloid(one) is not None for one in cloids)
