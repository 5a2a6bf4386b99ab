"""Ways in which money could be at risk, each suspected once: what must not happen."""

from dataclasses import replace

import pytest
from livewire import COIN, entry

from motherhaven.bot.execution.states import Stage
from motherhaven.bot.execution.stops import protect
from motherhaven.contract.errors import ExchangeError


def test_what_somebody_else_opened_is_not_closed_for_want_of_a_stop(wire):
    """An entry of ours came to nothing, and the owner has opened there meanwhile."""
    wire.fake.switch("external_open", coin=COIN, size="0.01")
    wire.step()
    wire.reconcile()
    done = protect(wire.trader.account, COIN)
    assert not done.closed
    assert wire.held == wire.booked != 0


def test_a_kill_closes_although_the_orders_cannot_be_read(wire):
    """The list of orders is one question and the positions another; closing needs the second."""
    wire.decide(entry())
    wire.step()
    wire.reconcile()
    wire.fake.switch("rate_limited", None, only="frontendOpenOrders")
    wire.killer.latch.engage(wire.now, "test", flatten=True)
    wire.killer.obey_latch(wire.now)
    assert wire.held == 0
    assert wire.killer.left is not None  # whether all is gone was not seen
    wire.fake.switch("rate_limited", 0)
    wire.step(60)
    wire.killer.obey_latch(wire.now)
    assert (wire.killer.left, wire.stops) == (None, [])


def test_a_stop_that_nobody_sees_is_not_kept_for_the_one_that_rests(wire):
    """A twin that our list has and the venue does not show or know: the real one stays."""
    wire.decide(entry())
    wire.step()
    wire.reconcile()
    account, (stop,) = wire.trader.account, wire.stops
    known = account.orders.find(stop.cloid)
    account.orders.adopt([replace(known, cloid="0x" + "ab" * 16, state=Stage.ACKNOWLEDGED)])
    protect(account, COIN)
    assert [one.cloid for one in wire.stops] == [stop.cloid]


def test_a_stop_that_was_refused_is_tried_anew_in_the_same_moment(wire):
    """Its id is not used a second time: the venue's old answer is none to the new order."""
    wire.decide(entry())
    wire.step()
    wire.reconcile()
    wire.fake.switch("manual_stop_cancel")
    wire.step()
    account, positions, left = wire.trader.account, wire.venue.positions, [3]

    def fails_third():
        left[0] -= 1
        if not left[0]:
            raise ExchangeError("it does not answer")
        return positions()

    wire.venue.positions = fails_third
    wire.fake.switch("rate_limited", 2, only="order")
    with pytest.raises(ExchangeError):
        protect(account, COIN)
    sent = len(wire.sent())
    done = protect(account, COIN)
    assert (done.closed, len(wire.stops), len(wire.sent()) - sent) == (False, 1, 1)


@pytest.mark.parametrize("landed", [True, False])
def test_an_order_whose_sending_broke_is_asked_about(wire, landed):
    """A fault of our own between record and answer: no second entry, and no bare position."""
    submit = wire.venue.submit

    def breaks(commands):
        wire.venue.submit = submit
        if landed:
            submit(commands)
        raise RuntimeError("a fault of ours")

    wire.venue.submit = breaks
    with pytest.raises(RuntimeError):
        wire.decide(entry())
    (skipped,) = wire.decide(entry())
    assert skipped["reason_code"] in ("order_unknown", "unknown_position")
    wire.settle()
    assert wire.trader.account.orders.unknown == []
    assert bool(wire.held) is bool(wire.stops) is landed
    assert wire.equal() == 0
