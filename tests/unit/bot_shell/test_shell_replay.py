"""Replay: deterministic, exact, and blind inside holes."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import apsw
import pytest
from shell_support import action, answer, entry, of_kind

from motherhaven.bot.decider import baseline
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.replay.audit import EquityAudit
from motherhaven.bot.replay.engine import Replay, ReplayConfig
from motherhaven.bot.replay.run import ReplayRequest, run_replay
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.errors import ConfigError, JournalError, MarketError
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import SystemClock
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.scripted_model import ScriptedModel

START = datetime(2026, 2, 1, tzinfo=UTC)
BASE = int(START.timestamp() * 1000)
HEAD = "timestamp_ms,open,high,low,close,volume"
LIMITS = RiskLimits(
    max_position_size_usd=Decimal(1000), max_total_margin_usd=Decimal(3000),
    daily_loss_limit_usd=Decimal(500),
)  # fmt: skip


def write_market(folder, hours, coins=("BTC", "ETH"), holes=()):
    """Files of simulated bars; `holes` are (coin, first missing minute, how many)."""
    feed = SimulatedFeed(coins, 11)
    pieces = feed.slices(START, START + timedelta(hours=hours))
    files = {}
    for coin in coins:
        missing = {m for c, first, n in holes if c == coin for m in range(first, first + n)}
        rows = [HEAD]
        for minute, piece in enumerate(pieces):
            b = piece.bars[coin]
            if minute not in missing:
                stamp = int(b.start.timestamp() * 1000)
                rows.append(f"{stamp},{b.open},{b.high},{b.low},{b.close},{b.volume}")
        files[coin] = folder / f"{coin}.csv"
        files[coin].write_text("\n".join(rows))
    return files


def write_path(folder, *bars):
    """A file of given (open, high, low, close) bars from minute 3 of START's day on."""
    rows = [
        f"{BASE + (3 + i) * 60_000},{o},{h},{low},{c},1" for i, (o, h, low, c) in enumerate(bars)
    ]
    path = folder / "path.csv"
    path.write_text("\n".join([HEAD, *rows]))
    return {"BTC": path}


def replayed(files, decider, sink=None, **config):
    """A finished replay over a memory sink: its report and the sink."""
    sink = sink or MemorySink()
    config.setdefault("limits", LIMITS)
    run = Replay(ReplayConfig(files, **config), decider, sink, SystemClock())
    return asyncio.run(run.run()), sink


def plain_report(report):
    """A report without its two wall-clock figures."""
    data = report.to_json()
    del data["seconds"], data["bars_per_second"]
    return data


@pytest.mark.parametrize("name", ["buy-and-hold", "ema-cross", "random"])
def test_twice_the_same_and_exact_at_every_bar(tmp_path, name):
    """Two runs give one report, and the journal's fills alone give the same equity."""
    files = write_market(tmp_path, 12)
    reports = []
    for _ in range(2):
        request = ReplayRequest(ReplayConfig(files, limits=LIMITS), name)
        reports.append(asyncio.run(run_replay(request, clock=SystemClock())))
    assert plain_report(reports[0]) == plain_report(reports[1])
    report = reports[0]
    assert report.identity_error == 0
    assert report.bars == 2 * 720
    assert report.entries > 0
    total = report.deposit + report.realized_pnl - report.fees + report.funding
    assert report.final_equity == total + report.unrealized_pnl
    assert report.max_drawdown <= 0


def test_the_report_has_every_promised_key_as_exact_text(tmp_path):
    """Money is decimal text, never a double; gaps are coin, from, to."""
    files = write_market(tmp_path, 2, holes=[("BTC", 30, 5)])
    report, _ = replayed(files, baseline("random"))
    data = json.loads(json.dumps(report.to_json()))
    for key in (
        "bars", "gaps", "decisions", "entries", "exits", "liquidations", "fees", "funding",
        "realized_pnl", "unrealized_pnl", "final_equity", "max_drawdown", "identity_error",
        "seconds", "bars_per_second",
    ):  # fmt: skip
        assert key in data
    for key in ("fees", "funding", "realized_pnl", "final_equity", "identity_error"):
        assert isinstance(data[key], str)
        Decimal(data[key])
    (gap,) = data["gaps"]
    assert gap == {
        "coin": "BTC",
        "from": "2026-02-01T00:30:00.000000Z",
        "to": "2026-02-01T00:35:00.000000Z",
    }


