"""Changes of an open position: reduce and adjust, from the answer to the verdict."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.bot.guard.judgement import judge
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.trial import judge_answer
from motherhaven.bot.guard.types import OpenPosition, RiskContext, Signal, TradeDecision
from motherhaven.contract.limits import RiskLimits

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
D = Decimal
LONG = OpenPosition(D("0.01"), D(60_000), 3, D(57_000), D(66_000), D(45_000))
SHORT = OpenPosition(D("-0.01"), D(60_000), 3, D(63_000), D(54_000), D(78_000))
LIMITS = RiskLimits(max_position_size_usd=D(1_000))


def read(**fields):
    """One decision for BTC from an answer; the fault's code when it is refused."""
    parsed = parse_answer(json.dumps({"decisions": [{"coin": "BTC", **fields}]}), {"BTC"})
    return parsed.decisions[0] if parsed.decisions else parsed.rejected[0].code


def view(held=LONG, mark=61_000, **fields):
    """The circumstances of a position in BTC."""
    positions = {} if held is None else {"BTC": held}
    return RiskContext(NOW, D(10_000), D(10_000), {"BTC": D(mark)}, positions, **fields)


def verdict(decision, held=LONG, limits=LIMITS, **fields):
    """The guard's word on one decision."""
    return judge([decision], view(held, **fields), limits)[0]


def moves(stop=None, target=None):
    """An adjustment."""
    return TradeDecision(
        "BTC",
        Signal.HOLD,
        adjusted_stop_loss=None if stop is None else D(stop),
        adjusted_profit_target=None if target is None else D(target),
    )


@pytest.mark.parametrize(
    ("fields", "action", "signal"),
    [
        ({"signal": "adjust", "stop_loss": 58_000}, "adjust", "hold"),
        ({"signal": "move_stop", "stop_loss": 58_000}, "adjust", "hold"),
        (
            {"signal": "adjust", "stop_loss": 58_000, "leverage": "n/a", "quantity_usd": -1},
            "adjust",
            "hold",
        ),
        ({"signal": "adjust", "exit_plan": {"stop_loss": 58_000}}, "adjust", "hold"),
        ({"signal": "hold", "adjusted_stop_loss": 58_000}, "adjust", "hold"),
        ({"signal": "hold", "stop_loss": 58_000, "profit_target": 70_000}, "hold", "hold"),
        ({"signal": "hold", "exit_plan": {"stop_loss": 58_000}}, "hold", "hold"),
        ({"signal": "hold", "adjusted_stop_loss": None}, "hold", "hold"),
        ({"signal": "hold", "adjusted_stop_loss": "soon"}, "hold", "hold"),
        ({"signal": "reduce", "close_fraction": 0.5}, "reduce", "close"),
        ({"signal": "close", "close_fraction": "0.25"}, "reduce", "close"),
        ({"signal": "close", "close_fraction": 1}, "close", "close"),
        ({"signal": "reduce", "close_fraction": 1}, "close", "close"),
        ({"signal": "close", "close_fraction": None}, "close", "close"),
        ({"signal": "close"}, "close", "close"),
        ({"signal": "trim", "fraction": 0.1}, "reduce", "close"),
    ],
)
def test_actions_are_read_and_travel_as_the_four_signals(fields, action, signal):
    """Old servers understand the signal; the field beside it says the rest."""
    decision = read(**fields)
    assert (decision.action.value, decision.signal.value) == (action, signal)
    if action == "adjust":
        assert decision.adjusted_stop_loss == 58_000
        assert decision.stop_loss is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"signal": "reduce"}, "missing_field"),
        ({"signal": "reduce", "close_fraction": 0}, "out_of_range"),
        ({"signal": "reduce", "close_fraction": -0.5}, "out_of_range"),
        ({"signal": "reduce", "close_fraction": 50}, "out_of_range"),
        ({"signal": "close", "close_fraction": 50}, "out_of_range"),
        ({"signal": "close", "close_fraction": "half"}, "number_spelling"),
        ({"signal": "close", "close_fraction": [1]}, "wrong_type"),
        ({"signal": "adjust"}, "missing_field"),
        ({"signal": "adjust", "stop_loss": None, "profit_target": 0}, "missing_field"),
        ({"signal": "adjust", "stop_loss": "58k"}, "number_spelling"),
        ({"signal": "adjust", "stop_loss": -1}, "out_of_range"),
        ({"signal": "hold", "action": "adjust", "stop_loss": 1}, "ambiguous"),
        ({"signal": "close", "action": "reduce", "close_fraction": 0.5}, "ambiguous"),
    ],
)
def test_what_is_not_plain_is_refused_and_never_guessed(fields, code):
    """How much is to be closed, and where a stop is to go, must be said."""
    assert read(**fields) == code


@pytest.mark.parametrize(
    ("held", "stop", "target", "rule"),
    [
        (LONG, 58_000, None, None),
        (LONG, 60_900, None, None),
        (LONG, 57_000, None, None),
        (LONG, 56_999, None, "stop_widened"),
        (LONG, 61_000, None, "stop_side"),
        (LONG, 62_000, None, "stop_side"),
        (LONG, None, 64_000, None),
        (LONG, None, 70_000, None),
        (LONG, None, 60_000, "target_side"),
        (LONG, None, 200_000, "price_band"),
        (LONG, 56_000, 70_000, "stop_widened"),
        (SHORT, 62_000, None, None),
        (SHORT, 63_001, None, "stop_widened"),
        (SHORT, 60_000, None, "stop_side"),
        (SHORT, None, 62_000, "target_side"),
        (None, 58_000, None, "no_position"),
        (replace(LONG, stop=None), 50_000, None, None),
        (replace(LONG, stop=None), 45_100, None, "stop_beyond_liquidation"),
        (replace(LONG, liquidates=D(58_500)), 58_000, None, None),
    ],
)
def test_exits_move_within_the_rules(held, stop, target, rule):
    """A stop only towards the price, each exit on its own side of the mark."""
    found = verdict(moves(stop, target), held)
    assert (found.allowed, found.rule) == (rule is None, rule)
    assert not found.size


