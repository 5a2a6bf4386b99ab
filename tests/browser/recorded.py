"""Really recorded runs for the page: replays of made-up bars, shipped to a real server."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests.acceptance.processes import KEY, clean_environment

START = 1_709_251_200_000
"""2024-03-01 00:00 UTC; the runs span days around a change of clocks in New York."""


def write_bars(path: Path, minutes: int, scale: int) -> None:
    """Bars that wander enough for baselines to trade."""
    lines = ["timestamp_ms,open,high,low,close,volume"]
    price = 1000 * scale
    for minute in range(minutes):
        step = ((minute * 7919) % 41 - 20) + (12 if (minute // 97) % 2 else -12)
        close = price + step
        high, low = max(price, close) + 4, min(price, close) - 4
        lines.append(f"{START + minute * 60_000},{price},{high},{low},{close},9.5")
        price = close
    path.write_text("\n".join(lines) + "\n")


def record(folder: Path, port: int, decider: str, minutes: int) -> None:
    """Replay `decider` over two coins and ship the record to the server at `port`."""
    for coin, scale in (("BTC", 50), ("ETH", 3)):
        if not (folder / f"{coin}-{minutes}.csv").exists():
            write_bars(folder / f"{coin}-{minutes}.csv", minutes, scale)
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
            DAILY_LOSS_LIMIT_USD="5000",
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
        self.open = 0
        self.most = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            streaming = threading.Event()
            threading.Thread(target=self._up, args=(client, server, streaming), daemon=True).start()
            threading.Thread(
                target=self._down, args=(server, client, streaming), daemon=True
            ).start()

    def _up(self, client: socket.socket, server: socket.socket, streaming: threading.Event) -> None:
        while data := _read(client):
            if b"GET /api/llm-bot/live" in data:
                streaming.set()
                with self._lock:
                    self.open += 1
                    self.most = max(self.most, self.open)
            server.sendall(data)
        _shut(server)

    def _down(
        self, server: socket.socket, client: socket.socket, streaming: threading.Event
    ) -> None:
        while data := _read(server):
            try:
                client.sendall(data)
            except OSError:
                break
        if streaming.is_set():
            with self._lock:
                self.open -= 1
        _shut(client)
        _shut(server)


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
