"""Asynchronous tests run on asyncio; what the reads answer must not depend on the store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from motherhaven.stores import Store
from tests.conformance.stores.kit import BACKENDS, Backend
from tests.serverkit import API, KEY, FakeClock, running


@pytest.fixture
def anyio_backend() -> str:
    """The only event loop that the server runs on."""
    return "asyncio"


class Api:
    """A client with the key, on a server over one of the stores."""

    def __init__(self, client: httpx.AsyncClient, clock: FakeClock, store: Store) -> None:
        self.client = client
        self.store = store
        self.clock = clock

    async def keep(self, *items: dict[str, Any]) -> None:
        """Post events, all of them stored; no earlier than they happen."""
        times = [datetime.fromisoformat(one["time"]) for one in items]
        self.clock.moment = max(self.clock.moment, *times)
        answer = await self.client.post(f"{API}/ingest/batch", json={"events": list(items)})
        assert [one for one in answer.json()["results"] if one["status"] != "stored"] == []

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of a read that succeeds."""
        answer = await self.client.get(f"{API}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


Served = Callable[[], AbstractAsyncContextManager[Api]]


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each kind of store."""
    chosen: Backend = request.param
    return chosen


def pass_over_late_grpc() -> None:
    """Let what gRPC still tells of an earlier test's loop, which is closed, be no failure here.

    Its poller is one for the process, and hands it to whichever loop is running.
    """
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "PollerCompletionQueue" in repr(context.get("handle")):
            return
        if before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(handle)


@pytest.fixture
def served(backend: Backend, tmp_path: Path) -> Served:
    """Starts a server over each kind of store."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Api]:
        pass_over_late_grpc()
        clock = FakeClock()
        store = backend.make(tmp_path, clock)
        async with running(store=store) as server, server.client(key=KEY) as client:
            yield Api(client, server.clock, store)

    return start
