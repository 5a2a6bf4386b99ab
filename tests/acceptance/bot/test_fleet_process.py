"""A fleet as real processes: started, told about, killed and restarted, ended; nothing stays."""

import json
import os
import signal
import subprocess
import sys
import time

import apsw
import pytest

from tests.acceptance.processes import ROOT, Process, clean_environment
from tests.patience import HANG_SECONDS, figure, wait_until

FLEET = """
[fleet]
data = "bots"
spread_seconds = 0

[[bot]]
name = "hold"
coins = ["BTC", "ETH"]
decider = "buy-and-hold"
market = "simulated:3"
capital = 5000
interval_seconds = 1

[[bot]]
name = "luck"
coins = ["SOL"]
decider = "random"
market = "simulated:3"
capital = 2500.50
interval_seconds = 1
[bot.limits]
max_position_size_usd = 100

[[bot]]
name = "broken"
decider = "anthropic:no-key"
market = "simulated:3"
"""


@pytest.fixture
def world(tmp_path):
    """A folder with a fleet file; what was started there is ended."""
    (tmp_path / "fleet.toml").write_text(FLEET)
    started = []
    yield tmp_path, started
    for process in started:
        if process.child.poll() is None:
            process.child.kill()
        process.child.wait()


def start(world):
    """The fleet as a process."""
    folder, started = world
    words = ["-m", "motherhaven.cli.main", "fleet", "fleet.toml"]
    started.append(Process(words, cwd=folder, env=clean_environment(folder)))
    return started[-1]


def word(world, which):
    """`motherhaven fleet fleet.toml WORD` from another terminal."""
    return subprocess.run(
        [sys.executable, "-m", "motherhaven.cli.main", "fleet", "fleet.toml", which],
        cwd=world[0], env=clean_environment(world[0]), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip


def state(world, bot):
    """A bot's published state; empty while there is none."""
    path = world[0] / "bots" / bot / "trading_bot_paper.control" / "state.json"
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def rows(world, bot, query):
    """Rows of a bot's journal."""
    try:
        path = world[0] / "bots" / bot / "trading_bot_simulated_3.db"
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(2000)
        return connection.execute(query).fetchall()
    except apsw.Error:
        return []


@pytest.mark.figures
def test_a_fleet_lives_restarts_and_ends_as_one(world):
    """Own journals and capital, a killed bot comes back, a broken one is said, Ctrl-C ends all.

    That the end takes at most 10 s is a figure.
    """
    fleet = start(world)
    for bot in ("hold", "luck"):
        query = "SELECT id FROM account_state"
        wait_until(lambda b=bot, q=query: len(rows(world, b, q)) > 1, f"cycles of {bot}")
    deposits = "SELECT json_extract(payload, '$.deposits_usd') FROM events WHERE kind = 'account'"
    assert rows(world, "hold", deposits)[0] == ("5000",)
    assert rows(world, "luck", deposits)[0] == ("2500.50",)

    pid = state(world, "hold")["pid"]
    os.kill(pid, signal.SIGKILL)
    again = wait_until(
        lambda: (found := state(world, "hold")) and found.get("pid") != pid and found,
        "a restart",
    )
    assert again["pid"] != pid
    fleet.wait_for("hold ended (exit code -9")
    fleet.wait_for("broken ended (exit code 1: ")
    assert fleet.wait_for("[hold] hold trades on paper")

    told = word(world, "status")
    assert told.returncode == 0
    for words in ("fleet running", "hold", "buy-and-hold", "luck", "random", "broken"):
        assert words in told.stdout
    assert "ANTHROPIC_API_KEY" in told.stdout
    second = word(world, "start")
    assert second.returncode == 1
    assert "already running" in second.stderr

    begun = time.monotonic()
    fleet.child.send_signal(signal.SIGINT)
    assert fleet.child.wait(HANG_SECONDS) in (0, 1)
    figure("seconds from Ctrl-C to the end of a fleet", time.monotonic() - begun, 10)
    for bot in ("hold", "luck"):
        with pytest.raises(ProcessLookupError):
            os.kill(state(world, bot)["pid"], 0)
        last = rows(world, bot, "SELECT status FROM bot_status ORDER BY id DESC LIMIT 1")
        assert last == [("stopped",)]
    assert word(world, "status").returncode == 3
    for name in ("hold", "luck", "fleet"):
        lines = (world[0] / "logs" / f"{name}.jsonl").read_text().splitlines()
        assert lines
        assert all(json.loads(line)["bot"] == name for line in lines)


def test_bots_end_when_their_supervisor_is_killed(world):
    """No orphan trades on: the pipe of a dead supervisor ends its bots; they can start anew."""
    fleet = start(world)
    found = wait_until(lambda: state(world, "hold").get("pid"), "a bot")
    fleet.child.kill()
    fleet.child.wait()

    def gone():
        try:
            os.kill(found, 0)
        except ProcessLookupError:
            return True
        return False

    wait_until(gone, "the bot's end")
    again = start(world)
    wait_until(lambda: state(world, "hold").get("pid") not in (None, found), "a new bot")
    stopped = word(world, "stop")
    assert "the fleet has stopped" in stopped.stdout
    assert again.child.wait(HANG_SECONDS) in (0, 1)


def test_start_bot_starts_the_fleet_that_lies_beside_it(world):
    """`python start_bot.py` with a fleet.toml: every bot, and a dashboard that is elsewhere."""
    folder, started = world
    env = clean_environment(folder, MOTHERHAVEN_API_URL="http://127.0.0.2:9")
    started.append(Process([str(ROOT / "start_bot.py")], cwd=folder, env=env))
    started[-1].wait_for("[hold] hold trades on paper")
    started[-1].wait_for("[luck] luck trades on paper")
    assert "fleet running" in word(world, "status").stdout
    started[-1].child.send_signal(signal.SIGTERM)
    assert started[-1].child.wait(HANG_SECONDS) in (0, 1)


def test_a_wrong_fleet_file_starts_nothing(world):
    """An unknown key is refused by name, before any process."""
    (world[0] / "fleet.toml").write_text(FLEET.replace("capital = 5000", "capitol = 5000"))
    done = word(world, "start")
    assert done.returncode == 1
    assert "unknown key 'capitol'" in done.stderr
    assert not (world[0] / "bots").exists()
