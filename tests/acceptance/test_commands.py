"""The commands as processes: up, serve and replay do what they say, and end when asked."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import KEY, Process, clean_environment, get
from tests.patience import HANG_SECONDS, figure

COMMAND = ["-m", "motherhaven.cli.main"]
START = 1_640_995_200_000


def _up(folder: Path, port: int) -> Process:
    return Process([*COMMAND, "up", "--port", str(port)], cwd=folder, env=clean_environment(folder))


def _bots(port: int) -> list[dict[str, object]]:
    status, body = get(port, "/api/llm-bot/bots", key=None)
    assert status == 200
    return list(json.loads(body)["bots"])


@pytest.mark.figures
def test_up_shows_three_simulated_bots_with_a_past_and_ends_when_asked(tmp_path: Path) -> None:
    """`up` without any key: three bots with a day behind them; one Ctrl-C ends all, code 0.

    That this takes at most 3 s is a figure.
    """
    port = free_port()
    with _up(tmp_path, port) as process:
        process.wait_for("Motherhaven  ")
        live = f"http://127.0.0.1:{port}/api/llm-bot/live"
        stream = urllib.request.urlopen(live, timeout=HANG_SECONDS)
        with stream:
            while len(lived := _lived(port)) < 3:
                assert stream.readline(), "the stream ended"
            assert sorted(str(bot["name"]) for bot in lived) == ["ema", "hold", "random"]
            assert {bot["mode"] for bot in lived} == {"simulated"}
            started = time.monotonic()
            process.child.send_signal(signal.SIGINT)
            assert process.child.wait(HANG_SECONDS) == 0
            figure("seconds from Ctrl-C to the end of `up`", time.monotonic() - started, 3.0)
    key = tmp_path / "data" / "demo" / "api_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().strip() not in "\n".join(process.lines)
    assert "SIMULATED" in "\n".join(process.lines)
    assert "Traceback" not in "\n".join(process.lines)


def _lived(port: int) -> list[dict[str, object]]:
    """Bots whose record reaches back most of a day."""
    found = []
    for bot in _bots(port):
        stats = bot["stats"]
        assert isinstance(stats, dict)
        if stats["decisions"] > 1_000:
            found.append(bot)
    return found


def test_a_port_in_use_gets_a_clear_answer(tmp_path: Path) -> None:
    """What is in the way and what to do, in one line, with exit code 1."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        port = one.getsockname()[1]
        with _up(tmp_path, port) as process:
            assert process.child.wait(HANG_SECONDS) == 1
            line = process.wait_for("in use")
    assert str(port) in line
    assert "--port" in line


def test_beyond_loopback_without_a_key_does_not_start(tmp_path: Path) -> None:
    """`serve --host 0.0.0.0` without LLM_BOT_API_KEY refuses and names the setting."""
    with Process(
        [*COMMAND, "serve", "--host", "0.0.0.0", "--port", str(free_port()), "--store", "memory:"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
    ) as process:
        assert process.child.wait(HANG_SECONDS) == 1
        assert process.wait_for("LLM_BOT_API_KEY")


def test_open_reading_cannot_go_beyond_loopback(tmp_path: Path) -> None:
    """`serve --open --host 0.0.0.0` is refused even with a key."""
    with Process(
        [*COMMAND, "serve", "--open", "--host", "0.0.0.0", "--port", str(free_port())],
        cwd=tmp_path,
        env=clean_environment(tmp_path, LLM_BOT_API_KEY=KEY),
    ) as process:
        assert process.child.wait(HANG_SECONDS) == 1
        assert process.wait_for("--open")


def _bars(path: Path, minutes: int, *, hole: range = range(0)) -> None:
    lines = ["timestamp_ms,open,high,low,close,volume"]
    for minute in range(minutes):
        if minute in hole:
            continue
        low = 1000 + (minute * 37 % 211) - (minute // 300) * 3
        price = f"{low},{low + 9},{low - 7},{low + 3}"
        lines.append(f"{START + minute * 60_000},{price},12.5")
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("decider", ["buy-and-hold", "ema-cross", "random"])
def test_replay_is_exact_and_the_same_twice(tmp_path: Path, decider: str) -> None:
    """identity_error is 0, the hole is reported, and two runs print the same report."""
    _bars(tmp_path / "a.csv", 1_500, hole=range(600, 1_030))
    _bars(tmp_path / "b.csv", 1_500)
    reports = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, *COMMAND, "replay", "--bars", "ETH=a.csv", "--bars", "SOL=b.csv",
             "--decider", decider, "--equity", "5000", "--json"],
            cwd=tmp_path,
            env=clean_environment(tmp_path),
            capture_output=True,
            timeout=HANG_SECONDS,
            check=True,
        )  # fmt: skip
        report = json.loads(done.stdout)
        assert report.pop("seconds") > 0
        report.pop("bars_per_second")
        reports.append(report)
    assert reports[0] == reports[1]
    report = reports[0]
    assert report["identity_error"] == "0"
    assert report["bars"] == 1_500 + 1_070
    assert report["gaps"] == [
        {"coin": "ETH", "from": "2022-01-01T10:00:00.000000Z", "to": "2022-01-01T17:10:00.000000Z"}
    ]
    assert report["entries"] > 0
    assert report["decisions"] > 0


