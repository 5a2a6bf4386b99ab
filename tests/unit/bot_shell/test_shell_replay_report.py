"""What a replay's report says of costs, of orders that came to nothing, and of its figures."""

import asyncio
import itertools
import json
from decimal import Decimal

import pytest
from shell_support import action, answer, entry, of_kind
from test_shell_replay import LIMITS, replayed, write_market, write_path

from motherhaven.bot.core.event_log import ORDER_STATUSES
from motherhaven.bot.decider import baseline
from motherhaven.bot.replay.comparison import as_text, compare
from motherhaven.bot.replay.engine import ReplayConfig
from motherhaven.bot.replay.run import ReplayRequest, run_replay
from motherhaven.bot.running.config import PAPER_SLIPPAGE
from motherhaven.cli.replay import _text
from motherhaven.settings import SystemClock
from motherhaven.testing.scripted_model import ScriptedModel

FLAT = ((50000, 50000, 50000, 50000),) * 4


def test_takers_pay_the_model_that_the_report_names(tmp_path):
    """Half-spread and impact on top of the open; without a model the open itself."""
    files = write_path(tmp_path, *FLAT)
    prices = {}
    for slippage in (None, PAPER_SLIPPAGE):
        model = ScriptedModel([answer(entry()), answer(action())])
        report, sink = replayed(files, model, interval_seconds=60, slippage=slippage)
        (fill,) = of_kind(sink.kept, "fill")
        prices[slippage] = fill["price"]
        data = json.loads(json.dumps(report.to_json()))
        assert report.identity_error == 0
    assert prices[None] == 50000
    assert prices[PAPER_SLIPPAGE] == 50006  # 50000 * (1 + 0.0001 + …), up to the next tick
    assert data["slippage"] == {"half_spread": "0.0001", "impact": "0.05", "depth": "2000000"}


def test_rejected_and_skipped_orders_are_counted_by_code(tmp_path):
    """A missing stop, an unknown coin, a close of nothing, a hole: each with one example."""
    files = write_path(tmp_path, *FLAT[:3])
    model = ScriptedModel([
        answer(entry(stop_loss=None)), answer(entry(stop_loss=None)),
        answer(action(signal="close")), answer(entry()), answer(action()),
    ])  # fmt: skip
    text = files["BTC"].read_text().splitlines()
    first, rest = text[1].split(",", 1)
    lines = [f"{int(first) + 60_000 * minute},{rest}" for minute in (0, 1, 2, 3, 300)]
    files["BTC"].write_text("\n".join([text[0], *lines]))
    report, sink = replayed(files, model, interval_seconds=60)
    data = report.to_json()
    found = {(one["status"], one["code"]): one["count"] for one in data["refusals"]}
    assert found == {
        ("rejected", "stop_missing"): 2, ("rejected", "no_position"): 1, ("skipped", "no_price"): 1,
    }  # fmt: skip
    assert (data["rejected"], data["skipped"]) == (3, 1)
    assert data["refusals"][0]["code"] == "stop_missing"
    assert all(one["example"] for one in data["refusals"])
    kept = [e["execution_status"] for e in of_kind(sink.kept, "execution")]
    assert sum(status in ORDER_STATUSES for status in kept) == 4


@pytest.mark.parametrize("cap", ["1000", "40"])
def test_the_counts_are_those_of_the_record(tmp_path, cap):
    """Every execution on record that was rejected or skipped is in the report, once."""
    files = write_market(tmp_path, 8, holes=[("BTC", 100, 90)])
    limits = LIMITS.changed(max_position_size_usd=Decimal(cap), max_coin_margin_usd=Decimal(60))
    report, sink = replayed(files, baseline("random"), limits=limits, slippage=PAPER_SLIPPAGE)
    kept = [e["execution_status"] for e in of_kind(sink.kept, "execution")]
    for status in ORDER_STATUSES:
        assert report.refused(status) == kept.count(status)
    rules = [d["verdict"].get("rule") for d in of_kind(sink.kept, "decision")
             if not d["verdict"]["allowed"]]  # fmt: skip
    guard = {one.code: one.count for one in report.refusals if one.code in rules}
    assert guard == {rule: rules.count(rule) for rule in set(rules)}
    assert report.identity_error == 0


def test_a_single_run_has_the_figures_of_a_comparison(tmp_path):
    """Win rate, Sharpe and profit factor, each with its n; null where the n is too small."""
    files = write_market(tmp_path, 12)
    request = ReplayRequest(ReplayConfig(files, limits=LIMITS, slippage=PAPER_SLIPPAGE), "random")
    report = asyncio.run(run_replay(request, clock=SystemClock()))
    data, (row,) = report.to_json(), compare([report])["rows"]
    assert data["win_rate_n"] == data["profit_factor_n"] == data["exits"] > 0
    assert 0 <= data["win_rate"] <= 1
    assert (data["sharpe"], data["sharpe_n"]) == (None, 0)  # half a day has no daily return
    for name, kind in itertools.product(("win_rate", "sharpe", "profit_factor"), ("", "_n")):
        assert row[name + kind] == data[name + kind]
    assert "days" in as_text([report])
    empty, _ = replayed(files, ScriptedModel([answer(action())]))
    data = empty.to_json()
    assert (data["win_rate"], data["win_rate_n"], data["profit_factor"]) == (None, 0, None)
    assert data["refusals"] == []


def test_a_reason_is_one_plain_line_of_the_table(tmp_path, capsys):
    """What a model wrote may stand in a reason: no control character reaches the terminal."""
    files = write_path(tmp_path, *FLAT)
    model = ScriptedModel([answer(entry(stop_loss="\x1b[31m\nred" * 99)), answer(action())])
    report, _ = replayed(files, model, interval_seconds=60)
    assert report.refused("rejected") == 1
    (line,) = [one for one in _text(report).split("\n") if one.startswith("rejected  ")][1:]
    assert line.isprintable()
    assert len(line) < 300
    assert capsys.readouterr().out == ""
