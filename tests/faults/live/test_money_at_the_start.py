"""Money that is paid in about when a bot first reads its account counts once."""

from decimal import Decimal

import pytest
from livewire import COIN, PRICE, LiveWire

from motherhaven.testing.fake_venue import FakeVenue

PAID = Decimal(10_000)
APART = 0.2


@pytest.fixture
def fake():
    """A venue whose account has 10,000 USD."""
    with FakeVenue() as made:
        made.move(COIN, PRICE)
        made.step(1)
        yield made


def pay(fake):
    """Money comes in, a moment after what was before and a moment before what follows."""
    fake.step(APART)
    fake.switch("deposit", amount=str(PAID))
    fake.step(APART)


def follow(wire):
    """Several looks with everything that the venue tells by itself."""
    for _ in range(4):
        wire.step(200)
        done = wire.reconcile()
        assert done.failed is None
        assert wire.codes(done) == []
        assert done.drift == 0
    assert wire.trader.account.snapshot().equity == wire.fake.account().live().snapshot.equity
    assert wire.equal() == 0


def test_money_right_before_the_start(fake, tmp_path):
    """It is in the account that the books begin with, and its entry in the ledger is old."""
    pay(fake)
    wire = LiveWire(tmp_path, fake)
    try:
        wire.pump()
        follow(wire)
    finally:
        wire.close()


def test_money_right_after_the_start(fake, tmp_path):
    """It is no part of what the books began with."""
    wire = LiveWire(tmp_path, fake)
    try:
        wire.reconcile()
        pay(fake)
        follow(wire)
        assert [one[0] for one in wire.trader.flows if one[1] == PAID][1:]
    finally:
        wire.close()


@pytest.mark.parametrize(
    "verb", ["identity", "fills", "funding", "cash_flows", "account", "open_orders"]
)
@pytest.mark.parametrize("after", [False, True])
def test_money_during_the_start(fake, tmp_path, verb, after):
    """Before or after any read of the first look, it counts once, and still does in a new run."""
    wire = LiveWire(tmp_path, fake)
    ask, paid = getattr(wire.venue, verb), []

    def asked(*given):
        if not paid and not after:
            paid.append(pay(fake))
        answer = ask(*given)
        if not paid:
            paid.append(pay(fake))
        return answer

    setattr(wire.venue, verb, asked)
    try:
        wire.pump()
        wire.reconcile()
        assert paid
        follow(wire)
        wire.end()
        wire.begin()
        follow(wire)
    finally:
        wire.close()
