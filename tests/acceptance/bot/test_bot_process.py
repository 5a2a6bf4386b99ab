"""The guide's commands with real processes: start, control, kill, start again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from tests.patience import HANG_SECONDS, figure, wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def world(tmp_path):
    """A folder of its own with an environment in which a cycle takes a second."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TRADING_", "MOTHERHAVEN_"))}
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "LLM_BOT_API_KEY"):
        env.pop(name, None)
    env |= {
        "TRADING_MARKET": "simulated:3",
        "TRADING_DECIDER": "buy-and-hold",
        "TRADING_ASSETS": "BTC,ETH",
        "EXECUTION_INTERVAL_SECONDS": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }
    started = []
    yield tmp_path, env, started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def start(world):
    """The bot as a process; its output goes to a file."""
    folder, env, started = world
    with (folder / "out.txt").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "run_analysis_bot.py")],
            cwd=folder, env=env, stdout=out, stderr=out,
        )  # fmt: skip
    started.append(process)
    return process


def word(world, *words):
    """A control word from another terminal."""
    folder, env, _ = world
    return subprocess.run(
        [sys.executable, str(ROOT / "run_analysis_bot.py"), *words],
        cwd=folder, env=env, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip


def journal(world, query):
    """Rows of the bot's journal; nothing while it is not there yet."""
    path = world[0] / "data" / "trading_bot_simulated_3.db"
    if not path.exists():
        return []
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(2000)
        return connection.execute(query).fetchall()
    except apsw.Error:
        return []


def positions(world):
    """Open positions once the first trades are on record."""
    return journal(world, "SELECT position_id FROM positions WHERE status = 'open' ORDER BY id")


@pytest.mark.figures
def test_start_control_and_stop_from_another_terminal(world):
    """start, status, a refused second start, pause, resume, stop: each with clear words.

    That stop takes at most 8 s is a figure.
    """
    process = start(world)
    wait_until(lambda: len(positions(world)) == 2, "a trade")
    status = word(world, "status")
    assert status.returncode == 0
    for told in (str(process.pid), "running", "SIMULATED", "equity", "BTC", "buy-and-hold"):
        assert told in status.stdout
    second = word(world, "start")
    assert second.returncode == 1
    assert f"already running here (pid {process.pid})" in second.stderr
    assert "paused" in word(world, "pause").stdout
    assert "paused" in word(world, "status").stdout
    assert "running" in word(world, "resume").stdout
    begun = time.monotonic()
    assert word(world, "stop").stdout.strip() == "the bot has stopped"
    assert process.wait(HANG_SECONDS) == 0
    figure("seconds from stop to the end of a bot", time.monotonic() - begun, 8)
    assert word(world, "status").returncode == 3
    last = journal(world, "SELECT status FROM bot_status ORDER BY id DESC LIMIT 1")
    assert last == [("stopped",)]


def test_guidance_kill_and_arm_from_another_terminal(world):
    """Words beyond the guide's: the wish is told, the switch flattens on request and is armed."""
    process = start(world)
    wait_until(lambda: len(positions(world)) == 2, "a trade")
    told = word(world, "guide", "prefer shorts", "--hours", "4")
    assert "guidance holds until" in told.stdout
    assert "prefer shorts" in word(world, "status").stdout
    assert "cleared" in word(world, "guide", "--clear").stdout
    assert word(world, "guide").returncode == 2
    assert word(world, "guide", "x", "--hours", "-1").returncode == 1
    assert "no entries" in word(world, "kill").stdout
    assert len(positions(world)) == 2
    assert "every position closed" in word(world, "kill", "--flatten").stdout
    wait_until(lambda: not positions(world), "flat")
    assert "ENGAGED" in word(world, "status").stdout
    word(world, "stop")
    assert process.wait(HANG_SECONDS) == 0
    # Persisted: the next start begins with the switch engaged, until it is armed by hand.
    process = start(world)
    wait_until(lambda: "ENGAGED" in word(world, "status").stdout, "the switch")
    assert not positions(world)
    assert "re-armed" in word(world, "arm").stdout
    wait_until(lambda: len(positions(world)) == 2, "new entries")
    word(world, "stop")
    assert process.wait(HANG_SECONDS) == 0


def test_a_killed_bot_goes_on_with_the_same_account(world):
    """SIGKILL, start again: the same bot, positions and wallet; nothing is opened twice."""
    process = start(world)
    held = wait_until(lambda: len(positions(world)) == 2 and positions(world), "a trade")
    process.kill()
    process.wait()
    query = "SELECT payload FROM events WHERE kind = 'account' ORDER BY seq DESC LIMIT 1"
    before = json.loads(journal(world, query)[0][0])
    count = len(journal(world, "SELECT id FROM account_state"))
    again = start(world)
    wait_until(
        lambda: len(journal(world, "SELECT id FROM account_state")) > count + 2, "new cycles"
    )
    assert positions(world) == held
    after = json.loads(journal(world, query)[0][0])
    for field in ("balance_usd", "deposits_usd", "fees_usd"):
        assert after[field] == before[field]
    assert len(journal(world, "SELECT DISTINCT bot_id FROM events")) == 1
    assert not journal(world, "SELECT event_id FROM events GROUP BY event_id HAVING count(*) > 1")
    again.send_signal(signal.SIGTERM)
    assert again.wait(HANG_SECONDS) == 0


def test_kills_at_random_moments_leave_a_journal_that_can_be_folded(world):
    """Five times over: it always starts again, and the equity identity holds at the end.

    A moment is a number of events that are on disk: the same on a machine of any pace.
    """
    world[1]["TRADING_DECIDER"] = "random"
    for more in (1, 9, 17, 5, 12):
        process = start(world)
        count = len(journal(world, "SELECT seq FROM events"))
        wait_until(
            lambda n=count + more: len(journal(world, "SELECT seq FROM events")) >= n,
            f"{more} more events",
        )
        process.kill()
        process.wait()
    process = start(world)
    wait_until(lambda: "running" in word(world, "status").stdout, "a status")
    word(world, "stop")
    assert process.wait(HANG_SECONDS) == 0
    query = "SELECT payload FROM events WHERE kind = 'account' ORDER BY seq DESC LIMIT 1"
    account = json.loads(journal(world, query)[0][0])
    cents = [account[k] for k in ("equity_usd", "balance_usd", "unrealized_pnl")]
    from decimal import Decimal

    equity, wallet, unrealized = map(Decimal, cents)
    assert equity == wallet + unrealized
    fills = journal(world, "SELECT payload FROM events WHERE kind = 'fill'")
    fees = sum((Decimal(json.loads(p)["fee"]) for (p,) in fills), Decimal(0))
    assert fees == Decimal(account["fees_usd"])


def test_live_mode_without_a_key_opens_nothing(world):
    """TRADING_MODE=live without its key is refused at once; not even a file is made."""
    world[1]["TRADING_MODE"] = "live"
    refused = word(world, "start")
    assert refused.returncode == 1
    assert "live needs HYPERLIQUID_WALLET_PRIVATE_KEY" in refused.stderr
    assert not (world[0] / "data").exists()
