"""The live stream: CPU and delay at many streams, against a bare broadcaster."""

import asyncio
import json
import resource
import statistics
import tempfile
import time
from itertools import count
from pathlib import Path

from benchmarks._wire import exchange, request, running, single_body

STREAMS = 500
EVENTS = 40
PAUSE = 0.05

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds; ratios below 1 mean cheaper than the floor."""
    _allow_files()
    numbers = count(1)
    real: list[list[float]] = []
    bare: list[list[float]] = []
    for _ in range(rounds):
        *ours, size = _round("real", "/api/llm-bot/live", numbers, 0)
        *floor, _ = _round("broadcaster", "/", numbers, size)
        real.append(ours)
        bare.append(floor)
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


def _round(kind: str, path: str, numbers: "count[int]", size: int) -> tuple[float, float, int]:
    """CPU seconds of the server, 99th percentile of the delay in seconds, bytes an event.

    With `size` the posted bodies are padded, so that both servers send the same bytes.
    """
    with tempfile.TemporaryDirectory() as name:
        with running(kind, Path(name)) as server:
            cpu, delays, size = asyncio.run(_deliver(server.port, path, kind, numbers, size))
        delays.sort()
        return cpu, delays[int(len(delays) * 0.99)], size


class _Arrivals:
    """When each event reached each stream."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self.moments: list[tuple[bytes, float]] = []
        self.complete = asyncio.Event()
        self.size = 0

    def add(self, name: bytes, size: int, moment: float) -> None:
        """One event of `size` bytes reached one stream."""
        self.size = size
        self.moments.append((name, moment))
        if len(self.moments) == self._wanted:
            self.complete.set()


class _Stream(asyncio.Protocol):
    """Notes when each event arrives: both servers end an event with an empty line."""

    def __init__(self, path: str, arrivals: _Arrivals) -> None:
        self._path = path
        self._arrivals = arrivals
        self._rest = b""
        self.open = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        head = f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        transport.write(head)  # type: ignore[attr-defined]  # a stream transport

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            if b"hello" in event:
                self.open.set()
            elif (place := event.find(b"bench-")) >= 0:
                self._arrivals.add(event[place : place + 15], len(event), now)


async def _deliver(
    port: int, path: str, kind: str, numbers: "count[int]", size: int
) -> tuple[float, list[float], int]:
    loop = asyncio.get_running_loop()
    arrivals = _Arrivals(STREAMS * EVENTS)
    streams = []
    for _ in range(STREAMS):
        _, stream = await loop.create_connection(lambda: _Stream(path, arrivals), "127.0.0.1", port)
        streams.append(stream)
    await asyncio.gather(*(stream.open.wait() for stream in streams))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    target = "/api/llm-bot/ingest/decision" if kind == "real" else "/publish"
    sent: dict[bytes, float] = {}
    used = -float(await exchange(reader, writer, request("/api/cpu", b"")))
    for _ in range(EVENTS):
        number = next(numbers)
        data = request(target, _small(number).ljust(size - len(b"data: ")))
        sent[f"bench-{number:09d}".encode()] = time.perf_counter()
        await exchange(reader, writer, data)
        await asyncio.sleep(PAUSE)
    async with asyncio.timeout(30):
        await arrivals.complete.wait()
    used += float(await exchange(reader, writer, request("/api/cpu", b"")))
    delays = [moment - sent[name] for name, moment in arrivals.moments]
    return used, delays, arrivals.size


def _small(number: int) -> bytes:
    """A decision without the texts that do not travel live."""
    body = json.loads(single_body(number))
    for name in ("raw_response", "user_prompt"):
        del body[name]
    return json.dumps(body).encode()
