"""The live stream over every store: it resumes, and says so when its place is gone."""

import json
from pathlib import Path

import httpx
import pytest

from motherhaven.server import ServerConfig, ServerThread
from motherhaven.settings import SystemClock
from motherhaven.stores import Store
from tests.conformance.stores.kit import Backend
from tests.patience import HANG_SECONDS
from tests.serverkit import API, KEY, Sse, item

pytestmark = pytest.mark.anyio


async def post(server: ServerThread, *numbers: int) -> None:
    """Keep decisions."""
    async with httpx.AsyncClient(
        base_url=server.url, headers={"x-api-key": KEY}, timeout=HANG_SECONDS
    ) as client:
        events = [item(number) for number in numbers]
        answer = await client.post(f"{API}/ingest/batch", json={"events": events})
        assert {one["status"] for one in answer.json()["results"]} == {"stored"}


async def ids(stream: Sse, count: int) -> list[str]:
    """The ids of the next decisions."""
    return [json.loads((await stream.event())["data"])["row"]["id"] for _ in range(count)]


async def prune(backend: Backend, folder: Path, served: Store) -> None:
    """Drop all history, from another server of the store where there can be one."""
    if not backend.shared:
        await served.prune(SystemClock().now())
        return
    other = backend.make(folder, SystemClock())
    await other.open()
    try:
        await other.prune(SystemClock().now())
    finally:
        await other.close()


async def test_a_place_past_the_retention_is_a_reset(backend: Backend, tmp_path: Path) -> None:
    """Pruned while a client was away: hello, reset, a new place; from there on no gap."""
    config = ServerConfig(port=0, api_key=KEY, open_reading=True)
    store = backend.make(tmp_path, SystemClock())
    with ServerThread(config, store, SystemClock()) as server:
        await post(server, 1)
        stream = await Sse.open(server.url)
        place = (await stream.event())["id"]
        await post(server, 2, 3)
        assert await ids(stream, 2) == ["event-000002", "event-000003"]
        stream.close()
        await prune(backend, tmp_path, store)
    if backend.durable:
        store = backend.make(tmp_path, SystemClock())
    with ServerThread(config, store, SystemClock()) as server:
        again = await Sse.open(server.url, last_event_id=place)
        assert (await again.event())["event"] == "hello"
        reset = await again.event()
        assert reset["event"] == "reset"
        assert reset["id"] == json.loads(reset["data"])["cursor"] != place
        await post(server, 4, 5)
        assert await ids(again, 2) == ["event-000004", "event-000005"]
        again.close()
        later = await Sse.open(server.url, last_event_id=reset["id"])
        assert (await later.event())["event"] == "hello"
        assert await ids(later, 2) == ["event-000004", "event-000005"]
        later.close()
