"""From the post to the stream: 400 decisions at once, and one at a time, on SQLite and Firestore.

Firestore is the official emulator, as it is and with 30 ms added to each call and to what its
listener tells; left out where the emulator is missing.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx

from motherhaven.server import ServerConfig, ServerThread
from motherhaven.settings import SystemClock
from motherhaven.stores import Store, open_store

MANY: Final = 400
SINGLES: Final = 40
LATE_SECONDS: Final = 0.03
KEY: Final = "benchmark-key-0123456789"
API: Final = "/api/llm-bot"

Figure = tuple[str, float, str]


def run(rounds: int) -> Iterator[Figure]:
    """Medians over the rounds."""
    for name in ("sqlite", "firestore", "firestore, 30 ms a call"):
        told = asyncio.run(_measure(name, rounds))
        if told is None:
            yield f"{name}: skipped", float("nan"), "needs the Firestore emulator"
            continue
        yield f"{name}: {MANY} decisions", told[0], "s from the post to the stream"
        yield f"{name}: p95 of one", told[1], "ms from the post to the stream"


async def _measure(name: str, rounds: int) -> tuple[float, float] | None:
    numbers = count(1)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = await _store(name, folder, stack)
        if store is None:
            return None
        config = ServerConfig(port=0, api_key=KEY, open_reading=True)
        server = ServerThread(config, store, SystemClock())
        # In a thread: the delayed connection to the emulator is served by this loop.
        await asyncio.to_thread(server.start)
        stack.push_async_callback(asyncio.to_thread, server.stop)
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=server.url, headers={"x-api-key": KEY}, timeout=120)
        )
        arrived = await stack.enter_async_context(_stream(server.url))
        await _posted(client, arrived, numbers, 1)
        many = [await _posted(client, arrived, numbers, MANY) for _ in range(rounds)]
        ones = [await _posted(client, arrived, numbers, 1) for _ in range(SINGLES)]
        return statistics.median(many), 1000 * sorted(ones)[int(0.95 * SINGLES)]


async def _store(name: str, folder: Path, stack: AsyncExitStack) -> Store | None:
    if name == "sqlite":
        return open_store("sqlite:///bench.db", clock=SystemClock(), data_dir=folder)
    kit = import_module("tests.faults.firestore.kit")
    emulator = import_module("tests.firestore_emulator")
    if emulator.find_jar() is None:
        return None
    emulator.emulator_host()
    if "30 ms" in name:
        wire = await stack.enter_async_context(kit.broken_wire(_Environment()))
        for method in ("Commit", "RunQuery", "BatchGetDocuments", "Listen"):
            wire.faults[method] = kit.delay(LATE_SECONDS)
        wire.lag = _late
    project = f"bench-{os.getpid()}-{len(name)}"
    return open_store(f"firestore://{project}", clock=SystemClock(), data_dir=folder)


class _Environment:
    """Sets variables of this process."""

    def setenv(self, name: str, value: str) -> None:
        """Set one."""
        os.environ[name] = value


async def _late() -> None:
    await asyncio.sleep(LATE_SECONDS)


async def _posted(
    client: httpx.AsyncClient, arrived: "asyncio.Queue[str]", numbers: "count[int]", size: int
) -> float:
    """Seconds from a post of `size` decisions until the stream has them, in order."""
    events = [_item(next(numbers)) for _ in range(size)]
    begun = time.perf_counter()
    posting = asyncio.ensure_future(client.post(f"{API}/ingest/batch", json={"events": events}))
    for event in events:
        async with asyncio.timeout(120):
            got = await arrived.get()
        if got != event["event_id"]:
            raise RuntimeError(f"{got} came where {event['event_id']} was due")
    seconds = time.perf_counter() - begun
    (await posting).raise_for_status()
    return seconds


@asynccontextmanager
async def _stream(url: str) -> AsyncIterator["asyncio.Queue[str]"]:
    """A stream's decisions by their ids, as they arrive."""
    arrived: asyncio.Queue[str] = asyncio.Queue()
    ready = asyncio.Event()
    mark = '"row":{"id":"'

    async def read() -> None:
        async with (
            httpx.AsyncClient(timeout=None) as client,
            client.stream("GET", f"{url}{API}/live") as answer,
        ):
            async for line in answer.aiter_lines():
                ready.set()
                if mark in line:
                    arrived.put_nowait(line.partition(mark)[2].partition('"')[0])

    task = asyncio.create_task(read())
    await ready.wait()
    try:
        yield arrived
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _item(number: int) -> dict[str, Any]:
    at = SystemClock().now().isoformat()
    payload = {
        "timestamp": at, "coin": "BTC", "signal": "hold", "quantity_usd": "12.50", "leverage": "3",
        "confidence": "0.72", "justification": "flat " * 60, "user_prompt": "prompt " * 100,
    }  # fmt: skip
    return {
        "event_id": f"delivery-{number:06d}", "bot_id": "bot-1", "bot_name": "bench",
        "mode": "paper", "epoch": 1, "seq": number, "kind": "decision", "time": at,
        "recorded_at": at, "payload": payload,
    }  # fmt: skip