def test_decisions_come_every_interval_of_market_time(tmp_path):
    """On the grid of 180 s, and nowhere else."""
    files = write_market(tmp_path, 1, coins=("BTC",))
    model = ScriptedModel([answer(action())])
    replayed(files, model)
    minutes = [(context.now - START) // timedelta(minutes=1) for context in model.asked]
    assert minutes[:3] == [1, 3, 6]
    assert minutes[-1] == 60


def test_inside_a_hole_nothing_is_decided_or_filled(tmp_path):
    """All through a hole of seven hours; other coins go on where they have data."""
    holes = [("BTC", 100, 430), ("ETH", 110, 415)]
    files = write_market(tmp_path, 12, holes=holes)
    report, sink = replayed(files, baseline("random"))
    hole = (START + timedelta(minutes=100), START + timedelta(minutes=530))
    shared = (START + timedelta(minutes=110), START + timedelta(minutes=525))
    for record in sink.kept:
        if record.kind in ("decision", "fill") and record.payload["coin"] == "BTC":
            assert not hole[0] < record.time < hole[1]
        if record.kind in ("decision", "fill"):
            assert not shared[0] < record.time < shared[1]
    assert [(g.coin, (g.end - g.start) // timedelta(minutes=1)) for g in report.gaps] == [
        ("ETH", 415), ("BTC", 430),
    ]  # fmt: skip
    assert report.identity_error == 0


def test_a_decision_right_before_a_hole_is_not_filled_behind_it(tmp_path):
    """The next bar is hours away: skipped, on record, no position."""
    rows = [(50000, 50000, 50000, 50000)] * 3
    files = write_path(tmp_path, *rows)
    text = files["BTC"].read_text().splitlines()
    late = text[-1].replace(str(BASE + 5 * 60_000), str(BASE + 300 * 60_000))
    files["BTC"].write_text("\n".join([*text[:-1], late]))
    model = ScriptedModel([answer(entry()), answer(action())])
    _, sink = replayed(files, model, interval_seconds=300)
    assert [c.now for c in model.asked][:2] == [
        START + timedelta(minutes=4), START + timedelta(minutes=5),
    ]  # fmt: skip
    model = ScriptedModel([answer(action()), answer(entry()), answer(action())])
    _, sink = replayed(files, model, interval_seconds=60)
    execution = of_kind(sink.kept, "execution")[0]
    assert (execution["execution_status"], "hole" in execution["execution_error"]) == (
        "skipped", True,
    )  # fmt: skip
    assert not of_kind(sink.kept, "fill")


def test_signal_at_the_close_fill_at_the_next_open(tmp_path):
    """The fill's price is the next bar's open, its time the decision's."""
    files = write_path(
        tmp_path,
        (50000, 50000, 50000, 50000),
        (50100, 50300, 50050, 50200),
        (50200, 50200, 50200, 50200),
    )
    model = ScriptedModel([answer(entry()), answer(action())])
    _, sink = replayed(files, model, interval_seconds=60)
    (fill,) = of_kind(sink.kept, "fill")
    assert fill["price"] == 50100
    assert fill["timestamp"].startswith("2026-02-01T00:04:00")


def test_a_gap_through_the_stop_fills_at_the_open(tmp_path):
    """The market opens beyond the stop: the stop's price was never there."""
    files = write_path(
        tmp_path,
        (50000, 50000, 50000, 50000),
        (50000, 50000, 50000, 50000),
        (48500, 48600, 48400, 48500),
        (48500, 48600, 48400, 48500),
    )
    model = ScriptedModel([answer(entry()), answer(action())])
    report, sink = replayed(files, model, interval_seconds=60)
    (closed,) = of_kind(sink.kept, "position_closed")
    assert (closed["reason"], closed["exit_price"]) == ("stop", 48500)
    assert report.exits == 1
    assert report.identity_error == 0


def test_events_carry_both_clocks(tmp_path):
    """Event time is the market's; when it was recorded is the wall's."""
    files = write_market(tmp_path, 1, coins=("BTC",))
    journal = tmp_path / "journal.db"
    request = ReplayRequest(ReplayConfig(files, limits=LIMITS), "random", journal)
    clock = FakeClock(datetime(2030, 1, 1, tzinfo=UTC))
    asyncio.run(run_replay(request, clock=clock))
    rows = apsw.Connection(str(journal)).execute("SELECT time, recorded_at FROM events").fetchall()
    assert {time[:4] for time, _ in rows} == {"2026"}
    assert {recorded[:4] for _, recorded in rows} == {"2030"}


def test_a_journal_may_take_several_replays(tmp_path):
    """Each run audits its own fills; ids of different runs never meet."""
    files = write_market(tmp_path, 6)
    journal = tmp_path / "journal.db"
    for name in ("buy-and-hold", "random", "random"):
        request = ReplayRequest(ReplayConfig(files, limits=LIMITS), name, journal)
        report = asyncio.run(run_replay(request, clock=SystemClock()))
        assert report.identity_error == 0


def test_the_pace_is_kept_and_a_stop_ends_it(tmp_path):
    """600 s of market a second: an hour takes six; stopped early, it still reports."""
    files = write_market(tmp_path, 1, coins=("BTC",))
    clock = FakeClock()

    async def sleep(seconds):
        clock.advance(seconds)
        if clock.monotonic() >= 3:
            stop.set()

    stop = asyncio.Event()
    config = ReplayConfig(files, pace=600.0, limits=LIMITS)
    run = Replay(config, baseline("random"), MemorySink(), clock, sleep)
    report = asyncio.run(run.run(stop))
    assert 29 <= report.bars <= 31
    assert 2.9 <= report.seconds <= 3.2


def test_a_journal_that_takes_nothing_ends_the_replay(tmp_path):
    """A replay is worth nothing without its record: a clear error."""

    class Full(MemorySink):
        def write(self, batch):
            raise JournalError("disk full")

    with pytest.raises(JournalError, match="--journal"):
        replayed(write_market(tmp_path, 1), baseline("random"), Full())


def test_wrong_requests_are_refused(tmp_path):
    """An unknown decider, a broken file."""
    files = write_market(tmp_path, 1)
    with pytest.raises(ConfigError, match="nonsense"):
        asyncio.run(run_replay(ReplayRequest(ReplayConfig(files), "nonsense"), clock=FakeClock()))
    files["BTC"].write_text("x")
    with pytest.raises(MarketError, match="line 1"):
        asyncio.run(run_replay(ReplayRequest(ReplayConfig(files)), clock=FakeClock()))


def test_the_audit_finds_a_cent_that_is_wrong():
    """An identity check that cannot fail would be none."""
    audit = EquityAudit(Decimal(100))
    audit.sample(START, 0, Decimal(100), ())
    audit.sample(START, 0, Decimal("100.01"), ())
    assert audit.identity_error([]) == Decimal("0.01")


def test_drawdown_is_the_deepest_fall_from_a_peak():
    """100 → 120 → 90 → 130 → 117: a quarter."""
    audit = EquityAudit(Decimal(100))
    for equity in (100, 120, 90, 130, 117):
        audit.sample(START, 0, Decimal(equity), ())
    assert audit.max_drawdown == Decimal("-0.25")


def test_the_last_status_tells_of_a_lag_only_if_there_is_one(tmp_path):
    """A backlog that is shipped before the end is not told of for ever."""

    class Shipping(MemorySink):
        """Ships all it has when it is asked to settle."""

        behind = 4_510

        def lag(self):
            return {"behind": self.behind, "quarantined": 0}

        def settle(self):
            self.behind = 0

    sink = Shipping()
    replayed(write_market(tmp_path, 60), baseline("random"), sink)
    told = [one.payload["behind"] for one in sink.kept if one.kind == "status"]
    assert len(told) > 2
    assert (set(told[:-1]), told[-1]) == ({4_510}, 0)