def test_a_setting_lets_a_stop_be_widened_within_the_liquidation_price():
    """And no farther."""
    limits = LIMITS.changed(stop_may_widen=True)
    assert verdict(moves(50_000), limits=limits).stop == 50_000
    assert verdict(moves(45_100), limits=limits).rule == "stop_beyond_liquidation"


def test_exits_that_are_there_already_move_nothing():
    """The verdict is a plain hold."""
    found = verdict(moves(57_000, 66_000))
    assert (found.allowed, found.stop, found.target, found.acts) == (True, None, None, False)


def test_old_answers_and_old_data_move_no_exit():
    """A kill switch does not keep a stop from being tightened; a late answer does."""
    late = NOW - timedelta(seconds=301)
    assert verdict(moves(58_000), asked_at=late).rule == "answer_expired"
    stale = {"BTC": NOW - timedelta(seconds=601)}
    assert verdict(moves(58_000), data_times=stale).rule == "stale_data"
    assert verdict(moves(58_000), kill_switch=True).allowed
    assert verdict(moves(58_000), kill_switch=True, recording=False).allowed


@pytest.mark.parametrize(
    ("fraction", "size"), [("0.5", "0.005"), ("0.333333", "0.00333"), ("1", "0.01"), (None, "0.01")]
)
def test_a_part_is_closed_floored_to_the_lot(fraction, size):
    """Never more than asked; margin in proportion."""
    part = None if fraction is None else D(fraction)
    found = verdict(TradeDecision("BTC", Signal.CLOSE, close_fraction=part), kill_switch=True)
    assert found.allowed
    assert found.size == D(size)
    assert found.allowed_usd == LONG.margin * found.size / LONG.size


def test_a_part_below_the_venues_minimum_is_refused_with_what_to_do():
    """$10 for a part; the whole is exempt."""
    found = verdict(TradeDecision("BTC", Signal.CLOSE, close_fraction=D("0.01")))
    assert (found.allowed, found.rule) == (False, "min_notional")
    assert "close the whole" in found.reason


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (moves(58_000), moves(59_000)),
        (moves(58_000), TradeDecision("BTC", Signal.HOLD)),
        (moves(58_000), TradeDecision("BTC", Signal.CLOSE)),
        (
            TradeDecision("BTC", Signal.CLOSE, close_fraction=D("0.5")),
            TradeDecision("BTC", Signal.CLOSE),
        ),
        (
            TradeDecision("BTC", Signal.CLOSE, close_fraction=D("0.5")),
            TradeDecision("BTC", Signal.CLOSE, close_fraction=D("0.5")),
        ),
    ],
)
def test_several_changes_of_one_coin_cancel_each_other(first, second):
    """Which was meant is not known."""
    found = judge([first, second], view(), LIMITS)
    assert [one.allowed for one in found] == [False, False]


@pytest.mark.parametrize(("side", "stop"), [(Signal.BUY, 56_000), (Signal.SELL, 64_000)])
def test_an_entry_that_adds_does_not_widen_the_stop(side, stop):
    """The same rule for the other way to replace a stop."""
    held = LONG if side is Signal.BUY else SHORT
    mark = 61_000 if side is Signal.BUY else 59_000
    entry = TradeDecision("BTC", side, D(50), 3, D(1), D(stop))
    assert verdict(entry, held, mark=mark).rule == "stop_widened"
    assert verdict(entry, held, LIMITS.changed(stop_may_widen=True), mark=mark).allowed
    tighter = replace(entry, stop_loss=D(58_000 if side is Signal.BUY else 62_000))
    assert verdict(tighter, held, mark=mark).allowed


@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(30_000, 90_000), st.integers(40_000, 80_000)), max_size=30),
)
def test_no_series_of_adjustments_ever_widens_a_stop(long, steps):
    """Whatever marks and wishes come."""
    held, sign = (LONG, 1) if long else (SHORT, -1)
    for stop, mark in steps:
        found = verdict(moves(stop), held, mark=mark)
        if found.stop is not None:
            assert (found.stop - held.stop) * sign > 0
            assert (D(mark) - found.stop) * sign > 0
            held = replace(held, stop=found.stop)


def test_judge_names_the_actions():
    """For people who try an answer."""
    state = {
        "equity": 10_000, "day_start_equity": 10_000, "now": "2026-03-04T12:00:00Z",
        "marks": {"BTC": 61_000},
        "positions": {"BTC": {"size": "0.01", "entry": 60_000, "leverage": 3, "stop_loss": 57_000}},
    }  # fmt: skip

    def outcome(**fields):
        return judge_answer(json.dumps({"decisions": [{"coin": "BTC", **fields}]}), state)

    moved = outcome(signal="adjust", stop_loss=58_000)
    assert moved["outcome"] == "adjust"
    assert moved["verdicts"][0]["stop_loss"] == "58000"
    assert outcome(signal="reduce", close_fraction=0.5)["verdicts"][0]["size"] == "0.005"
    assert outcome(signal="reduce", close_fraction=0.5)["outcome"] == "reduce"
    assert outcome(signal="adjust", stop_loss=50_000)["code"] == "stop_widened"
    assert outcome(signal="hold", stop_loss=50_000)["outcome"] == "hold"
