"""Other libraries that read the journal in the bot's own process, and what they must not cost."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._sweeps import Count, Tally, compare, decision, make_recorder

_THREADS = 3
_READ_ELSEWHERE = (
    "import sqlite3, sys\n"
    "while True:\n"
    "    c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM events').fetchone()\n"
    "    c.close()\n"
)


def by_sqlite(path: Path) -> None:
    """The standard library's SQLite: connect, select, close."""
    connection = sqlite3.connect(path, timeout=1)
    try:
        connection.execute("SELECT count(*) FROM events").fetchone()
    finally:
        connection.close()


def by_copy(path: Path) -> None:
    """A copy of every file."""
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copy(source, path.with_name("copy"))


def by_open(path: Path) -> None:
    """Every file opened, read and closed."""
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            with source.open("rb") as raw:
                raw.read()


READERS: dict[str, Callable[[Path], None]] = {
    "sqlite3": by_sqlite, "shutil.copy": by_copy, "open().read()": by_open,
}  # fmt: skip


def log_beside(path: Path, reader: str, events: int, pipe: int) -> None:
    """Log from threads beside a reader in the process, then die by SIGKILL."""
    recorder = make_recorder(path, None)
    lock = threading.Lock()
    left = [events]

    def log() -> None:
        while True:
            event_id = recorder.record("decision", decision(left[0], left[0] % 5 * 900)).event_id
            with lock:
                os.write(pipe, event_id.encode() + b"\n")
                left[0] -= 1

    def read() -> None:
        while True:
            try:
                READERS[reader](path)
            except (sqlite3.Error, OSError):  # a reader may be turned away, never the bot
                time.sleep(0)

    threads = [threading.Thread(target=work, daemon=True) for work in (*[log] * _THREADS, read)]
    for thread in threads:
        thread.start()
    while left[0] > 0:
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)


def acknowledged_by(child: Callable[[int], None], seconds: float = 300) -> list[str]:
    """Fork, run `child` with a pipe until it is killed, and read the ids it wrote."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(int(seconds))
            os.close(reader)
            child(writer)
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        data = stream.read()
    os.waitpid(pid, 0)
    return data.decode().split("\n")[:-1]


def one(folder: Path, reader: str, events: int, *, elsewhere: bool, count: Count) -> None:
    """One bot beside one kind of reader, with or without a second process that reads."""
    folder.mkdir()
    path = folder / "bot.db"
    make_recorder(path, None).journal.close()
    other = None
    if elsewhere:
        other = subprocess.Popen([sys.executable, "-c", _READ_ELSEWHERE, path])
    try:
        known = acknowledged_by(lambda pipe: log_beside(path, reader, events, pipe))
    finally:
        if other is not None:
            other.kill()
            other.wait()
    compare(count, path, known)


def sweep(folder: Path, n: int, seed: int) -> list[Tally]:
    """`n` acknowledged events beside readers of each kind."""
    count = Count()
    rng = random.Random(seed)
    cases = [(reader, elsewhere) for reader in READERS for elsewhere in (False, True)]
    rng.shuffle(cases)
    for number, (reader, elsewhere) in enumerate(cases):
        events = max(1, -(-n // len(cases)))
        one(folder / str(number), reader, events, elsewhere=elsewhere, count=count)
    return [count.tally("other libraries reading in the bot's process, then kill -9", n, seed)]
