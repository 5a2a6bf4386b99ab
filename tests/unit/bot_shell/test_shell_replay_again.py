"""Replays of recorded decisions, side by side, with funding and fees, and their picture."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from shell_support import action, answer, entry
from test_shell_replay import LIMITS, START, plain_report, write_market, write_path

from motherhaven.bot.decider.recorded import RecordedDecider, read_answers
from motherhaven.bot.guard.limits import changed_limits
from motherhaven.bot.market.funding import read_funding
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.replay.comparison import as_text, compare
from motherhaven.bot.replay.engine import Replay, ReplayConfig
from motherhaven.bot.replay.picture import draw
from motherhaven.bot.replay.run import ReplayRequest, run_replay, run_side_by_side
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.contract.errors import AnswerTruncated, ConfigError, MarketError
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_recorder
from motherhaven.settings import SystemClock
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.scripted_model import ScriptedModel

D = Decimal


def replayed(request):
    """A finished replay."""
    return asyncio.run(run_replay(request, clock=SystemClock()))


def outcome(report):
    """What must be equal when the same decisions meet the same market."""
    data = plain_report(report)
    del data["decider"]
    return data


def scripted(files, journal, *said):
    """A replay of a scripted model with its journal on disk; returns its report."""
    clock = FakeClock(START)
    recorder = open_recorder(journal, clock=clock, ids=IdSource(clock, lambda n: bytes(range(n))))
    sink = JournalSink(recorder)
    try:
        run = Replay(ReplayConfig(files, limits=LIMITS), ScriptedModel(said), sink, clock)
        return asyncio.run(run.run())
    finally:
        sink.close()


@pytest.mark.parametrize("name", ["buy-and-hold", "ema-cross", "random"])
def test_the_same_decisions_again_give_the_same_figures(tmp_path, name):
    """A journal's decisions under the same guard and fees: equal to the last digit."""
    files, journal = write_market(tmp_path, 10), tmp_path / "first.db"
    config = ReplayConfig(files, limits=LIMITS)
    first = replayed(ReplayRequest(config, name, journal))
    again = replayed(ReplayRequest(config, decisions=journal))
    assert first.entries > 0
    assert again.decider == f"recorded:{name}"
    assert outcome(again) == outcome(first)


def test_other_limits_or_fees_show_what_would_have_happened(tmp_path):
    """Without fees the same trades cost nothing; under a tight limit none is allowed."""
    files, journal = write_market(tmp_path, 10), tmp_path / "first.db"
    first = replayed(ReplayRequest(ReplayConfig(files, limits=LIMITS), "random", journal))
    free = ReplayConfig(files, limits=LIMITS, fees=FeeRates(D(0), D(0)))
    cheap = replayed(ReplayRequest(free, decisions=journal))
    assert (cheap.fees, cheap.entries) == (0, first.entries)
    assert cheap.final_equity > first.final_equity
    tight = changed_limits(LIMITS, {"MAX_POSITION_SIZE_USD": "5"})
    none = replayed(ReplayRequest(ReplayConfig(files, limits=tight), decisions=journal))
    assert (none.entries, none.final_equity) == (0, 10_000)
    assert none.decisions == first.decisions


def test_raw_answers_are_parsed_anew_with_their_prompts_and_failures(tmp_path):
    """A model's answer decides by its raw text; what failed then fails now, for that reason."""
    files = write_path(tmp_path, *[(50000, 50000, 50000, 50000)] * 20)
    said = (
        answer(entry(), {"coin": "DOGE", "signal": "moon"}),
        AnswerTruncated("cut off"),
        "no answer at all",
        answer(action(signal="close")),
    )
    first = scripted(files, tmp_path / "a.db", *said)
    answers = read_answers(tmp_path / "a.db")
    assert [type(a.answer.failure).__name__ for a in answers[:4]] == [
        "NoneType", "AnswerTruncated", "AnswerMalformed", "NoneType",
    ]  # fmt: skip
    assert answers[0].answer.raw == said[0]
    assert answers[0].answer.system_prompt == "system"
    assert [d.coin for d in answers[0].answer.decisions] == ["BTC"]
    assert answers[0].answer.rejected[0].reason
    again = replayed(ReplayRequest(ReplayConfig(files, limits=LIMITS), decisions=tmp_path / "a.db"))
    assert again.entries == first.entries == 1
    assert outcome(again) == outcome(first)


def test_answers_come_at_the_bar_at_which_they_were_asked_for(tmp_path):
    """A live answer took seconds and falls between two bars: it acts at the next open."""
    base = read_answers_of(tmp_path)[0]
    late = base.asked_at + timedelta(seconds=59)
    decider = RecordedDecider([base, type(base)(late, base.decider, base.answer)])
    assert decider.ready(base.asked_at, base.asked_at + timedelta(minutes=1)) == 2
    assert decider.ready(late + timedelta(seconds=1), late + timedelta(minutes=9)) == 0
    with pytest.raises(ConfigError, match="no decisions"):
        RecordedDecider([])


def read_answers_of(tmp_path):
    """The answers of a short run."""
    files = write_path(tmp_path, *[(50000, 50000, 50000, 50000)] * 5)
    scripted(files, tmp_path / "b.db", answer(action()))
    return read_answers(tmp_path / "b.db")


def test_a_file_that_is_no_journal_is_named(tmp_path):
    """Missing, and not a database: one clear error each."""
    (tmp_path / "x.db").write_text("hello")
    for name in ("x.db", "missing.db"):
        with pytest.raises(ConfigError, match=f"--decisions .*{name}"):
            read_answers(tmp_path / name)


