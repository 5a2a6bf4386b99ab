"""Ingest: a durable POST against an echo, and batches against the bare work in process."""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import apsw

from benchmarks._wire import Process, decision_item, exchange, request, running, single_body
from motherhaven.contract.jsonio import loads
from motherhaven.contract.wire import event_from_item
from motherhaven.settings import SystemClock

CONNECTIONS = 16
POSTS = 800
BATCHES = 8
BATCH = 500

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds; ratios above 1 mean faster than the floor."""
    numbers = count()
    singles: list[tuple[float, float]] = []
    batches: list[tuple[float, float]] = []
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running("real", folder) as server:
            for _ in range(rounds):
                durable = _posts(server, "/api/llm-bot/ingest/decision", numbers)
                echo = _posts(server, "/api/echo", numbers)
                singles.append((durable[0], echo[0]))
                spent.append(echo[1] / durable[1])
                batches.append((_batches(server, numbers), _bare(folder, numbers)))
    return [
        ("single POST, durable", _median(a for a, _ in singles), "posts/s over 16 connections"),
        ("single POST / bare echo", _median(a / b for a, b in singles), "goal >= 0.5"),
        ("echo's server CPU / single POST's", _median(spent), "the same without the disk's part"),
        ("batches of 500, durable", _median(a for a, _ in batches), "events/s, one at a time"),
        ("batch / validate + executemany", _median(a / b for a, b in batches), "goal >= 0.5"),
    ]


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _posts(server: Process, path: str, numbers: "count[int]") -> tuple[float, float]:
    """Posts a second over kept-alive connections, each waiting for its answers; CPU seconds."""
    requests = [request(path, single_body(next(numbers))) for _ in range(POSTS)]

    async def client(mine: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for one in mine:
            await exchange(reader, writer, one)
        writer.close()

    async def all_clients() -> tuple[float, float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        used = -float(await exchange(reader, writer, request("/api/cpu", b"")))
        began = time.perf_counter()
        await asyncio.gather(*(client(requests[n::CONNECTIONS]) for n in range(CONNECTIONS)))
        seconds = time.perf_counter() - began
        used += float(await exchange(reader, writer, request("/api/cpu", b"")))
        writer.close()
        return POSTS / seconds, used

    return asyncio.run(all_clients())


def _bodies(numbers: "count[int]") -> list[bytes]:
    return [
        json.dumps({"events": [decision_item(next(numbers)) for _ in range(BATCH)]}).encode()
        for _ in range(BATCHES)
    ]


def _batches(server: Process, numbers: "count[int]") -> float:
    """Events a second, one batch after the other."""
    requests = [request("/api/llm-bot/ingest/batch", body) for body in _bodies(numbers)]

    async def client() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        began = time.perf_counter()
        for one in requests:
            answer = await exchange(reader, writer, one)
            if answer.count(b'"stored"') != BATCH:
                raise RuntimeError("a batch was not stored whole")
        seconds = time.perf_counter() - began
        writer.close()
        return BATCHES * BATCH / seconds

    return asyncio.run(client())


def _bare(folder: Path, numbers: "count[int]") -> float:
    """The floor: parse, validate and one executemany a batch, committed with FULL."""
    bodies = _bodies(numbers)
    now = SystemClock().now()
    connection = apsw.Connection(str(folder / "bare.db"))
    connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS events (event_id PRIMARY KEY, payload)")
    began = time.perf_counter()
    for body in bodies:
        events = [event_from_item(item, now) for item in loads(body)["events"]]
        with connection:
            rows = [(event.event_id, event.payload) for event in events]
            connection.executemany("INSERT INTO events VALUES (?, ?)", rows)
    seconds = time.perf_counter() - began
    connection.close()
    return BATCHES * BATCH / seconds
