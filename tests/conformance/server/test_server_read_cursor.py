"""Every answer from the log carries the cursor at which it was read: the stream goes on there."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from motherhaven.server import ServerConfig, ServerThread
from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.server.auth.policy import Rule
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.conformance.server.conftest import Served
from tests.conformance.stores.kit import Backend
from tests.patience import HANG_SECONDS
from tests.serverkit import (
    API,
    KEY,
    NOW,
    QUICK,
    FakeClock,
    Sse,
    config,
    declared,
    event,
    item,
    running,
)

pytestmark = pytest.mark.anyio

CURSOR = "motherhaven-cursor"
HEARD = "motherhaven-heard"

NOT_OF_THE_LOG = {
    f"{API}/live": "the stream's own ids",
    f"{API}/bill": "what the store costs",
    f"{API}/log": "lines that bots print, which are no events",
    f"{API}/commands": "records; the stream says when to ask again",
    f"{API}/session": "who asks",
    f"{API}/shares": "records",
    "/api/openapi.json": "the program's own",
}
QUERIES = {
    "/decision": {"id": "event-000001"},
    "/text": {"id": "event-000001", "field": "user_prompt"},
    "/text/download": {"id": "event-000001", "field": "user_prompt"},
    "/trade": {"id": "p1", "bot": "bot-1"},
    "/outcome": {"id": "event-000001"},
    "/candles": {"bot": "bot-1", "coin": "BTC", "start": NOW.isoformat()},
    "/event": {"id": "event-000001"},
    "/events": {"bot": "bot-1", "kind": "order"},
    "/compare": {"ids": "bot-1"},
    "/breakdown": {"bot": "bot-1"},
    "/hold": {"coin": "BTC"},
    "/export": {"what": "decisions"},
}


def kept() -> list[dict[str, Any]]:
    """Something for every read."""
    asked = event(1, "decision")
    asked["payload"]["user_prompt"] = "prices"
    return [asked, event(2, "position_opened", position_id="p1"), event(3, "account")]


def reads() -> list[str]:
    """The routes that read, from the table of all routes."""
    return [
        path
        for path, policy in declared().policies.items()
        if policy.rule is Rule.READ and path not in NOT_OF_THE_LOG
    ]


async def test_every_read_of_every_store_says_where_it_was_read(served: Served) -> None:
    """All routes that read, as they are registered, and nothing of what is no read."""
    async with served() as api:
        await api.keep(*kept())
        head = (await api.store.tail(await api.store.origin(), 10)).events[-1].cursor
        assert len(reads()) > 20
        for path in reads():
            query = QUERIES.get(path.removeprefix(API), {})
            answer = await api.client.get(path, params=query)
            assert answer.status_code == 200, (path, answer.text)
            assert (await api.store.tail(answer.headers[CURSOR], 10)).events == (), path
            assert answer.headers[CURSOR].partition("-")[0] == head.partition("-")[0]
        for path in set(NOT_OF_THE_LOG) - {f"{API}/live"}:
            answer = await api.client.get(path, params={"bot": "bot-1"})
            assert CURSOR not in answer.headers, path


async def test_the_stream_goes_on_where_the_answer_ends(backend: Backend, tmp_path: Path) -> None:
    """An answer, and what streams after its cursor: everything, each once, on each store."""
    clock = SystemClock()
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True)
    with ServerThread(settings, backend.make(tmp_path, clock), clock) as server:
        async with httpx.AsyncClient(
            base_url=server.url, headers={"x-api-key": KEY}, timeout=HANG_SECONDS
        ) as client:

            async def post(*numbers: int) -> None:
                events = [item(number) for number in numbers]
                await client.post(f"{API}/ingest/batch", json={"events": events})

            await post(1, 2)
            first = await client.get(f"{API}/feed")
            stream = await Sse.open(server.url, f"?after={first.headers[CURSOR]}")
            assert (await stream.event())["event"] == "hello"
            await post(3, 4)
            seen = [row["id"] for row in first.json()["items"]][::-1]
            for _ in range(2):
                told = await stream.event()
                seen.append(json.loads(told["data"])["row"]["id"])
            assert seen == [f"event-{number:06d}" for number in (1, 2, 3, 4)]
            second = await client.get(f"{API}/feed")
            assert int(second.headers[CURSOR].partition("-")[2]) >= int(
                told["id"].partition("-")[2]
            )
            stream.close()


async def test_who_sees_one_bot_gets_it_sealed_or_what_it_had_heard() -> None:
    """A bound key cannot compare cursors: it is told whether all that it heard is in."""
    store = MemoryStore()
    _, secret = await create_key(store, NOW, name="k", bot_id="bot-1", scopes=("read",))
    with ServerThread(config(limits=QUICK), store, FakeClock()) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
            stream = await Sse.open(server.url, x_api_key=secret)
            heard = (await stream.event())["id"]

            async def read(**headers: str) -> str:
                answer = await client.get(f"{API}/feed", headers={"x-api-key": secret, **headers})
                found: str = answer.headers[CURSOR]
                return found

            assert len(await read()) == 160
            assert await read() != await read()
            assert await read(**{HEARD: heard}) == heard
            events = [item(1, bot_id="bot-2"), item(2, bot_id="bot-1")]
            sent = {"events": events}
            await client.post(f"{API}/ingest/batch", json=sent, headers={"x-api-key": KEY})
            after = await read()
            newest = (await stream.event())["id"]
            assert await read(**{HEARD: heard}) == heard
            assert await read(**{HEARD: newest}) == newest
            for odd in ("nonsense", await store.head(), "A" * 160):
                assert await read(**{HEARD: odd}) not in (odd, newest)
            again = await Sse.open(server.url, f"?after={after}", x_api_key=secret)
            assert (await again.event())["event"] == "hello"
            assert (await again.event(silent=True)).get("event") is None
            for one in (stream, again):
                one.close()


async def test_an_answer_that_is_older_than_what_was_heard_says_so() -> None:
    """As of a server that is behind: the id does not come back, so the page reads again."""

    class Behind(MemoryStore):
        async def read_cursor(self) -> str:
            return await self.origin()

    async with running(store=Behind()) as server:
        _, secret = await create_key(
            server.store, NOW, name="k", bot_id="bot-1", scopes=("read", "ingest")
        )
        async with server.client(key=secret) as client:
            await client.post(f"{API}/ingest/batch", json={"events": [item(1)]})
            head = server.app.state.broadcaster.store
            seal = next(
                layer.kwargs["seal"]
                for layer in server.app.user_middleware
                if "seal" in layer.kwargs
            )
            heard = seal.seal(await head.head())
            answer = await client.get(f"{API}/feed", headers={HEARD: heard})
            assert answer.headers[CURSOR] != heard
            assert seal.open(answer.headers[CURSOR]) == await head.origin()


async def test_what_the_server_kept_from_an_earlier_answer_carries_that_ones_cursor() -> None:
    """Figures that are worked out now and then: as old as they are, so old is their cursor."""
    async with running() as server, server.client(key=KEY) as client:

        async def cursor(path: str) -> str:
            answer = await client.get(f"{API}/{path}")
            assert answer.status_code == 200
            found: str = answer.headers[CURSOR]
            return found

        async def keep(*events: dict[str, Any]) -> None:
            await client.post(f"{API}/ingest/batch", json={"events": list(events)})

        kept = ("metrics", "hold?coin=BTC")
        await keep(item(1, "account"), item(2, "status"))
        before = [await cursor(path) for path in kept]
        assert before == [await cursor("feed")] * 2
        await keep(item(3), item(4, "account"))
        assert [await cursor(path) for path in kept] == before
        assert await cursor("feed") not in before
        server.clock.advance(3_601)
        assert [await cursor(path) for path in kept] == [await cursor("feed")] * 2
