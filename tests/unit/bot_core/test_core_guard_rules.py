"""Every rule of the guard: what it refuses, what it lets pass, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.guard import (
    OpenPosition,
    RiskContext,
    Signal,
    TradeDecision,
    judge,
)
from motherhaven.bot.guard.allocation import Allocation
from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rules import ALL, actions
from motherhaven.bot.guard.rules.size import max_coin_size
from motherhaven.bot.guard.types import PendingEntry
from motherhaven.contract.limits import RiskLimits

D = Decimal
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
LIMITS = RiskLimits()
VIEW = RiskContext(
    now=NOW,
    equity=D(1_000),
    day_start_equity=D(1_000),
    marks={"BTC": D(50_000), "ETH": D(3_000), "SOL": D(150)},
)
LONG = TradeDecision(
    "BTC", Signal.BUY, D(40), 5, D("0.8"), stop_loss=D(49_000), profit_target=D(52_000)
)
SHORT = TradeDecision(
    "ETH", Signal.SELL, D(40), 3, D("0.8"), stop_loss=D(3_100), profit_target=D(2_800)
)
CLOSE = TradeDecision("BTC", Signal.CLOSE)


def one(decision=LONG, view=VIEW, limits=LIMITS, **changes):
    """The verdict on one decision; keyword arguments change the view."""
    return judge([decision], replace(view, **changes), limits)[0]


def test_a_good_entry_is_allowed_and_sized_by_our_own_mark():
    """Margin 40 at 5x is 200 USD of notional: 0.004 BTC at our 50,000."""
    verdict = one()
    assert (verdict.allowed, verdict.rule, verdict.reason) == (True, None, "within every limit")
    assert (verdict.asked_usd, verdict.allowed_usd) == (D(40), D(40))
    assert (verdict.size, verdict.leverage) == (D("0.004"), 5)
    assert one(SHORT).allowed


def test_the_size_is_floored_to_the_lot():
    """Never rounded up past the margin."""
    verdict = one(marks={"BTC": D(51_234)}, decision=replace(LONG, profit_target=None))
    assert verdict.size == D("0.0039")
    assert verdict.size * D(51_234) <= D(200)


REFUSED = [
    ("unknown_coin", {"decision": replace(LONG, coin="DOGE")}, "no market price for DOGE"),
    ("unknown_coin", {"limits": LIMITS.changed(coins=frozenset({"ETH"}))}, "not among"),
    ("unknown_coin", {"marks": {"BTC": D("NaN")}}, "no market price"),
    ("kill_switch", {"kill_switch": True}, "re-arm it by hand"),
    ("not_armed", {"live": True}, "not armed"),
    ("not_recording", {"recording": False}, "journal"),
    ("unknown_position", {"unknown_positions": ("DOGE",)}, "did not open: DOGE"),
    ("not_reconciled", {"not_reconciled": "funding is read"}, "with the venue: funding is read"),
    ("coin_frozen", {"frozen": {"BTC": "a fill of no order of ours"}}, "a fill of no order"),
    ("answer_expired", {"asked_at": NOW - timedelta(seconds=121)}, "121 s old"),
    ("stale_data", {"data_times": {"BTC": NOW - timedelta(seconds=181)}}, "181 s old"),
    ("stale_data", {"data_times": {}}, "not known"),
    ("stale_data", {"data_times": {"BTC": NOW + timedelta(seconds=90)}}, "from the future"),
    ("open_candle", {"open_candles": frozenset({"BTC"})}, "not closed"),
    ("daily_loss", {"equity": D(980)}, "has reached the limit 20"),
    ("daily_loss", {"day_start_equity": None}, "not known"),
    ("trades_per_day", {"trades_today": 3, "limits": LIMITS.changed(max_trades_per_day=3)},
     "at most 3"),
    ("cooldown", {"last_trades": {"BTC": NOW - timedelta(seconds=59)},
                  "limits": LIMITS.changed(entry_cooldown_seconds=60)}, "59 s ago"),
    ("min_confidence", {"limits": LIMITS.changed(min_confidence=D("0.81"))}, "below 0.81"),
    ("opposite_position", {"positions": {"BTC": OpenPosition(D("-0.001"), D(50_000), 5)}},
     "a short is open"),
    ("max_positions", {"positions": {"ETH": OpenPosition(D("0.01"), D(3_000), 5)},
                       "limits": LIMITS.changed(max_open_positions=1)}, "at most 1"),
    ("max_leverage", {"decision": replace(LONG, leverage=6)}, "above the limit 5"),
    ("max_leverage", {"decision": replace(LONG, leverage=41),
                      "limits": LIMITS.changed(max_leverage=100)}, "above the limit 40"),
    ("stop_missing", {"decision": replace(LONG, stop_loss=None)}, "needs a stop_loss"),
    ("stop_side", {"decision": replace(LONG, stop_loss=D(50_000))}, "must be below"),
    ("stop_side", {"decision": replace(SHORT, stop_loss=D(2_900))}, "must be above"),
    ("target_side", {"decision": replace(LONG, profit_target=D(49_500))}, "must be above"),
    ("target_side", {"decision": replace(SHORT, profit_target=D(3_050))}, "must be below"),
    ("price_band", {"decision": replace(LONG, profit_target=D(80_000))}, "50 % away"),
    ("stop_widened", {"positions": {"BTC": OpenPosition(D("0.0001"), D(50_000), 5, D(49_500))}},
     "wider than the stop 49500"),
    ("stop_beyond_liquidation", {"decision": replace(LONG, stop_loss=D(40_600))}, "40506.3"),
    ("stop_beyond_liquidation", {"decision": replace(LONG, stop_loss=D(39_000))}, "beyond"),
    ("stop_beyond_liquidation", {"decision": replace(SHORT, leverage=5, stop_loss=D(3_600))},
     "liquidation"),
    ("quantity", {"decision": replace(LONG, quantity_usd=D(0))}, "above 0"),
    ("max_position_size", {"decision": replace(LONG, quantity_usd=D("50.01"))}, "50.01 USD"),
    ("max_coin_size", {"positions": {"BTC": OpenPosition(D("0.002"), D(50_000), 5)}}, "30.00 USD"),
    ("max_total_size", {"positions": {"ETH": OpenPosition(D("0.1"), D(3_000), 5)},
                        "limits": LIMITS.changed(max_total_margin_usd=D(90))}, "30.00 USD left"),
    ("free_margin", {"available": D(40)}, "39.91 USD left"),
    ("free_margin", {"equity": D(39), "day_start_equity": D(39)}, "left by free_margin"),
    ("min_notional", {"decision": replace(LONG, quantity_usd=D("1.99"))}, "minimum of 10"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "case", "says"), REFUSED)
def test_each_rule_refuses_by_name_and_says_why(rule, case, says):
    """Exactly this rule, a reason a reader can act on, and nothing allowed."""
    verdict = one(**case)
    assert (verdict.allowed, verdict.rule) == (False, rule)
    assert says in verdict.reason
    assert (verdict.allowed_usd, verdict.size) == (D(0), D(0))


HAIR = timedelta(milliseconds=1)
JUST_OVER = [
    ("answer_expired", {"asked_at": NOW - timedelta(seconds=120) - HAIR},
     "the answer is 121 s old; at most 120 s"),
    ("stale_data", {"data_times": {"BTC": NOW - timedelta(seconds=180) - HAIR}},
     "the newest data are 181 s old; at most 180 s"),
    ("cooldown", {"last_trades": {"BTC": NOW - timedelta(seconds=60) + HAIR},
                  "limits": LIMITS.changed(entry_cooldown_seconds=60)},
     "was 59 s ago; the pause is 60 s"),
    ("max_position_size", {"decision": replace(LONG, quantity_usd=D("50.001"))},
     "50.001 USD of margin asked, 50.00 USD left"),
    ("free_margin", {"available": D("40.0899")}, "40 USD of margin asked, 39.99 USD left"),
    ("min_notional", {"decision": replace(LONG, leverage=1, quantity_usd=D("9.9999"))},
     "9.50 USD, below the venue's minimum of 10"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "case", "says"), JUST_OVER)
def test_a_reason_never_contradicts_itself_by_rounding(rule, case, says):
    """A hair past a limit its figures still lie on the side of it that was judged."""
    verdict = one(**case)
    assert (verdict.rule, says in verdict.reason) == (rule, True), verdict.reason


def test_a_clamped_entry_tells_no_more_than_it_got():
    """39.9999 USD are 39.99, not 40.00."""
    limits = LIMITS.changed(clamp_entries=True)
    verdict = one(limits=limits, available=D("40.0899"))
    assert verdict.allowed_usd < 40
    assert verdict.reason == "cut from 40 to 39.99 USD of margin"


def test_free_margin_counts_the_account_s_own_fee():
    """At 1 % an entry of 40 USD at 5x costs 2 USD beside its margin."""
    verdict = one(available=D("41.9"), taker=D("0.01"))
    assert (verdict.allowed, verdict.rule) == (False, "free_margin")
    assert one(available=D(42), taker=D("0.01")).allowed


def test_every_rule_has_a_case_and_a_sentence():
    """A rule added without a case here fails; one without a docstring cannot be declared."""
    conflicts = {rule.code for rule in actions.RULES}
    assert {name for name, _, _ in REFUSED} == {rule.code for rule in ALL} - conflicts


PASSING = [
    {"asked_at": NOW - timedelta(seconds=120)},
    {"data_times": {"BTC": NOW - timedelta(seconds=180)}},
    {"equity": D("980.01")},
    {"live": True, "armed": True},
    {"last_trades": {"BTC": NOW - timedelta(seconds=60)},
     "limits": LIMITS.changed(entry_cooldown_seconds=60)},
    {"limits": LIMITS.changed(min_confidence=D("0.8"))},
    {"decision": replace(LONG, quantity_usd=D(50))},
    {"positions": {"BTC": OpenPosition(D("0.001"), D(50_000), 5)}},
    {"decision": replace(LONG, stop_loss=D(40_800))},
    {"decision": replace(LONG, quantity_usd=D(2))},
    {"decision": replace(LONG, leverage=1, stop_loss=D(26_000))},
]  # fmt: skip


@pytest.mark.parametrize("case", PASSING)
def test_right_at_a_limit_is_within_it(case):
    """The limits are inclusive where a user would read them so."""
    verdict = one(**case)
    assert verdict.allowed, verdict.reason


def test_closing_is_always_allowed():
    """Whatever else is wrong: kill switch, loss, stale data, unknown positions, no journal."""
    verdict = one(
        CLOSE,
        positions={"BTC": OpenPosition(D("-0.02"), D(50_000), 5)},
        kill_switch=True,
        equity=D(1),
        day_start_equity=None,
        data_times={},
        unknown_positions=("X",),
        recording=False,
        live=True,
        marks={},
    )
    assert verdict.allowed
    assert verdict.size == D("0.02")
    assert one(CLOSE).rule == "no_position"


def test_holding_is_allowed_and_does_nothing():
    """No size, no margin, no rule."""
    verdict = one(TradeDecision("BTC", Signal.HOLD))
    assert (verdict.allowed, verdict.size, verdict.rule) == (True, D(0), None)


@pytest.mark.parametrize(
    "others",
    [
        [replace(LONG, signal=Signal.SELL, stop_loss=D(51_000), profit_target=D(48_000))],
        [CLOSE],
        [TradeDecision("BTC", Signal.HOLD)],
    ],
)
def test_contradictory_actions_refuse_the_coin(others):
    """All actions of that coin, none of another."""
    view = replace(VIEW, positions={"BTC": OpenPosition(D("0.001"), D(50_000), 5)})
    verdicts = judge([LONG, SHORT, *others], view, LIMITS)
    assert [v.allowed for v in verdicts] == [False, True] + [False] * len(others)
    assert {v.rule for v in verdicts if v.coin == "BTC"} == {"contradictory_actions"}


def test_a_doubled_entry_is_not_sent_twice_nor_once():
    """Which of the two was meant is not known; a doubled close closes once."""
    assert [v.rule for v in judge([LONG, LONG], VIEW, LIMITS)] == ["duplicate_action"] * 2
    view = replace(VIEW, positions={"BTC": OpenPosition(D("0.001"), D(50_000), 5)})
    assert [v.allowed for v in judge([CLOSE, CLOSE], view, LIMITS)] == [True, False]


def test_earlier_entries_of_an_answer_count_for_later_ones():
    """Total cap, free margin, number of positions and trades a day hold over the whole answer."""
    for name, limits, view in (
        ("max_total_size", LIMITS.changed(max_total_margin_usd=D(70)), VIEW),
        ("free_margin", LIMITS, replace(VIEW, available=D(75))),
        ("max_positions", LIMITS.changed(max_open_positions=1), VIEW),
        ("trades_per_day", LIMITS.changed(max_trades_per_day=1), VIEW),
    ):
        first, second = judge([LONG, SHORT], view, limits)
        assert first.allowed
        assert (second.allowed, second.rule) == (False, name)


def test_room_in_a_coin_counts_what_the_same_answer_already_took():
    """Open margin and margin allowed a moment ago leave the rest of the cap."""
    view = replace(VIEW, positions={"BTC": OpenPosition(D("0.001"), D(50_000), 5)})
    allocation = Allocation(view)
    allocation.allow(PendingEntry("BTC", D(15), 5))
    case = EntryCheck(replace(LONG, leverage=5), view, LIMITS, allocation)
    assert max_coin_size.room(case) == D(25)


def test_clamping_is_an_option_and_never_exceeds():
    """Too much margin or leverage is cut to the limit, and the verdict says by which rule."""
    limits = LIMITS.changed(clamp_entries=True)
    verdict = one(replace(LONG, quantity_usd=D(500), leverage=20), limits=limits)
    assert (verdict.allowed, verdict.rule) == (True, "max_position_size")
    assert (verdict.asked_usd, verdict.allowed_usd, verdict.leverage) == (D(500), D(50), 5)
    assert verdict.size * D(50_000) <= D(250)
    lever = one(replace(LONG, leverage=20), limits=limits)
    assert (lever.rule, lever.leverage) == ("max_leverage", 5)
    full = one(limits=limits, positions={"BTC": OpenPosition(D("0.005"), D(50_000), 5)})
    assert (full.allowed, full.rule) == (False, "max_coin_size")


def test_only_a_declared_exemption_goes_without_a_stop_and_says_so():
    """The buy-and-hold baseline, visibly; the other rules still hold for it."""
    exempt = replace(LONG, stop_loss=None, profit_target=None, requires_stop=False)
    verdict = one(exempt)
    assert verdict.allowed
    assert "no stop, as declared" in verdict.reason
    assert not one(replace(exempt, quantity_usd=D(51))).allowed
