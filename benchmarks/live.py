"""The live stream: CPU and delay at many streams, against a bare broadcaster."""

import asyncio
import json
import resource
import statistics
import tempfile
import time
from itertools import count
from pathlib import Path

from benchmarks._wire import decision_item, exchange, request, running, single_body

STREAMS = 500
EVENTS = 40
PAUSE = 0.05

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds; ratios below 1 mean cheaper than the floor."""
    _allow_files()
    numbers = count(1)
    real: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for _ in range(rounds):
        real.append(_round("real", "/api/llm-bot/live", numbers))
        bare.append(_round("broadcaster", "/", numbers))
    cpu = [a[0] / b[0] for a, b in zip(real, bare, strict=True)]
    delay = [a[1] / b[1] for a, b in zip(real, bare, strict=True)]
    return [
        (
            "p99 post to stream",
            statistics.median(a[1] for a in real) * 1000,
            f"ms, {STREAMS} streams",
        ),
        ("CPU / bare broadcaster", statistics.median(cpu), "goal <= 1.3"),
        ("p99 / bare broadcaster", statistics.median(delay), "goal <= 1.5"),
    ]


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * STREAMS
    if soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _round(kind: str, path: str, numbers: "count[int]") -> tuple[float, float]:
    """CPU seconds of the server, and the 99th percentile of the delay in seconds."""
    with tempfile.TemporaryDirectory() as name:
        with running(kind, Path(name)) as server:
            delays = asyncio.run(_deliver(server.port, path, kind, numbers))
        delays.sort()
        return server.cpu, delays[int(len(delays) * 0.99)]


class _Stream(asyncio.Protocol):
    """Notes when each event arrives; its id is in the text of both servers."""

    def __init__(self, path: str, arrived: "list[tuple[bytes, float]]") -> None:
        self._path = path
        self._arrived = arrived
        self._rest = b""
        self.open = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        head = f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        transport.write(head)  # type: ignore[attr-defined]  # a stream transport

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if b"hello" in data:
            self.open.set()
        data = self._rest + data
        while (place := data.find(b"bench-")) >= 0 and len(data) >= place + 15:
            self._arrived.append((data[place : place + 15], now))
            end = data.find(b"\n\n", place)
            data = data[end:] if end >= 0 else data[place + 15 :]
        self._rest = data[-14:] if b"bench-" not in data[-14:] else data[-20:]


async def _deliver(port: int, path: str, kind: str, numbers: "count[int]") -> list[float]:
    loop = asyncio.get_running_loop()
    arrived: list[tuple[bytes, float]] = []
    streams = []
    for _ in range(STREAMS):
        _, stream = await loop.create_connection(lambda: _Stream(path, arrived), "127.0.0.1", port)
        streams.append(stream)
    await asyncio.gather(*(stream.open.wait() for stream in streams))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent: dict[bytes, float] = {}
    for _ in range(EVENTS):
        number = next(numbers)
        body = _small(number)
        target = "/api/llm-bot/ingest/decision" if kind == "real" else "/publish"
        sent[f"bench-{number:09d}".encode()] = time.perf_counter()
        await exchange(reader, writer, request(target, body))
        await asyncio.sleep(PAUSE)
    deadline = time.monotonic() + 10
    while len({*arrived}) < STREAMS * EVENTS and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return [moment - sent[name] for name, moment in arrived]


def _small(number: int) -> bytes:
    """A decision about as large as the message that it becomes."""
    body = json.loads(single_body(number))
    for name in ("raw_response", "user_prompt"):
        del body[name]
    return json.dumps({**body, "event_id": decision_item(number)["event_id"]}).encode()
