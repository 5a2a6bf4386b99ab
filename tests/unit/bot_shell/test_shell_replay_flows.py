"""Cash flows in a replay: on record, in no return, and the books agree to the last digit."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON, SleepyClock, action, answer, entry
from typer.testing import CliRunner

from motherhaven.bot.decider.baselines import BuyAndHold
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.replay.engine import Replay, ReplayConfig
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.sink import MemorySink
from motherhaven.cli.main import app
from motherhaven.contract.limits import RiskLimits
from motherhaven.metrics import Flow
from motherhaven.settings import Settings
from motherhaven.testing.scripted_model import ScriptedModel

D = Decimal


def bars(path, prices):
    """A file of one-minute bars at these prices."""
    lines = ["timestamp_ms,open,high,low,close,volume"]
    for number, price in enumerate(prices):
        stamp = int((NOON + number * MINUTE).timestamp() * 1000)
        lines.append(f"{stamp},{price},{price},{price},{price},1")
    path.write_text("\n".join(lines) + "\n")
    return path


def run(path, decider, *flows):
    """A replay with these cash flows; its report and its records."""
    clock, sink = SleepyClock(), MemorySink()
    config = ReplayConfig(
        {"BTC": path}, interval_seconds=60, cash_flows=flows,
        limits=RiskLimits(max_position_size_usd=D(5_000), daily_loss_limit_usd=D(5_000)),
    )  # fmt: skip
    return asyncio.run(Replay(config, decider, sink, clock).run()), sink


def test_money_is_no_return_and_the_books_agree(tmp_path):
    """Twice the money at a standstill is a return of 0; identity_error stays 0."""
    path = bars(tmp_path / "BTC.csv", [50_000] * 30)
    flows = [
        Flow(NOON + 10 * MINUTE, D(10_000)),
        Flow(NOON + 20 * MINUTE, D(-5_000)),
        Flow(NOON + 25 * MINUTE, D(-500_000)),
    ]
    report, sink = run(path, ScriptedModel([answer(action())]), *flows)
    assert report.identity_error == 0
    assert report.cash_flows == tuple(flows[:2])
    assert (report.deposit, report.final_equity, report.max_drawdown) == (15_000, 15_000, 0)
    found = report.performance()
    assert found.total_return.value == 0
    assert found.drawdown.depth == 0
    told = [r.payload for r in sink.kept if r.kind == "cash_flow"]
    assert [(p["amount"], p["reason"]) for p in told] == [
        (10_000, "deposit"), (-5_000, "withdrawal"),
    ]  # fmt: skip
    refused = [r.payload["message"] for r in sink.kept if r.kind == "status"]
    assert any("Insufficient balance for withdrawal" in text for text in refused)


def test_a_drawdown_is_that_of_the_trades_whatever_is_paid_in(tmp_path):
    """Money that comes in at the bottom neither hides the fall nor ends it."""
    path = bars(tmp_path / "BTC.csv", [*([50_000] * 10), *([45_000] * 20)])
    bare, _ = run(path, BuyAndHold())
    paid, _ = run(path, BuyAndHold(), Flow(NOON + 20 * MINUTE, D(50_000)))
    assert bare.max_drawdown < 0
    assert paid.max_drawdown == bare.max_drawdown
    assert paid.identity_error == bare.identity_error == 0
    depth = paid.performance().drawdown.depth
    assert abs(depth - float(paid.max_drawdown)) < 1e-3
    assert paid.end - paid.start >= timedelta(minutes=29)


def invoke(path, *words):
    """What `motherhaven replay` prints over that file, and its exit code."""
    done = CliRunner().invoke(app, ["replay", "--bars", f"BTC={path}", "--json", *words])
    return done.exit_code, done.output


def test_the_command_line_takes_cash_flows(tmp_path, monkeypatch):
    """As often as the option is given; the deposit has them in it, the return does not."""
    monkeypatch.chdir(tmp_path)
    path = bars(tmp_path / "BTC.csv", [50_000] * 30)
    flows = [f"{(NOON + n * MINUTE).isoformat()}={usd}" for n, usd in ((5, -1_000), (9, 250))]
    code, told = invoke(path, "--cash-flow", flows[0], "--cash-flow", flows[1])
    assert code == 0, told
    report = json.loads(told)
    assert (report["deposit"], report["final_equity"]) == ("9250", "9250")
    assert report["max_drawdown"] == "0"


@pytest.mark.parametrize(
    "flow",
    ["2022-01-05=-1000", "2022-01-05T00:00Z", "yesterday=5", "2022-01-05T00:00Z=much",
     "2022-01-05T00:00Z=0", "2022-01-05T00:00Z=1e999999", "="],
)  # fmt: skip
def test_a_cash_flow_that_cannot_be_read_is_refused(tmp_path, monkeypatch, flow):
    """With an example of the right form."""
    monkeypatch.chdir(tmp_path)
    code, told = invoke(bars(tmp_path / "BTC.csv", [50_000] * 3), "--cash-flow", flow)
    assert code != 0
    assert "--cash-flow 2022-01-05T00:00Z=-1000" in " ".join(told.split())


def test_entries_are_isolated_where_that_is_asked_for(tmp_path):
    """A fall through stop and liquidation takes no more than the position's own margin."""
    path = bars(tmp_path / "BTC.csv", [50_000] * 10 + [20_000] * 5)
    isolated, cross = (run_in_mode(path, mode) for mode in (MarginMode.ISOLATED, MarginMode.CROSS))
    assert isolated.entries == cross.entries == 1
    assert isolated.identity_error == cross.identity_error == 0
    assert 0 < isolated.deposit - isolated.final_equity <= 1_000
    assert cross.deposit - cross.final_equity > 2_000


def run_in_mode(path, mode):
    """A long of 1,000 USD of margin at 5x, in one margin mode."""
    config = ReplayConfig(
        {"BTC": path}, interval_seconds=60, margin_mode=mode,
        limits=RiskLimits(max_position_size_usd=D(5_000), max_leverage=5, max_trades_per_day=1),
    )  # fmt: skip
    decider = ScriptedModel([answer(entry(quantity_usd=1000, leverage=5))])
    return asyncio.run(Replay(config, decider, MemorySink(), SleepyClock()).run())


def test_the_settings_margin_mode_is_the_bots(monkeypatch):
    """MARGIN_MODE=isolated reaches the bot's configuration; another word is refused."""
    assert BotConfig.from_settings(Settings(_env_file=None)).margin_mode is MarginMode.CROSS
    monkeypatch.setenv("MARGIN_MODE", "isolated")
    assert BotConfig.from_settings(Settings(_env_file=None)).margin_mode is MarginMode.ISOLATED
    monkeypatch.setenv("MARGIN_MODE", "portfolio")
    with pytest.raises(ValueError, match="margin_mode"):
        Settings(_env_file=None)