def test_funding_of_a_file_is_paid_by_the_hour(tmp_path):
    """Longs pay a positive rate at each hour on file, and nothing at the others."""
    hours = 5
    files = write_path(tmp_path, *[(50000, 50000, 50000, 50000)] * (60 * hours))
    first = int(START.timestamp() * 1000)
    rows = ["timestamp_ms,rate", f"{first + 3_600_040},0.0001", f"{first + 3 * 3_600_000},-0.00005"]
    path = tmp_path / "funding.csv"
    path.write_text("\n".join(rows))
    config = ReplayConfig(files, limits=LIMITS, funding={"BTC": path})
    report = replayed(ReplayRequest(config, "buy-and-hold"))
    notional = D(50000) * D("0.02")
    assert report.funding == -notional * (D("0.0001") - D("0.00005"))
    assert report.identity_error == 0
    assert replayed(ReplayRequest(ReplayConfig(files, limits=LIMITS), "buy-and-hold")).funding == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("time,rate\n1,2", "header"),
        ("timestamp_ms,rate", "no rates"),
        ("timestamp_ms,rate\nx,0.1", "line 2"),
        ("timestamp_ms,rate\n1640995200000,0.05", "line 2"),
        ("timestamp_ms,rate\n1640995200000,NaN", "line 2"),
        ("timestamp_ms,rate\n1640995200000,0\n1640995200001,0", "comes twice"),
    ],
)
def test_a_funding_file_is_checked_by_the_line(tmp_path, rows, said):
    """Header, numbers, bounds, repetitions: the message names the line."""
    (tmp_path / "f.csv").write_text(rows)
    with pytest.raises(MarketError, match=said):
        read_funding(tmp_path / "f.csv")
    with pytest.raises(MarketError, match="cannot be read"):
        read_funding(tmp_path / "missing.csv")


def test_a_funding_file_gives_rates_by_hour(tmp_path):
    """A time some milliseconds late still means its hour."""
    (tmp_path / "f.csv").write_text("timestamp_ms,rate\n1640995200076,0.0000125\n")
    assert read_funding(tmp_path / "f.csv") == {datetime(2022, 1, 1, tzinfo=UTC): D("0.0000125")}


def side_by_side(tmp_path, hours=12, **market):
    """All baselines on one market."""
    config = ReplayConfig(write_market(tmp_path, hours, **market), limits=LIMITS)
    requests = [ReplayRequest(config, name) for name in ("buy-and-hold", "ema-cross", "random")]
    return requests, asyncio.run(run_side_by_side(requests, clock=SystemClock()))


def test_side_by_side_each_is_as_it_is_alone(tmp_path):
    """One report each, in order; the comparison ranks them by final equity."""
    requests, reports = side_by_side(tmp_path)
    assert [plain_report(r) for r in reports] == [plain_report(replayed(r)) for r in requests]
    found = compare(reports)
    finals = [D(row["final_equity"]) for row in found["rows"]]
    assert finals == sorted(finals, reverse=True)
    assert found["best"] == found["rows"][0]["decider"]
    by_name = {row["decider"]: row for row in found["rows"]}
    assert by_name["random"]["trades"] == reports[2].exits == len(reports[2].trades)
    assert by_name["random"]["sharpe"] is None
    table = as_text(reports).splitlines()
    assert len(table) == 4
    assert table[1].startswith(found["best"])


def test_the_picture_names_every_line_and_is_broken_at_holes(tmp_path):
    """Well-formed SVG: a path a run with its last equity beside it, anew after a hole."""
    holes = [(coin, 200, 240) for coin in ("BTC", "ETH")]
    _, reports = side_by_side(tmp_path, holes=holes)
    picture = draw(reports)
    root = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    paths = [path.get("d") for path in root.iter(f"{space}path")]
    assert len(paths) == 3
    assert all(path.count("M") == 2 for path in paths)
    shown = " ".join("".join(text.itertext()) for text in root.iter(f"{space}text"))
    for report in reports:
        assert f"{report.decider} {report.final_equity:,.2f}" in shown
    places = [float(y) for path in paths for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path)]
    assert min(places) >= 0
    assert max(places) <= 560


def test_the_picture_keeps_the_deepest_fall():
    """Thousands of points become few, yet the lowest stays; a flat line is drawn as well."""
    from motherhaven.bot.replay.picture import _frame, _line
    from motherhaven.metrics import EquityPoint

    points = [EquityPoint(START + timedelta(minutes=n), D(100)) for n in range(20_000)]
    points[7_777] = EquityPoint(points[7_777].time, D(50))

    class Run:
        curve = tuple(points)

    frame = _frame([Run])
    path = _line(frame, points, "#000000")
    lowest = max(float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path))
    assert abs(lowest - frame.y(50)) < 0.1
    assert len(path) < 100_000
    Run.curve = tuple(points[:10])
    assert "M80.0" in _line(_frame([Run]), points[:10], "#000000")


@pytest.mark.parametrize(
    ("change", "said"), [({"MAX_LEVERAG": "3"}, "is no limit"), ({"max_leverage": "x"}, "LEVERAGE")]
)
def test_a_changed_limit_is_checked_by_name(change, said):
    """A misspelt limit must not silently leave the old one."""
    with pytest.raises(ConfigError, match=said):
        changed_limits(LIMITS, change)
    assert changed_limits(LIMITS, {"MAX_OPEN_POSITIONS": "1"}).max_open_positions == 1
    assert changed_limits(LIMITS, {}) == LIMITS