def test_replay_names_the_line_of_a_bad_bar(tmp_path: Path) -> None:
    """A broken file is refused with its name and line; nothing is guessed."""
    _bars(tmp_path / "a.csv", 20)
    lines = (tmp_path / "a.csv").read_text().splitlines()
    lines[11] = lines[11].replace("12.5", "many")
    (tmp_path / "a.csv").write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, *COMMAND, "replay", "--bars", "ETH=a.csv", "--json"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "a.csv" in done.stderr
    assert "12" in done.stderr


def test_replay_ships_what_it_records(tmp_path: Path) -> None:
    """`--ship` brings the whole record to the server, under market time, as paper."""
    from tests.acceptance.processes import journal_of, server_of, start_server

    _bars(tmp_path / "a.csv", 400)
    port = free_port()
    with start_server(tmp_path, port, "--store", f"sqlite:///{tmp_path}/s.db") as server:
        subprocess.run(
            [sys.executable, *COMMAND, "replay", "--bars", "ETH=a.csv", "--ship",
             "--journal", "replay.db", "--json"],
            cwd=tmp_path,
            env=clean_environment(
                tmp_path,
                MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
                MOTHERHAVEN_API_KEY=KEY,
            ),
            stdout=subprocess.DEVNULL,
            timeout=HANG_SECONDS,
            check=True,
        )  # fmt: skip
        status, body = get(port, "/api/llm-bot/bots")
        assert server.end() == 0
    assert status == 200
    bot = json.loads(body)["bots"][0]
    assert bot["mode"] == "paper"
    assert str(bot["account"]["time"]).startswith("2022-01-01")
    assert journal_of(tmp_path / "replay.db").digests == server_of(tmp_path / "s.db").digests


def test_paper_prints_the_worked_case(tmp_path: Path) -> None:
    """The first worked case of a margin account, to the last digit, through the command."""
    scenario = {
        "deposit": "10000",
        "taker": "0.00045",
        "maker": "0.00015",
        "max_leverage": {"BTC": 40},
        "steps": [
            {"fill": {"coin": "BTC", "size": "0.1", "price": "50000", "leverage": 10,
                      "mode": "cross", "liquidity": "taker"}},
            {"mark": {"BTC": "51000"}},
        ],
    }  # fmt: skip
    (tmp_path / "s.json").write_text(json.dumps(scenario))
    done = subprocess.run(
        [sys.executable, *COMMAND, "paper", "--scenario", "s.json", "--json"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        timeout=HANG_SECONDS,
        check=True,
    )
    account = json.loads(done.stdout)
    assert account["equity"] == "10097.75"
    assert (account["used"], account["available"]) == ("510", "9587.75")
    assert account["positions"]["BTC"]["liquidation"] is None
    assert os.listdir(tmp_path) == ["s.json"]


def test_judge_places_nothing_and_says_why(tmp_path: Path) -> None:
    """An answer over the limit is refused with its rule; NaN is refused by the parser."""
    (tmp_path / "a.txt").write_text(
        json.dumps({"decisions": [
            {"coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 5000, "leverage": 3,
             "confidence": 0.9, "stop_loss": 49000, "profit_target": 52000,
             "justification": "all in"}]})
    )  # fmt: skip
    (tmp_path / "s.json").write_text(
        json.dumps({"equity": "10000", "day_start_equity": "10000", "now": "2026-01-02T00:00:00Z",
                    "marks": {"BTC": "50000"}, "positions": {}, "settings": {}})
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, *COMMAND, "judge", "--answer", "a.txt", "--state", "s.json", "--json"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        timeout=HANG_SECONDS,
        check=True,
    )
    result = json.loads(done.stdout)
    assert result["error"] is None
    verdict = result["verdicts"][0]
    assert verdict["allowed"] is False
    assert "50" in verdict["reason"]
    assert verdict["rule"]
