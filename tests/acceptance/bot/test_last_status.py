"""However a bot is ended, its last status says so: on disk, and at the server if it is there."""

import json
import os
import pty
import signal
import subprocess
import sys

import apsw
import pytest

from motherhaven.testing.stub_server import StubServer
from scripts.ports import free_port
from tests.acceptance.processes import ROOT, clean_environment
from tests.patience import HANG_SECONDS, wait_until

EASY = {
    "TRADING_MARKET": "simulated:3",
    "TRADING_DECIDER": "buy-and-hold",
    "TRADING_ASSETS": "BTC,ETH",
    "EXECUTION_INTERVAL_SECONDS": "1",
}


def statuses(path):
    """The states that the journal tells, in order."""
    if not path.exists():
        return []
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(2_000)
        return [state for (state,) in connection.execute("SELECT status FROM bot_status")]
    except apsw.Error:
        return []


def start(script, folder, server_url, key, terminal):
    """The script as a process of its own session on `terminal`."""
    env = clean_environment(
        folder,
        **EASY,
        MOTHERHAVEN_ENABLED="true",
        MOTHERHAVEN_API_URL=server_url,
        MOTHERHAVEN_API_KEY=key,
        LLM_BOT_API_KEY=key,
        PYTHONDONTWRITEBYTECODE="1",
    )

    def own_terminal():
        os.setsid()
        if terminal is not None:
            import fcntl
            import termios

            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    out = subprocess.DEVNULL if terminal is None else terminal
    return subprocess.Popen(
        [sys.executable, str(ROOT / script)],
        cwd=folder, env=env, stdin=out, stdout=out, stderr=out,
        preexec_fn=own_terminal,  # noqa: PLW1509  # the child only takes its terminal
    )  # fmt: skip


def end(process, how, master):
    """End the process in one way."""
    if how == "closed terminal":
        os.close(master)
    else:
        process.send_signal(getattr(signal, how))


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGHUP", "closed terminal"])
def test_the_bot_says_stopped_on_disk_and_at_the_server(tmp_path, how):
    """Real process, real terminal: the last status is `stopped`."""
    master, terminal = pty.openpty()
    with StubServer() as server:
        process = start("run_analysis_bot.py", tmp_path, server.url, server.api_key, terminal)
        os.close(terminal)
        journal = tmp_path / "data" / "trading_bot_simulated_3.db"
        try:
            wait_until(lambda: "running" in statuses(journal), "a first status")
            end(process, how, master)
            process.wait(HANG_SECONDS)
        finally:
            process.kill()
            process.wait()
            if how != "closed terminal":
                os.close(master)
        assert statuses(journal)[-1] == "stopped"
        told = [json.loads(e.payload) for e in server.events.values() if e.kind == "status"]
        assert "stopped" in [payload["status"] for payload in told]


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "closed terminal"])
def test_start_bot_ends_the_bot_before_the_server(tmp_path, how):
    """The server, which start_bot.py began, has the bot's last status; then both are gone."""
    master, terminal = pty.openpty()
    url, key = f"http://127.0.0.1:{free_port()}", "last-status-key-1"
    process = start("start_bot.py", tmp_path, url, key, terminal)
    os.close(terminal)
    journal = tmp_path / "data" / "trading_bot_simulated_3.db"
    try:
        wait_until(lambda: "running" in statuses(journal), "a first status")
        if how == "SIGINT":
            os.write(master, b"\x03")  # as Ctrl-C: to the whole group of the terminal
        else:
            end(process, how, master)
        process.wait(HANG_SECONDS)
    finally:
        process.kill()
        process.wait()
        if how != "closed terminal":
            os.close(master)
    assert statuses(journal)[-1] == "stopped"
    connection = apsw.Connection(str(journal))
    ((last,),) = connection.execute("SELECT max(lane_seq) FROM events WHERE lane = 0")
    ((done,),) = connection.execute("SELECT done FROM lanes WHERE lane = 0")
    connection.close()
    assert done == last
    with pytest.raises(OSError, match="refused"):
        __import__("socket").create_connection(("127.0.0.1", int(url.rsplit(":")[-1])), 2)
