"""Cash flows in a replay: on record, in no return, and the books agree to the last digit."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from shell_support import MINUTE, NOON, SleepyClock, action, answer

from motherhaven.bot.decider.baselines import BuyAndHold
from motherhaven.bot.replay.engine import Replay, ReplayConfig
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.limits import RiskLimits
from motherhaven.metrics import Flow
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
