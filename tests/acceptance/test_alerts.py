"""A bot is killed with an open position: one alert in time, and its recovery, by webhook."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.processes import (
    KEY,
    Process,
    clean_environment,
    free_port,
    start_server,
)
from tests.acceptance.webhook import receiver
from tests.serverkit import API, item

INTERVAL = 2
PROMISED_SECONDS = 2 * INTERVAL + 6
"""Twice the interval, two seconds of grace, two between looks, two for slow machines."""


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
    assert process.child.wait(30) == 0, process.lines
    process.end()
    return "\n".join(process.lines)


def test_a_killed_bot_with_an_open_position_is_told_once_and_its_return_too(tmp_path: Path) -> None:
    """Within 2 × interval + a few s; a restarted server does not tell it again."""
    port = free_port()
    with receiver() as told:
        env = told.settings()
        key = command(tmp_path, "keys", "create", "--name", "the bot").splitlines()[-1]
        with start_server(tmp_path, port, **env) as server:
            with start_bot(tmp_path, port, key) as bot:
                bot.wait_for("beat 3")
                bot.kill()
                killed = time.monotonic()
            told.wait_for(1, PROMISED_SECONDS + 5)
            seconds = told.got[0][0] - killed
            assert server.end() == 0
        with start_server(tmp_path, port, **env):
            with told.news:
                quiet = not told.news.wait_for(lambda: len(told.got) > 1, 5)
            assert quiet, "a restart of the server is no news of the bot"
            with start_bot(tmp_path, port, key) as bot:
                back = time.monotonic()
                told.wait_for(2, 20)
                bot.wait_for("beat 3")
                recovery = told.got[1][0] - back
                first, second = told.texts()
    print(f"alert {seconds:.1f} s after the kill (promised {PROMISED_SECONDS}), "
          f"recovery {recovery:.1f} s after the start")  # fmt: skip
    assert first.startswith("URGENT: 1 OPEN POSITION UNATTENDED")
    assert second.startswith("Recovered: ")
    assert seconds <= PROMISED_SECONDS
    assert len(told.texts()) == 2


@pytest.mark.parametrize("command", ["serve", "up"])
def test_both_commands_watch(tmp_path: Path, command: str) -> None:
    """`up` tells as `serve` does: a bot reports records set aside, and the webhook hears of it."""
    port = free_port()
    with receiver() as told:
        env = clean_environment(tmp_path, LLM_BOT_API_KEY=KEY, **told.settings())
        words = ["-m", "motherhaven.cli.main", command, "--port", str(port)]
        with Process(words, cwd=tmp_path, env=env) as server:
            server.wait_for("/llm-bot")
            status = {**item(1, "status")["payload"], "quarantined": 2}
            body = json.dumps({"events": [item(1, "status", payload=status)]}).encode()
            headers = {"x-api-key": KEY, "content-type": "application/json"}
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}{API}/ingest/batch", body, headers
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer)["results"][0]["status"] == "stored"
            told.wait_for(1, 15)
            assert server.end() == 0
    assert told.texts()[0].startswith("claude (paper): 2 records were refused and set aside")


def test_a_revoked_key_ends_its_open_stream(tmp_path: Path) -> None:
    """`keys revoke` beside a running server: the stream ends within seconds, then 401."""
    port = free_port()
    with start_server(tmp_path, port):
        made = command(tmp_path, "keys", "create", "--name", "reader", "--scope", "read")
        key = made.splitlines()[-1]
        key_id = key.split("_")[1]
        url = f"http://127.0.0.1:{port}/api/llm-bot"
        request = urllib.request.Request(f"{url}/live", headers={"x-api-key": key})
        with urllib.request.urlopen(request, timeout=30) as stream:
            assert b"retry" in stream.readline()
            listed = command(tmp_path, "keys", "list")
            assert key_id in listed
            assert key not in listed
            assert "active" in listed
            command(tmp_path, "keys", "revoke", key_id)
            revoked = time.monotonic()
            while stream.readline():
                assert time.monotonic() - revoked < 6, "the stream goes on"
            seconds = time.monotonic() - revoked
        try:
            urllib.request.urlopen(
                urllib.request.Request(f"{url}/bots", headers={"x-api-key": key}), timeout=10
            )
            status = 200
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
    print(f"the stream ended {seconds:.1f} s after the revocation")
    assert status == 401
