"""Reconciliation without a venue: timers, missing orders, drift, and fills that are made up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.execution.orders import OpenOrder, OrderKind
from motherhaven.bot.execution.reconcile import Books, Memory, plan
from motherhaven.bot.execution.states import OrderRecord, Stage
from motherhaven.bot.execution.synthetic import MADE_UP, synthetic_fills
from motherhaven.bot.execution.timers import DEFAULT, Timers
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import FillReason, MarginMode, Side
from motherhaven.contract.errors import ConfigError

D = Decimal
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LONG = Position(
    "BTC", "P1", D(2), D(100), D(110), 10, MarginMode.CROSS, None, D(20), D(0), D(1), D(90), NOW,
    D(0), D(0),
)  # fmt: skip
TARGET = OrderRecord(
    "0x1", "BTC", Side.SELL, D(0), D(120), OrderKind.TARGET, True, Stage.ACKNOWLEDGED, NOW
)


def seconds(number):
    """So many seconds."""
    return timedelta(seconds=number)


def account(equity="1000", positions=None, time=NOW):
    """A whole account of which only equity and positions matter."""
    return AccountSnapshot(D(equity), *(D(0),) * 10, positions or {}, time)


def looks(moments, books, timers=DEFAULT, orders=None):
    """Looks at these seconds after NOW, each with the memory of those before; the plans.

    `orders` gives what rests at the venue at a second; nothing by default.
    """
    memory, plans = Memory(), []
    for second in moments:
        there = [] if orders is None else orders(second)
        theirs = replace(account(), time=NOW + seconds(second))
        plans.append(plan(theirs, there, books, memory, timers))
        memory = plans[-1].memory
    return plans


# --- timers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"recent": seconds(15)}, ("retries", "recent")),
        ({"recent": seconds(90)}, ("recent", "ghost")),
        ({"cycle": seconds(90)}, ("ghost", "cycle")),
        ({"light": seconds(61)}, ("light look", "deaf")),
        ({"apart": seconds(0)}, ("light look", "apart")),
    ],
)
def test_timers_out_of_order_are_refused_by_name(wrong, named):
    """Each wait must be shorter than the one that rests on it; the two are named."""
    with pytest.raises(ConfigError) as refused:
        Timers(**wrong)
    assert refused.value.code == "timers"
    assert all(one in str(refused.value) for one in named)


def test_timers_as_they_are_stand_in_order():
    """The limits themselves are allowed: a light look just before the account counts as deaf."""
    assert DEFAULT.recent < DEFAULT.ghost == seconds(90) < DEFAULT.cycle
    assert Timers(light=seconds(60)).light == Timers().deaf
    assert Timers(cycle=seconds(91)).cycle == seconds(91)


# --- orders that are missing --------------------------------------------------------------


def test_an_order_is_gone_after_ninety_seconds_without_a_break():
    """Looked up at every look before, and only then given up, once, with its finding."""
    books = Books(account(), [TARGET], [], frozenset({"0x1"}))
    plans = looks([10, 29, 30, 60, 119, 120], books)
    assert [len(one.look_up) for one in plans] == [0, 0, 1, 1, 1, 0]
    assert [len(one.gone) for one in plans] == [0, 0, 0, 0, 0, 1]
    ((record, ghost),) = plans[-1].gone
    assert (record, ghost.code, ghost.coin) == (TARGET, "order_ghost", "BTC")
    assert "12:00:30" in ghost.text
    assert plans[-1].memory.absent == {}


def test_an_order_that_was_seen_between_begins_anew():
    """Ninety seconds in all are not enough: it must be missing all the time."""
    rests = OpenOrder("0x1", "BTC", Side.SELL, D(0), OrderKind.TARGET, D(120), True, NOW)
    books = Books(account(positions={"BTC": LONG}), [TARGET], [], frozenset({"0x1"}))
    plans = looks(
        [30, 80, 100, 130, 180, 219, 220], books, orders=lambda at: [rests] if at == 100 else []
    )
    assert [len(one.gone) for one in plans] == [0, 0, 0, 0, 0, 0, 1]


# --- drift --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "found", "halts"),
    [
        ("1000.011", "1000", False, False),  # a cent and a millionth of the equity
        ("999.989", "1000", False, False),
        ("1000.0111", "1000", True, False),
        ("1010", "1000", True, False),  # a hundredth is told, and does not halt yet
        ("1010.01", "1000", True, True),
        ("989.99", "1000", True, True),
        ("0.1", "0.095", False, False),  # cents of an almost empty account
        ("0.12", "0.1", True, True),
    ],
)
def test_equity_may_drift_by_a_cent_and_a_millionth(ours, theirs, found, halts):
    """Beyond that it is told, and beyond a hundredth of the equity nothing is opened."""
    done = plan(account(theirs), [], Books(account(ours), [], [], frozenset()), Memory(), DEFAULT)
    assert done.drift == D(ours) - D(theirs)
    assert [(one.code, one.halts) for one in done.findings] == (
        [("equity_drift", halts)] if found else []
    )


def test_drift_says_nothing_while_something_is_unknown():
    """An order whose outcome is open, or a position that differs, explains any difference."""
    unknown = replace(TARGET, state=Stage.UNKNOWN)
    books = Books(account("900"), [], [unknown], frozenset({"0x1"}))
    assert plan(account("1000"), [], books, Memory(), DEFAULT).drift is None
    books = Books(account("900"), [], [], frozenset())
    theirs = account("1000", {"BTC": LONG})
    assert plan(theirs, [], books, Memory(), DEFAULT).drift is None


def test_drift_is_measured_at_the_venues_marks():
    """The books' own older mark makes no drift."""
    ours = account("1000", {"BTC": replace(LONG, mark=D(105))})
    theirs = account("1010", {"BTC": LONG})
    done = plan(theirs, [], Books(ours, [], [], frozenset()), Memory(), DEFAULT)
    assert (done.drift, done.findings) == (D(0), ())


