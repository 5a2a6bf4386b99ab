"""Hostile clients: hanging sockets, one key's streams, guesses, readers that never read."""

import asyncio
import json
import socket
import statistics
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path

from benchmarks._wire import Process, decision_item, exchange, request, running, single_body

SOCKETS = 500
POSTS = 300
STREAMS = 1_000
GUESSES = 3_000
STALLED = 200
EVENTS = 6_000

Figure = tuple[str, float, str]
LIVE = "/api/llm-bot/live"


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds for the sockets; the rest is counted once."""
    numbers = count()
    with tempfile.TemporaryDirectory() as name, running("real", Path(name)) as server:
        pairs = [asyncio.run(_sockets(server.port, numbers)) for _ in range(rounds)]
    with tempfile.TemporaryDirectory() as name, running("closed", Path(name)) as server:
        opened, owner = asyncio.run(_streams(server.port))
        tally, taken, right = asyncio.run(_guesses(server.port))
    with tempfile.TemporaryDirectory() as name, running("real", Path(name)) as server:
        before, most, after, seconds = asyncio.run(_stalled(server, numbers))
    return [
        ("post p99, 500 sockets / idle", statistics.median(b / a for a, b in pairs), "goal <= 2"),
        ("post p99, idle", statistics.median(a for a, _ in pairs) * 1000, "ms"),
        ("streams of one key, 1,000 tried", opened, "the rest 429"),
        ("owner's stream beside them", owner * 1000, "ms to its hello"),
        ("guesses that got 401, of 3,000", tally[401], "the rest 429"),
        ("guesses a second", GUESSES / taken, "429s counted"),
        ("right key beside them", right * 1000, "ms, from the same address"),
        ("MB with 200 stalled / before", most / before, f"{before:.0f} MB, {most:.0f} MB"),
        ("MB after they were dropped / before", after / before, f"{after:.0f} MB"),
        ("stalled streams dropped after", seconds, "s"),
    ]


async def _posts(port: int, numbers: "count[int]") -> float:
    """The 99th percentile of posts over four connections, in seconds."""
    taken: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(POSTS // 4):
            data = request("/api/llm-bot/ingest/decision", single_body(next(numbers)))
            began = time.perf_counter()
            await exchange(reader, writer, data)
            taken.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one() for _ in range(4)))
    return statistics.quantiles(taken, n=100)[98]


async def _sockets(port: int, numbers: "count[int]") -> tuple[float, float]:
    """The 99th percentile alone, and beside idle, half-sent and dripping sockets."""
    login = b"POST /api/llm-bot/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nk"
    starts = [b"", b"GET / HTTP/1.1\r\nX-Drip: ", login, request("/api/llm-bot/ingest/batch", b"")]
    starts[3] = starts[3].replace(b"Content-Length: 0", b"Content-Length: 99") + b"{"
    starts.append(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    alone = await _posts(port, numbers)
    writers = []
    for number in range(SOCKETS):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(starts[number % len(starts)])
        writers.append(writer)
    among = await _posts(port, numbers)
    for writer in writers:
        writer.close()
    await asyncio.sleep(0.5)
    return alone, among


async def _open(port: int, key: str) -> tuple[int, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {LIVE} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {key}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    return int(head.split()[1]), writer


async def _streams(port: int) -> tuple[int, float]:
    """How many of a thousand one bot's key gets; the seconds of the owner's own."""
    from benchmarks._serve import BOUND, KEY

    found = [await _open(port, BOUND) for _ in range(STREAMS)]
    began = time.perf_counter()
    status, owner = await _open(port, KEY)
    taken = time.perf_counter() - began
    if status != 200:
        raise RuntimeError(f"the owner's stream was answered {status}")
    for _, writer in found:
        writer.close()
    owner.close()
    return sum(status == 200 for status, _ in found), taken


async def _ask(port: int, key: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    path = "/api/llm-bot/session"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {key}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1])


async def _guesses(port: int) -> tuple[Counter[int], float, float]:
    """Answers to wrong keys over 32 connections at once, seconds; those of the right key."""
    from benchmarks._serve import KEY

    tally: Counter[int] = Counter()
    right: list[float] = []

    async def guess(numbers: range) -> None:
        for number in numbers:
            tally[await _ask(port, f"wrong-{number}")] += 1

    async def owner() -> None:
        while sum(tally.values()) < GUESSES:
            began = time.perf_counter()
            if await _ask(port, KEY) != 200:
                raise RuntimeError("the right key was refused")
            right.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)

    began = time.perf_counter()
    await asyncio.gather(owner(), *(guess(range(n, GUESSES, 32)) for n in range(32)))
    return tally, time.perf_counter() - began, statistics.median(right)


async def _stalled(server: Process, numbers: "count[int]") -> tuple[float, float, float, float]:
    """Megabytes before, at most, and after two hundred clients that never read were dropped."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    # What the server keeps anyway, of its store and for streams that resume, counts as before.
    _, resting = await asyncio.open_connection("127.0.0.1", server.port)
    resting.write(f"GET {LIVE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for _ in range(0, EVENTS, 200):
        await _batch(reader, writer, numbers)
    resting.close()
    await asyncio.sleep(2)
    before = server.megabytes()
    clients = []
    for _ in range(STALLED):
        one = socket.create_connection(("127.0.0.1", server.port))
        one.sendall(f"GET {LIVE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        clients.append(one)
    most = before
    for _ in range(0, EVENTS, 200):
        await _batch(reader, writer, numbers)
        most = max(most, server.megabytes())
    began = time.perf_counter()
    while server.sockets() > 10 and time.perf_counter() - began < 60:
        most = max(most, server.megabytes())
        await asyncio.sleep(0.2)
    taken = time.perf_counter() - began
    await asyncio.sleep(2)
    for one in clients:
        one.close()
    return before, most, server.megabytes(), taken


async def _batch(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, numbers: "count[int]"
) -> None:
    events = [decision_item(next(numbers)) for _ in range(200)]
    body = json.dumps({"events": events}).encode()
    await exchange(reader, writer, request("/api/llm-bot/ingest/batch", body))
