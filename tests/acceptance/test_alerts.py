"""A bot is killed with an open position: one alert in time, and its recovery, by webhook."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.acceptance.processes import (
    Process,
    clean_environment,
    free_port,
    start_server,
)

INTERVAL = 2
PROMISED_SECONDS = 2 * INTERVAL + 6
"""Twice the interval, two seconds of grace, two between looks, two for slow machines."""


class Receiver:
    """A webhook's far end: what arrived, and when."""

    def __init__(self) -> None:
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.news = threading.Condition()
        self.port = 0

    def texts(self) -> list[str]:
        """The messages so far."""
        with self.news:
            return [str(body["text"]) for _, body in self.got]

    def wait_for(self, count: int, seconds: float) -> None:
        """Until so many have arrived."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.got) >= count, seconds), self.got


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A webhook on a free port of this machine."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with told.news:
                told.got.append((time.monotonic(), body))
                told.news.notify_all()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
        env = {
            "MOTHERHAVEN_ALERT_URL": f"http://127.0.0.1:{told.port}/hook",
            "MOTHERHAVEN_ALERT_ALLOW_LOCAL": "true",
        }
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