# --- fills that are made up ---------------------------------------------------------------


@pytest.mark.parametrize("ours", [None, LONG, replace(LONG, size=D(-3))])
@pytest.mark.parametrize("venue", [None, replace(LONG, size=D(5), entry=D(103))])
def test_made_up_fills_carry_ours_to_theirs_with_the_same_ids(ours, venue):
    """The sizes add up, and the same difference at the same time has the same ids."""
    mine, other = (D(0) if one is None else one.size for one in (ours, venue))
    if mine == other:
        return
    fills = synthetic_fills("BTC", ours, venue, NOW, None)
    assert mine + sum(fill.size for fill in fills) == other
    assert fills == synthetic_fills("BTC", ours, venue, NOW, None)
    ids = [fill.external_id for fill in fills]
    assert len(set(ids)) == len(ids) == (2 if mine < 0 < other else 1)
    assert all(one.startswith(f"{MADE_UP}BTC:2026-03-04T12:00:00") for one in ids)
    assert {(fill.reason, fill.fee) for fill in fills} == {(FillReason.EXTERNAL, D(0))}
    later = synthetic_fills("BTC", ours, venue, NOW + seconds(1), None)
    assert not set(ids) & {fill.external_id for fill in later}


def test_what_was_added_makes_the_venues_average():
    """2 at 100 and 3 more are 5 at 103: the three were 105 each."""
    (fill,) = synthetic_fills("BTC", LONG, replace(LONG, size=D(5), entry=D(103)), NOW, None)
    assert (fill.size, fill.price) == (D(3), D(105))
    # An average that no positive price explains is taken as the price itself.
    (odd,) = synthetic_fills("BTC", LONG, replace(LONG, size=D("2.1"), entry=D(90)), NOW, None)
    assert odd.price == D(90)


@pytest.mark.parametrize(
    ("ahead", "price"), [(None, "110"), ("4", "108"), ("-4", "112"), ("22", "99"), ("23", "110")]
)
def test_what_was_taken_away_makes_the_equities_agree(ahead, price):
    """Books that are 4 USD ahead sold 2 for 2 USD less each; too far from the mark is not taken."""
    (fill,) = synthetic_fills("BTC", LONG, None, NOW, None if ahead is None else D(ahead))
    assert (fill.size, fill.price) == (D(-2), D(price))
