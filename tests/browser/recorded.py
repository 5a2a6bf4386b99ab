"""Really recorded runs for the page: replays of made-up bars, shipped to a real server."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from tests.acceptance.processes import KEY, clean_environment

START = 1_709_769_600_000
"""2024-03-07 00:00 UTC: 8,000 minutes span the change of clocks in New York, on 10 March."""


def write_bars(path: Path, minutes: int, scale: int, start: int = START) -> None:
    """Bars that wander enough for baselines to trade."""
    lines = ["timestamp_ms,open,high,low,close,volume"]
    price = 1000 * scale
    for minute in range(minutes):
        step = ((minute * 7919) % 41 - 20) + (12 if (minute // 97) % 2 else -12)
        close = price + step
        high, low = max(price, close) + 4, min(price, close) - 4
        lines.append(f"{start + minute * 60_000},{price},{high},{low},{close},9.5")
        price = close
    path.write_text("\n".join(lines) + "\n")


def record(
    folder: Path,
    port: int,
    decider: str,
    minutes: int,
    *,
    start: int = START,
    loss_limit: str = "5000",
) -> None:
    """Replay `decider` over two coins and ship the record to the server at `port`.

    A tight loss limit, in USD a day, makes the guard refuse entries.
    """
    for coin, scale in (("BTC", 50), ("ETH", 3)):
        if not (folder / f"{coin}-{minutes}.csv").exists():
            write_bars(folder / f"{coin}-{minutes}.csv", minutes, scale, start)
    command = ["-m", "motherhaven.cli.main", "replay", "--decider", decider, "--ship", "--json"]
    for coin in ("BTC", "ETH"):
        command += ["--bars", f"{coin}={coin}-{minutes}.csv"]
    done = subprocess.run(
        [sys.executable, *command, "--journal", f"{decider}.db"],
        cwd=folder,
        env=clean_environment(
            folder,
            MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
            MOTHERHAVEN_API_KEY=KEY,
            MOTHERHAVEN_BOT=decider,
            MAX_POSITION_SIZE_USD="500",
            DAILY_LOSS_LIMIT_USD=loss_limit,
        ),
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["identity_error"] == "0"


class CountingProxy:
    """Passes TCP on to a server and counts the event streams that are open through it."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._streams: set[socket.socket] = set()
        self.most = 0
        self.opened = 0
        """How many streams were opened in all."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def open(self) -> int:
        """How many streams are open now."""
        with self._lock:
            return len(self._streams)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for way in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(client, *way), daemon=True).start()

    def _pass(self, client: socket.socket, source: socket.socket, target: socket.socket) -> None:
        while data := _read(source):
            if b"GET /api/llm-bot/live" in data and source is client:
                with self._lock:
                    self._streams.add(client)
                    self.opened += 1
                    self.most = max(self.most, len(self._streams))
            try:
                target.sendall(data)
            except OSError:
                break
        # Either end gone is the end: the browser counts a stream that it closed no longer.
        with self._lock:
            self._streams.discard(client)
        _shut(source)
        _shut(target)


def _read(one: socket.socket) -> bytes:
    try:
        return one.recv(1 << 16)
    except OSError:
        return b""


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
