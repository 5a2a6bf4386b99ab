"""What examples/ shows is run here as the documentation tells people to run it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import KEY, ROOT, Process, clean_environment, get, start_server
from tests.patience import HANG_SECONDS, wait_until
from tests.programs import needs

EXAMPLES = ROOT / "examples"
COMMAND = [sys.executable, "-m", "motherhaven.cli.main"]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A server's port."""
    one = free_port()
    with start_server(tmp_path, one, "--store", f"sqlite:///{tmp_path}/server.db"):
        yield one


def bot_environment(folder: Path, port: int) -> dict[str, str]:
    """A bot's settings, as its .env would have them."""
    return clean_environment(
        folder,
        MOTHERHAVEN_ENABLED="true",
        MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
        MOTHERHAVEN_API_KEY=KEY,
    )


def run(command: list[str], folder: Path, env: dict[str, str]) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def closed_trade(port: int) -> dict[str, Any]:
    """The one position on the server, which must be closed."""
    status, body = get(port, "/api/llm-bot/positions?status=all")
    (position,) = json.loads(body)
    assert (status, position["status"]) == (200, "closed")
    found: dict[str, Any] = position
    return found


def test_ten_lines_reach_the_dashboard(port: int, tmp_path: Path) -> None:
    """The logger alone: the decision, its raw answer, the trade and the account arrive."""
    run([sys.executable, str(EXAMPLES / "ten_lines.py")], tmp_path, bot_environment(tmp_path, port))
    assert closed_trade(port)["realized_pnl"] == 0.72
    (decision,) = json.loads(get(port, "/api/llm-bot/decisions?limit=5")[1])
    assert decision["justification"] == "breakout above the range"
    assert json.loads(get(port, "/api/llm-bot/account")[1])["equity_usd"] == 1001.5
    assert json.loads(get(port, "/api/llm-bot/status")[1])["status"] == "running"


def test_the_example_has_ten_statements() -> None:
    """Ten lines are ten lines: the import, the logger, and what is logged."""
    import ast

    tree = ast.parse((EXAMPLES / "ten_lines.py").read_text(encoding="utf-8"))
    assert len(tree.body) - 1 <= 10, "the docstring is not counted"


@needs("curl")
def test_plain_http_is_enough(port: int, tmp_path: Path) -> None:
    """The curl script sends all four kinds; each answer is the documented one."""
    env = bot_environment(tmp_path, port)
    answers = run(["sh", str(EXAMPLES / "curl.sh")], tmp_path, env).split("\n")[:-1]
    assert [json.loads(one)["success"] for one in answers] == [True] * 5
    assert closed_trade(port)["realized_pnl"] == 0.72


def test_a_fleet_shows_all_its_bots(port: int, tmp_path: Path) -> None:
    """The fleet file's three bots report to the server under their names, and end together."""
    env = bot_environment(tmp_path, port) | {"TRADING_MARKET": "simulated:1"}
    command = ["-m", "motherhaven.cli.main", "fleet", str(EXAMPLES / "fleet.toml")]
    with Process(command, cwd=tmp_path, env=env) as fleet:

        def shown() -> list[dict[str, Any]]:
            bots = json.loads(get(port, "/api/llm-bot/bots")[1])["bots"]
            return list(bots) if {bot["name"] for bot in bots} == {"ema", "hold", "dice"} else []

        bots = wait_until(shown, "three bots on the server")
        assert fleet.end() == 0
    assert {bot["mode"] for bot in bots} == {"simulated"}


def test_invented_bars_replay_exactly(tmp_path: Path) -> None:
    """make_bars.py gives the same file every time, and its replay's books add up."""
    env = clean_environment(tmp_path)
    made = [run([sys.executable, str(EXAMPLES / "make_bars.py")], tmp_path, env) for _ in range(2)]
    assert made[0] == made[1]
    (tmp_path / "btc.csv").write_text(made[0])
    report = json.loads(run([*COMMAND, "replay", "--bars", "BTC=btc.csv", "--json"], tmp_path, env))
    assert report["identity_error"] == "0"
    assert report["bars"] == 3 * 24 * 60
    assert report["entries"] > 0


def test_the_books_and_the_guard_can_be_asked(tmp_path: Path) -> None:
    """`paper` prints the account of the scenario; `judge` refuses the answer, with a reason."""
    env = clean_environment(tmp_path)
    for name in ("scenario.json", "answer.txt", "state.json"):
        shutil.copy(EXAMPLES / name, tmp_path)
    account = json.loads(
        run([*COMMAND, "paper", "--scenario", "scenario.json", "--json"], tmp_path, env)
    )
    assert account["equity"] == "10097.75"
    asked = ["judge", "--answer", "answer.txt", "--state", "state.json", "--json"]
    (verdict,) = json.loads(run([*COMMAND, *asked], tmp_path, env))["verdicts"]
    assert (verdict["allowed"], verdict["rule"]) == (False, "max_position_size")
    assert sorted(os.listdir(tmp_path)) == ["answer.txt", "scenario.json", "state.json"]
