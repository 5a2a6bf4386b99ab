"""Commands at a live venue whose wire, clock and fills go wrong: flat in the end, or told why."""

import pytest
from control_support import VENUES, WIRED, Rig
from shell_support import entry
from test_shell_unknown_orders import decide

from motherhaven.bot.control.command_runner import VERIFY_WITHIN
from motherhaven.bot.execution.orders import OrderKind

WHOLE = ["received", "applying", "applied", "verified"]


@pytest.fixture
def rig(tmp_path):
    """A live bot with two positions at a fake Hyperliquid."""
    made = Rig(tmp_path, VENUES[WIRED])
    yield made
    made.close()


def closes(rig):
    """The orders that closed something, as they were sent: each only reduces."""
    sent = [one.action for one in rig.venue.fake.requests if one.kind == "order"]
    orders = [order for action in sent for order in action["orders"]]
    return [order for order in orders if order["r"] and "limit" in order["t"]]


def test_closes_that_fill_in_part_are_gone_on_with(rig):
    """Four times half of it: each close has the venue's own size, and none opens the other side."""
    rig.venue.fake.switch("partial_fill", 4, fraction="0.5")
    rig.deliver(rig.command("flatten"))
    rig.run(20, until="verified")
    assert (rig.states()[-1], rig.sizes) == ("verified", {})
    assert len(closes(rig)) >= 4
    assert rig.last()["open_orders"] == 0


@pytest.mark.parametrize("before", [True, False])
def test_a_close_whose_answer_is_lost(rig, before):
    """On its way or on its way back: asked about, and flat without a second size."""
    rig.venue.fake.switch("drop_reply", 2, only="order", before=before)
    rig.deliver(rig.command("flatten"))
    rig.run(40, until="verified")
    assert (rig.states()[-1], rig.sizes) == ("verified", {})


def test_a_venue_that_takes_only_resting_orders_is_tried_again(rig):
    """After an upgrade a market order is refused: stops rest on until it is taken."""
    rig.venue.fake.switch("upgrade_window", None)
    rig.deliver(rig.command("flatten"))
    rig.run(5)
    told = rig.last()
    assert (told["state"], set(told["left"]["positions"])) == ("applied", {"BTC", "ETH"})
    assert sum(one.kind is OrderKind.STOP for one in rig.venue.open_orders()) == 2
    rig.venue.fake.switch("upgrade_window", 0)
    rig.run(20, until="verified")
    assert (rig.states()[-1], rig.sizes) == ("verified", {})


def test_a_venue_that_is_away_is_told_and_tried_again(rig):
    """Every read is refused: not verified is said each minute, and it ends when it is flat."""
    rig.venue.fake.switch("rate_limited", None)
    rig.deliver(rig.command("flatten"))
    rig.run(VERIFY_WITHIN.total_seconds() + 10, step=2)
    assert rig.states()[-1] in ("applying", "applied")
    assert any("not verified since" in str(one.get("reason")) for one in rig.events())
    rig.venue.fake.switch("rate_limited", 0)
    rig.run(20, until="verified")
    assert (rig.states()[-1], rig.sizes) == ("verified", {})


@pytest.mark.parametrize("seconds", [-600, 600])
def test_clocks_ten_minutes_apart(rig, seconds):
    """The venue's clock is off: what it still takes is done, else it is told, and never opened."""
    rig.venue.fake.switch("clock_skew", seconds=float(seconds))
    rig.deliver(rig.command("flatten"))
    rig.run(20, until="verified")
    if rig.states()[-1] != "verified":
        assert rig.last()["reason"], rig.last()
        assert set(rig.sizes) == {"BTC", "ETH"}
        rig.venue.fake.switch("clock_skew", seconds=0.0)
        rig.run(30, until="verified")
    assert (rig.states()[-1], rig.sizes) == ("verified", {})


def test_a_stop_that_strikes_during_a_flatten(rig):
    """Somebody else was faster: flat is flat, and no order opens the other side."""
    rig.deliver(rig.command("flatten"))
    rig.venue.fake.switch("external_close")
    rig.run(20, until="verified")
    assert (rig.states()[-1], rig.sizes) == ("verified", {})


def test_two_operators_and_a_delivery_twice(rig):
    """The second wish is linked to the first; what comes again is told again and not done."""
    first, second = rig.command("flatten", 1), rig.command("flatten", 2)
    rig.deliver(first, second, first)
    rig.run(20, until="verified")
    rig.deliver(second, first)
    count = len(closes(rig))
    rig.run(3)
    assert (list(dict.fromkeys(rig.states("c1"))), rig.last("c2")["superseded_by"]) == (WHOLE, "c1")
    assert len(closes(rig)) == count == 2


def test_with_everything_else_broken_it_is_flat_all_the_same(rig, monkeypatch):
    """No figure, no status, no journal, and the strategy wants to buy: closed, nothing opened."""

    def broken(*_, **__):
        raise AttributeError("'NoneType' object has no attribute 'equity'")

    for name in ("report_account", "report_status", "drop_entries", "note"):
        monkeypatch.setattr(rig.trader, name, broken)
    monkeypatch.setattr(rig.cycle, "status", broken)
    rig.sink.full = True
    rig.deliver(rig.command("halt", 1, lasts=3600), rig.command("flatten", 2))
    rig.run(10)
    assert (rig.sizes, rig.latched) == ({}, ["halted", "no_entries"])


def test_no_entry_passes_a_latch_on_disk(rig):
    """Set by anybody, it is read before the very next order is signed."""
    rig.deliver(rig.command("no_entries", lasts=3600))
    before = len(rig.venue.fake.requests)
    (refused,) = decide(rig.trader, entry("BTC"))
    assert refused["execution_status"] in ("rejected", "skipped")
    assert "exchange" not in {one.path.strip("/") for one in rig.venue.fake.requests[before:]}
