"""Work for a reader ends when the reader leaves; work that changes something goes on."""

import asyncio
from typing import Any

import pytest

from motherhaven.contract.events import Event
from motherhaven.stores import MemoryStore
from motherhaven.stores.protocol import Appended
from tests.patience import within
from tests.serverkit import API, KEY, Server, config, decision, running

pytestmark = pytest.mark.anyio

READS = ("bots", "feed", "trades", "equity", "errors", "metrics", "compare?ids=a,b",
         "breakdown?bot=a", "hold?coin=BTC", "export?what=decisions",
         "decisions", "positions", "account", "account/history", "status")  # fmt: skip
QUESTIONS = ("bots", "decisions", "positions", "equity", "errors", "accounts", "statuses")


class Blocking(MemoryStore):
    """A store whose questions wait for ever, and tell how they ended."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.ended: list[str] = []
        self.append_may_end = asyncio.Event()
        for name in QUESTIONS:
            setattr(self, name, self._blocked)

    async def _blocked(self, *_: Any, **__: Any) -> Any:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append("question")

    async def append(self, events: Any) -> list[Appended]:
        """Wait, then keep."""
        self.begun.set()
        await self.append_may_end.wait()
        kept: list[Event] = list(events)
        return await super().append(kept)


async def request(server: Server, path: str, body: bytes = b"") -> tuple[Any, asyncio.Event]:
    """A request as an ASGI server would bring it, and what its client leaves by."""
    leaves, first = asyncio.Event(), True
    headers = [(b"host", b"localhost:3000"), (b"x-api-key", KEY.encode())]
    if body:
        headers += [(b"content-type", b"application/json")]
        headers += [(b"content-length", str(len(body)).encode())]
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
        "method": "POST" if body else "GET", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "headers": headers, "client": ("127.0.0.1", 4),
        "server": ("localhost", 3000), "root_path": "",
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": body, "more_body": False}
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        return None

    return asyncio.ensure_future(server.app(scope, receive, send)), leaves


@pytest.mark.parametrize("path", READS)
async def test_a_question_ends_when_its_client_leaves(path: str) -> None:
    """Every read: what the store does for it is cancelled, and nothing is answered."""
    store = Blocking()
    async with running(config(), store) as server:
        task, leaves = await request(server, f"{API}/{path}")
        await within(store.begun.wait())
        assert store.ended == []
        leaves.set()
        await within(task)
        assert store.ended


async def test_a_post_goes_on_when_its_client_leaves() -> None:
    """An event that was sent is kept, whoever waits for the answer."""
    from motherhaven.contract.jsonio import dumps

    store = Blocking()
    async with running(config(), store) as server:
        task, leaves = await request(server, f"{API}/ingest/decision", dumps(decision()))
        await within(store.begun.wait())
        leaves.set()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not task.done()
        store.append_may_end.set()
        await within(task)
        assert len((await store.tail(await store.origin(), 9)).events) == 1
