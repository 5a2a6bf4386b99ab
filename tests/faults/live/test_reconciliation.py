"""Reconciliation against the fake venue: missing orders, drift, frozen coins, and its loop."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from livewire import COIN, entry

from motherhaven.bot.execution.timers import Timers
from motherhaven.bot.running.commands import unfreeze
from motherhaven.bot.running.live import READY, RECONCILING, LiveLoop

D = Decimal


def hide(wire, cloid):
    """The venue's list leaves an order out; the list as it is."""
    venue = wire.trader.account.venue
    whole = venue.open_orders
    venue.open_orders = lambda coin=None: [one for one in whole(coin) if one.cloid != cloid]
    return whole


def target_of(wire):
    """The cloid of the target that rests."""
    return next(one.cloid for one in wire.venue.open_orders() if one.kind.value == "target")


def looks_over(wire, seconds, apart=10):
    """A look every ten seconds for so long; the codes of all findings, in order."""
    found = []
    for _ in range(seconds // apart):
        wire.fake.step(apart)
        found += wire.codes(wire.reconcile())
    return found


# --- ghosts -------------------------------------------------------------------------------


def test_an_order_that_nobody_knows_any_more_counts_as_cancelled(wire):
    """Neither listed nor known by its id for ninety seconds: it ends, and that is told once."""
    wire.decide(entry())
    lost = target_of(wire)
    hide(wire, lost)
    wire.trader.account.venue.order_by_cloid = lambda cloid: None
    assert looks_over(wire, 110) == []
    assert wire.trader.account.orders.find(lost).rests
    assert looks_over(wire, 30) == ["order_ghost"]
    assert wire.trader.account.orders.find(lost).ended
    states = [one["state"] for one in wire.told("order") if one["cloid"] == lost]
    assert states[-1] == "cancelled"


def test_an_order_that_the_venue_knows_by_its_id_is_never_given_up(wire):
    """The list leaves it out and the question by id finds it: it stays, however long."""
    wire.decide(entry())
    hidden = target_of(wire)
    hide(wire, hidden)
    assert "order_ghost" not in looks_over(wire, 400)
    assert wire.trader.account.orders.find(hidden).rests


def test_an_order_is_kept_while_the_question_by_id_fails(wire):
    """No answer is no answer: nothing is given up for it."""
    wire.decide(entry())
    hidden = target_of(wire)
    hide(wire, hidden)
    wire.fake.switch("rate_limited", None, only="orderStatus")
    assert "order_ghost" not in looks_over(wire, 200)
    assert wire.trader.account.orders.find(hidden).rests


# --- drift --------------------------------------------------------------------------------


def test_a_large_drift_halts_entries_until_the_equities_agree(wire):
    """Two hundredths of the equity are missing at the venue: nothing is opened meanwhile."""
    venue = wire.trader.account.venue
    whole = venue.account

    def poorer():
        found = whole()
        return replace(found, equity=found.equity * D("0.98"))

    venue.account = poorer
    done = wire.reconcile()
    assert wire.codes(done) == ["equity_drift"]
    assert done.drift > 0
    (refused,) = wire.decide(entry())
    assert refused["reason_code"] == "not_reconciled"
    assert wire.held == 0
    venue.account = whole
    assert wire.reconcile().findings == []
    (done,) = wire.decide(entry())
    assert done["execution_status"] == "executed"


# --- frozen coins -------------------------------------------------------------------------


def test_unfreeze_takes_over_what_was_found_in_a_coin(wire):
    """By name in any case; entries go on, over a look and a restart, and what was found stays."""
    wire.fake.switch("external_open", coin=COIN, size=D("0.001"))
    wire.reconcile()
    wire.step(3)
    wire.reconcile()
    assert COIN in wire.trader.watch.frozen
    assert "allowed again" in unfreeze(wire.cycle, {"coin": "btc"})
    wire.reconcile()
    assert wire.trader.watch.frozen == {}
    assert wire.held == wire.booked == D("0.001")
    wire.cycle.status("unfrozen", wire.now)
    wire.cycle.flush()
    wire.end()
    wire.begin()
    wire.reconcile()
    assert wire.trader.watch.frozen == {}


@pytest.mark.parametrize("arguments", [{}, {"coin": None}, {"coin": "ETH"}, {"coin": "x" * 999}])
def test_unfreeze_of_a_coin_that_is_not_frozen_changes_nothing(wire, arguments):
    """It says so, and another coin stays frozen."""
    wire.fake.switch("external_open", coin=COIN, size=D("0.001"))
    wire.reconcile()
    assert "nothing was changed" in unfreeze(wire.cycle, arguments)
    assert COIN in wire.trader.watch.frozen


def test_unfreeze_does_not_help_while_the_cause_is_there(wire):
    """An order of somebody else rests on: the coin is frozen by every look anew."""
    venue = wire.trader.account.venue
    wire.decide(entry())
    whole = venue.open_orders
    venue.open_orders = lambda coin=None: [
        *whole(coin), *(replace(one, cloid="", oid="77") for one in whole(coin)[:1])
    ]  # fmt: skip
    wire.reconcile()
    assert COIN in wire.trader.watch.frozen
    assert "nothing was changed" in unfreeze(wire.cycle, {"coin": COIN})
    wire.reconcile()
    assert COIN in wire.trader.watch.frozen


# --- the loop -----------------------------------------------------------------------------


class Turning:
    """A loop that is turned by hand, and the looks that it made: when, and whether whole."""

    def __init__(self, wire):
        self.wire, self.start, self.looks = wire, wire.now, []
        self.reconnects = 0
        venue = wire.trader.account.venue
        health, look = venue.health(), wire.trader.reconcile
        venue.health = lambda: replace(health, reconnects=self.reconnects)

        def counted(now, *, whole=True):
            self.looks.append((round((now - self.start).total_seconds()), whole))
            return look(now, whole=whole)

        wire.trader.reconcile = counted
        self.loop = LiveLoop(wire.cycle, Timers())

    def turn(self, seconds=0, every=1):
        """Turn once a second for so long, at least once; the looks of that time."""
        before = len(self.looks)
        asyncio.run(self.loop.turn(self.wire.now))
        for _ in range(seconds // every):
            self.wire.fake.step(every)
            asyncio.run(self.loop.turn(self.wire.now))
        return self.looks[before:]

    def told(self):
        """The messages of the statuses so far."""
        self.wire.cycle.flush()
        return [one["message"] for one in self.wire.told("status")]


@pytest.fixture
def turning(wire):
    """A loop around a trader whose account was not read by it yet."""
    return Turning(wire)


def test_the_loop_is_ready_after_one_whole_look(turning):
    """Before that nothing is opened; it is said once, and then the looks are light."""
    assert (turning.loop.phase, turning.wire.cycle.phase) == (RECONCILING, RECONCILING)
    assert turning.turn(77) == [(0, True), (38, False), (76, False)]
    assert (turning.loop.phase, turning.wire.cycle.phase) == (READY, READY)
    assert sum("entries are possible" in one for one in turning.told()) == 1


def test_a_look_that_fails_is_tried_again_at_growing_pauses(turning):
    """After 1, 2, 4, 8, 16 and then every 30 seconds; one that succeeds begins anew."""
    turning.wire.fake.switch("rate_limited", None)
    looks = turning.turn(95)
    assert [second for second, _ in looks] == [0, 1, 3, 7, 15, 31, 61, 91]
    assert all(whole for _, whole in looks)
    assert turning.loop.phase == RECONCILING
    turning.wire.fake.switch("rate_limited", 0)
    assert [second for second, _ in turning.turn(66)] == [121, 159]
    turning.wire.fake.switch("rate_limited", None)
    assert [second for second, _ in turning.turn(46)] == [197, 198, 200, 204]


def test_a_failure_is_told_once_for_each_step(turning):
    """Not at every try: the same step that fails on is one status."""
    turning.wire.fake.switch("rate_limited", None)
    turning.turn(95)
    assert sum(one.startswith(RECONCILING) for one in turning.told()) == 1


def test_a_reconnect_reads_the_account_whole_at_once(turning):
    """Whatever the plan was: something may have been missed. Once for each reconnect."""
    turning.turn(5)
    turning.reconnects = 1
    assert turning.turn(5) == [(5, True)]
    turning.reconnects = 3
    assert turning.turn() == [(10, True)]


def test_a_reconnect_does_not_wait_for_the_pause_of_a_failed_look(turning):
    """The venue is back: its pause of half a minute is over."""
    turning.turn()
    turning.wire.fake.switch("rate_limited", None)
    turning.turn(80)
    turning.wire.fake.switch("rate_limited", 0)
    turning.reconnects += 1
    assert turning.turn() == [(80, True)]
    assert turning.wire.trader.watch.blocked(turning.wire.now) is None


def test_a_difference_is_looked_at_again_soon(turning):
    """Two seconds later, not half a minute; then it is made up, and looked at once more."""
    wire = turning.wire
    turning.turn()
    venue = wire.trader.account.venue
    venue.fills = lambda since: []
    wire.fake.switch("silent_socket", None)
    wire.fake.switch("external_open", coin=COIN, size=D("0.001"))
    wire.fake.step(38)
    assert [second for second, _ in turning.turn(20)] == [38, 40, 42]
    assert wire.booked == wire.held == D("0.001")
    assert sum("it is looked at again" in one for one in turning.told()) == 1


def test_what_is_found_is_told_once_for_as_long_as_it_lasts(turning):
    """And again once it has been away."""
    wire = turning.wire
    venue = wire.trader.account.venue
    whole = venue.account
    turning.turn()
    for _ in range(2):
        venue.account = lambda: replace(whole(), equity=whole().equity - 1)
        turning.turn(90)
        venue.account = whole
        turning.turn(60)
    assert sum("equity is" in one for one in turning.told()) == 2


def test_before_each_decision_the_account_is_read_whole(turning):
    """However short ago the last look was."""
    turning.turn()
    wire = turning.wire
    wire.fake.step(1)
    asyncio.run(turning.loop.before_cycle(wire.now))
    assert turning.looks[-1] == (1, True)
    assert wire.trader.watch.reconciler.seen.at == wire.now
    assert wire.now - turning.start == timedelta(seconds=1)


def test_a_stop_that_is_gone_waits_for_no_look(turning):
    """Cancelled by hand, and the stream tells: placed again in the next turn, not in 38 seconds."""
    wire = turning.wire
    turning.turn()
    wire.decide(entry())
    turning.turn(5)
    wire.fake.switch("manual_stop_cancel")
    assert wire.stops == []
    wire.step(1)
    assert turning.turn() == [(6, False)]
    assert len(wire.stops) == 1


def test_a_position_that_stays_bare_is_looked_at_with_growing_pauses(turning):
    """No stop can be placed, nor the position closed: each look costs what the venue allows."""
    wire, account = turning.wire, turning.wire.trader.account
    turning.turn()
    wire.decide(entry())
    turning.turn(5)
    wire.fake.switch("manual_stop_cancel")
    wire.step(1)
    account.gate = lambda _: "shut"
    wire.trader.watch.reconciler._do = lambda *_: None
    looks = [second for second, _ in turning.turn(40)]
    assert looks == [6, 8, 12, 20, 36]


@pytest.mark.parametrize("switch", ["drop_reply", "half_body"])
def test_a_stop_that_was_lost_on_its_way_goes_out_again(turning, switch):
    """In the same bytes, at once: the position does not wait until the first cannot land."""
    wire = turning.wire
    turning.turn()
    wire.decide(entry())
    turning.turn(5)
    wire.fake.switch("manual_stop_cancel")
    before = {"before": True} if switch == "drop_reply" else {}
    wire.fake.switch(switch, 1, only="order", **before)
    since = len(wire.fake.requests)
    wire.step(1)
    turning.turn()
    assert len(wire.stops) == 1
    sent = [one.body for one in wire.fake.requests[since:] if one.kind == "order"]
    assert len(sent) == (2 if before else 1)
    assert all(one == sent[0] for one in sent)


def test_an_entry_that_was_lost_on_its_way_is_not_sent_again(turning):
    """Only what reduces: a price that was right then may not be now."""
    wire = turning.wire
    turning.turn()
    wire.fake.switch("drop_reply", 1, only="order", before=True)
    wire.decide(entry())
    turning.turn(40)
    assert [one.kind for one in wire.fake.requests].count("order") == 1
    assert wire.held == 0
