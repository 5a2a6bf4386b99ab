"""A bot is killed with an open position: one alert in time, and its recovery, by webhook."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import KEY, Process, clean_environment, start_server
from tests.acceptance.webhook import receiver
from tests.patience import HANG_SECONDS, figure
from tests.serverkit import API, item

INTERVAL = 2
PROMISED_SECONDS = 2 * INTERVAL + 6
"""Twice the interval, two seconds of grace, two between looks, two for slow machines."""

OPEN, ASIDE = "OPEN POSITION UNATTENDED", "records were refused and set aside"


def start_bot(folder: Path, port: int, key: str) -> Process:
    """A recording bot with one open position and a heartbeat each INTERVAL."""
    return Process(
        [str(Path(__file__).parent / "beating_bot.py"), str(folder / "bot.db"), str(INTERVAL)],
        cwd=folder,
        env=clean_environment(
            folder,
            MOTHERHAVEN_ENABLED="true",
            MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
            MOTHERHAVEN_API_KEY=key,
        ),
    )


def command(folder: Path, *words: str) -> str:
    """The standard output of a `motherhaven` command that succeeds."""
    process = Process(
        ["-m", "motherhaven.cli.main", *words], cwd=folder, env=clean_environment(folder)
    )
    assert process.child.wait(HANG_SECONDS) == 0, process.lines
    process.end()
    return "\n".join(process.lines)


@pytest.mark.figures
def test_a_killed_bot_with_an_open_position_is_told_once_and_its_return_too(tmp_path: Path) -> None:
    """A restarted server does not tell it again: what it tells next is what happens next.

    That it is told within 2 × interval + a few s is a figure.
    """
    port = free_port()
    with receiver() as told:
        env = told.settings()
        key = command(tmp_path, "keys", "create", "--name", "the bot").splitlines()[-1]
        with start_server(tmp_path, port, **env) as server:
            with start_bot(tmp_path, port, key) as bot:
                bot.wait_for("beat 3")
                bot.kill()
                killed = time.monotonic()
            told.wait_for(1)
            seconds = told.got[0][0] - killed
            assert server.end() == 0
        with start_server(tmp_path, port, **env):
            # It has looked at all bots once it tells of another one's trouble.
            set_aside(port, 1)
            told.wait_for(2)
            with start_bot(tmp_path, port, key) as bot:
                back = time.monotonic()
                told.wait_for(3)
                bot.wait_for("beat 3")
                recovery = told.got[2][0] - back
    print(f"recovery {recovery:.1f} s after the start")
    first, other, last = told.texts()
    assert first.startswith(f"URGENT: 1 {OPEN}")
    assert ASIDE in other
    assert last.startswith("Recovered: ")
    figure("seconds from the kill to the alert", seconds, PROMISED_SECONDS)


def set_aside(port: int, number: int, records: int = 2) -> None:
    """A status of the bot `claude`, of which so many records were set aside."""
    status = {**item(number, "status")["payload"], "quarantined": records}
    body = json.dumps({"events": [item(number, "status", payload=status)]}).encode()
    headers = {"x-api-key": KEY, "content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{API}/ingest/batch", body, headers)
    with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:
        assert json.load(answer)["results"][0]["status"] == "stored"


@pytest.mark.parametrize("command", ["serve", "up"])
def test_both_commands_watch(tmp_path: Path, command: str) -> None:
    """`up` tells as `serve` does: a bot reports records set aside, and the webhook hears of it."""
    port = free_port()
    with receiver() as told:
        env = clean_environment(tmp_path, LLM_BOT_API_KEY=KEY, **told.settings())
        words = ["-m", "motherhaven.cli.main", command, "--port", str(port)]
        with Process(words, cwd=tmp_path, env=env) as server:
            server.wait_for("/llm-bot")
            set_aside(port, 1)
            told.wait_for(1)
            assert server.end() == 0
    assert told.texts()[0].startswith(f"claude (paper): 2 {ASIDE}")


@pytest.mark.figures
def test_a_revoked_key_ends_its_open_stream(tmp_path: Path) -> None:
    """`keys revoke` beside a running server: the stream ends, within 6 s (a figure), then 401."""
    port = free_port()
    with start_server(tmp_path, port):
        made = command(tmp_path, "keys", "create", "--name", "reader", "--scope", "read")
        key = made.splitlines()[-1]
        key_id = key.split("_")[1]
        url = f"http://127.0.0.1:{port}/api/llm-bot"
        request = urllib.request.Request(f"{url}/live", headers={"x-api-key": key})
        with urllib.request.urlopen(request, timeout=HANG_SECONDS) as stream:
            assert b"retry" in stream.readline()
            listed = command(tmp_path, "keys", "list")
            assert key_id in listed
            assert key not in listed
            assert "active" in listed
            command(tmp_path, "keys", "revoke", key_id)
            revoked = time.monotonic()
            while stream.readline():
                pass
            figure("seconds from the revocation to the stream's end", time.monotonic() - revoked, 6)
        try:
            urllib.request.urlopen(
                urllib.request.Request(f"{url}/bots", headers={"x-api-key": key}),
                timeout=HANG_SECONDS,
            )
            status = 200
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
    assert status == 401
