"""Everything that bot, server, demo and commands make is for its owner alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from scripts.ports import free_port
from tests.acceptance.processes import KEY, Process, clean_environment, start_server, start_writer
from tests.patience import HANG_SECONDS

COMMAND = ["-m", "motherhaven.cli.main"]


def open_ones(folder: Path, given: set[Path]) -> list[str]:
    """What others could read, of all that is in `folder` but was not `given`."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path in given or "__pycache__" in path.parts:
            continue
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077:
            found.append(f"{path.relative_to(folder)} {mode:o}")
    return found


def command(folder: Path, *words: str, **env: str) -> None:
    """Run a command to its end."""
    environment = clean_environment(folder, **env)
    subprocess.run(
        [sys.executable, *COMMAND, *words], cwd=folder, env=environment, check=True,
        timeout=HANG_SECONDS, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def test_server_bot_and_commands_under_an_open_umask(tmp_path: Path) -> None:
    """With umask 000: store, journal, locks, logs, backup, export, restored store, keys."""
    before = os.umask(0)
    try:
        port = free_port()
        with start_server(tmp_path, port) as server:
            with start_writer(tmp_path, port, 1, 30) as writer:
                writer.wait_for_count(30)
                assert open_ones(tmp_path, set()) == []  # with -wal, -shm and locks in use
            command(tmp_path, "backup", "kept.jsonl.gz")
            command(
                tmp_path, "export", "--what", "events", "--format", "json", "--out", "events.json"
            )
            server.end()
        command(tmp_path, "restore", "kept.jsonl.gz", "--store", "sqlite:///again/restored.db")
        command(tmp_path, "query", "SELECT 1", "--journal", "bot.db")
    finally:
        os.umask(before)
    assert (tmp_path / "again" / "restored.db").exists()
    assert open_ones(tmp_path, set()) == []


def test_the_demo_under_an_open_umask(tmp_path: Path) -> None:
    """`up`: three journals, logs, the server's store and its key."""
    before = os.umask(0)
    try:
        with Process(
            [*COMMAND, "up", "--port", str(free_port())], cwd=tmp_path,
            env=clean_environment(tmp_path),
        ) as process:  # fmt: skip
            process.wait_for("Motherhaven  ")
            process.end()
    finally:
        os.umask(before)
    assert (tmp_path / "data" / "demo").is_dir()
    assert open_ones(tmp_path, set()) == []


def test_the_trading_bot_tightens_what_an_older_version_left_open(tmp_path: Path) -> None:
    """A bot of this folder: control files, journal and log; wider ones are taken back."""
    data, logs = tmp_path / "data", tmp_path / "logs"
    for folder in (data, logs):
        folder.mkdir(mode=0o755)
    settings = {
        "TRADING_MARKET": "simulated", "TRADING_DECIDER": "random",
        "LOG_DIR": str(logs), "MOTHERHAVEN_DATA": str(data), "LLM_BOT_API_KEY": KEY,
    }  # fmt: skip
    for _ in range(2):
        with Process(
            [*COMMAND, "bot", "start"], cwd=tmp_path, env=clean_environment(tmp_path, **settings)
        ) as bot:
            bot.wait_for("trades on paper")
            bot.end()
        made = {path for path in tmp_path.rglob("*") if path.is_file()}
        assert {".db", ".jsonl", ".lock"} <= {path.suffix for path in made}, made
        assert open_ones(tmp_path, {data, logs}) == []
        for path in made:
            path.chmod(0o644)
