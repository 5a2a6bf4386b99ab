"""Real processes for acceptance tests: a server, a recording bot, and what both kept."""

import os
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import apsw

from motherhaven.contract.bulk import is_bulk
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder.bulk_rows import singly
from tests.patience import HANG_SECONDS

ROOT = Path(__file__).parents[2]
KEY = "acceptance-test-key"


def clean_environment(folder: Path, **changes: str) -> dict[str, str]:
    """An environment without settings of this machine; HOME is the test's folder."""
    keep = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return {
        **kept,
        "HOME": str(folder),
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "MOTHERHAVEN_PAGE_BUILD": "never",
        **changes,
    }


class Process:
    """A child process whose output is collected line by line."""

    def __init__(self, command: list[str], *, cwd: Path, env: dict[str, str]) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self.child = subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_for(self, text: str, seconds: float = HANG_SECONDS) -> str:
        """The first line that contains `text`."""
        return self._wait(lambda: next((x for x in self.lines if text in x), None), text, seconds)

    def wait_for_count(self, count: int, seconds: float = HANG_SECONDS) -> None:
        """Wait until `count` lines were printed."""
        self._wait(lambda: "enough" if len(self.lines) >= count else None, "lines", seconds)

    def _wait(self, found: object, what: str, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                result = found()  # type: ignore[operator]  # a function without arguments
                if result is not None:
                    return str(result)
                left = deadline - time.monotonic()
                ended = self.child.poll() is not None and not self._reader.is_alive()
                if left <= 0 or ended:
                    raise AssertionError(f"no {what!r} in the output:\n" + "\n".join(self.lines))
                self._news.wait(min(left, 0.5))

    def kill(self) -> None:
        """SIGKILL, at once; then wait for the end and all its output."""
        self.child.kill()
        self.child.wait()
        self._reader.join()

    def end(self, seconds: float = HANG_SECONDS) -> int:
        """SIGTERM, and the exit code."""
        self.child.terminate()
        code = self.child.wait(seconds)
        self._reader.join()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.kill()


def start_server(folder: Path, port: int, *options: str, **env: str) -> Process:
    """`motherhaven serve` on SQLite in `folder`; returns when it answers."""
    process = Process(
        ["-m", "motherhaven.cli.main", "serve", "--port", str(port), *options],
        cwd=folder,
        env=clean_environment(folder, **{"LLM_BOT_API_KEY": KEY, **env}),
    )
    process.wait_for("Motherhaven is at")
    return process


def start_writer(folder: Path, port: int, seed: int, count: int) -> Process:
    """A bot that records `count` events (0: until it is killed); see writer.py."""
    return Process(
        [str(Path(__file__).parent / "writer.py"), str(folder / "bot.db"), str(seed), str(count)],
        cwd=folder,
        env=clean_environment(
            folder,
            MOTHERHAVEN_ENABLED="true",
            MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
            MOTHERHAVEN_API_KEY=KEY,
        ),
    )


def get(port: int, path: str, key: str | None = KEY) -> tuple[int, bytes]:
    """Status and body of a GET."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if key:
        request.add_header("x-api-key", key)
    try:
        with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@dataclass(frozen=True)
class Kept:
    """What a database holds: event id -> (digest, lane or kind, order)."""

    digests: dict[str, str]
    rows: int
    whole: bool
    lanes: dict[str, list[int]]


def journal_of(path: Path) -> Kept:
    """The events of a journal, those of bulk records one by one, after an integrity check."""
    query = "SELECT event_id, sha256, lane, lane_seq, kind, payload FROM events ORDER BY seq"
    return _read(path, query)


def server_of(path: Path) -> Kept:
    """The events of a server's store, in commit order, after an integrity check."""
    return _read(path, "SELECT event_id, hex(sha256), kind, seq FROM events ORDER BY n")


def _read(path: Path, query: str) -> Kept:
    connection = apsw.Connection(str(path))
    try:
        whole = connection.execute("PRAGMA integrity_check").get == "ok"
        rows = [one for row in connection.execute(query) for one in _singly(*row)]
    finally:
        connection.close()
    lanes: dict[str, list[int]] = {}
    for _, _, lane, order in rows:
        lanes.setdefault(str(lane), []).append(order)
    return Kept({row[0]: str(row[1]).lower() for row in rows}, len(rows), whole, lanes)


def _singly(
    event_id: str, sha: object, lane: str, order: int, kind: str = "", payload: str = ""
) -> list[tuple[str, object, str, int]]:
    """A row of a log, or the events of a bulk record as they travel."""
    if not is_bulk(kind):
        return [(event_id, sha, lane, order)]
    return [
        (one.event_id, payload_sha256(one.payload), lane, order - one.before)
        for one in singly(event_id, payload.encode())
    ]


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that accepts connections, reads, and never answers."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        taken: list[socket.socket] = []

        def swallow() -> None:
            while not stop.is_set():
                ready, _, _ = select.select([listener, *taken], [], [], 0.1)
                for one in ready:
                    if one is listener:
                        taken.append(listener.accept()[0])
                    elif not one.recv(1 << 16):
                        taken.remove(one)
                        one.close()

        thread = threading.Thread(target=swallow, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            stop.set()
            thread.join()
            for one in taken:
                one.close()
