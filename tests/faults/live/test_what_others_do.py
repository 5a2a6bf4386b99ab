"""What the venue or somebody else does to the account: told by the stream, or found by a look."""

from decimal import Decimal

import pytest
from livewire import COIN, entry

from motherhaven.bot.portfolio.events import FillReason
from motherhaven.contract.errors import JournalError

D = Decimal


def test_an_adl_is_no_close_of_ours(wire):
    """Closed to cover another's loss: on record as that, and nothing is opened until armed anew."""
    wire.decide(entry())
    wire.fake.switch("adl")
    done = wire.reconcile()
    assert wire.told("fill")[-1]["reason"] == FillReason.ADL
    assert wire.told("position_closed")[-1]["reason"] == FillReason.ADL
    assert "adl" in wire.codes(done)
    assert "external_fill" not in wire.codes(done)
    assert wire.booked == wire.held == 0
    assert wire.trader.kill.engaged
    assert wire.equal() == 0
    wire.settle(2)
    (refused,) = wire.decide(entry())
    assert (refused["execution_status"], refused["reason_code"]) == ("rejected", "kill_switch")
    assert wire.held == 0


@pytest.mark.parametrize("heard", [True, False])
def test_an_adl_of_a_part_leaves_the_rest_protected(wire, heard):
    """Told by the stream or found by a look: half is gone, the stop covers what is left."""
    wire.decide(entry())
    before = wire.held
    wire.fake.switch("adl", fraction="0.5")
    if heard:
        wire.step()
    wire.reconcile(2)
    assert wire.told("fill")[-1]["reason"] == FillReason.ADL
    assert 0 < wire.held == wire.booked < before
    assert wire.trader.kill.engaged
    assert wire.told("protection")[-1]["state"] == "protected"
    assert wire.equal() == 0


@pytest.mark.parametrize("heard", [True, False])
def test_a_liquidation_stops_entries_however_it_is_told(wire, heard):
    """By the stream between two looks or by a look: at once, and until somebody arms again."""
    wire.decide(entry())
    wire.fake.switch("liquidation")
    if heard:
        wire.step()
        assert wire.trader.kill.engaged
    done = wire.reconcile()
    assert "liquidation" in wire.codes(done)
    assert wire.trader.kill.engaged
    assert wire.told("position_closed")[-1]["reason"] == FillReason.LIQUIDATION
    assert "liquidation" not in wire.codes(wire.reconcile())


def test_a_foreign_fill_that_the_stream_tells_freezes_its_coin_at_once(wire):
    """Nothing is opened in the coin from then on, and the next look says why."""
    wire.fake.switch("external_open", coin=COIN, size=D("0.001"))
    wire.step()
    assert COIN in wire.trader.watch.frozen
    done = wire.reconcile()
    assert "external_fill" in wire.codes(done)
    (refused,) = wire.decide(entry())
    assert refused["reason_code"] == "coin_frozen"


@pytest.mark.parametrize("how", ["never landed", "refused", "not recorded"])
def test_after_an_entry_that_did_not_fill_a_position_of_others_is_not_ours(wire, how):
    """Nothing is placed or closed in it, though an entry of ours in the coin was on its way."""
    if how == "never landed":
        wire.fake.switch("drop_reply", 1, only="order", before=True)
    elif how == "refused":
        wire.fake.switch("upgrade_window", 1)
    else:
        record, wire.cycle.sink.write = wire.cycle.sink.write, no_journal
        wire.trader.account.orders.emit = no_journal
    wire.decide(entry())
    if how == "not recorded":
        wire.cycle.sink.write = record
        wire.trader.account.orders.emit = wire.cycle._record_order
    wire.settle()
    assert not wire.held
    sent = len(wire.sent())
    wire.fake.switch("external_open", coin=COIN, size="0.001")
    wire.move("48000")
    wire.settle()
    assert wire.held == wire.booked == D("0.001")
    assert len(wire.sent()) == sent
    assert wire.trader.account.wanted == {}


def no_journal(_):
    """A disk that takes nothing."""
    raise JournalError("no space")
