"""The live stream under faults: cuts, pruned history, slow readers, shutdown."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from motherhaven.server import Limits, ServerConfig, ServerThread
from motherhaven.server.auth.keys.api_keys import create_key, revoke_key
from motherhaven.server.auth.visible.cursor_seal import CursorSeal
from motherhaven.server.live import broadcaster
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.patience import HANG_SECONDS, until
from tests.serverkit import API, KEY, QUICK, Sse, item

pytestmark = pytest.mark.anyio


@pytest.fixture
def store() -> MemoryStore:
    """The store behind the server, at hand for pruning."""
    return MemoryStore()


@pytest.fixture
def server(store: MemoryStore) -> Iterator[ServerThread]:
    """A real server on a free port, open to this machine."""
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=QUICK)
    with ServerThread(settings, store, SystemClock()) as one:
        yield one


@pytest.fixture
def url(server: ServerThread) -> str:
    """The server's address."""
    return server.url


@asynccontextmanager
async def poster(url: str) -> AsyncIterator[Any]:
    """Posts numbered events."""
    async with httpx.AsyncClient(
        base_url=url, headers={"x-api-key": KEY}, timeout=HANG_SECONDS
    ) as client:

        async def post(first: int, last: int, kind: str = "decision", **changes: Any) -> None:
            for start in range(first, last + 1, 100):
                numbers = range(start, min(start + 100, last + 1))
                events = [item(number, kind, **changes) for number in numbers]
                answer = await client.post(f"{API}/ingest/batch", json={"events": events})
                assert {one["status"] for one in answer.json()["results"]} == {"stored"}

        yield post


async def numbers(stream: Sse, count: int) -> list[int]:
    """The numbers of the next decisions."""
    events = [await stream.event() for _ in range(count)]
    return [int(json.loads(one["data"])["row"]["id"][6:]) for one in events]


async def test_an_event_arrives_at_once_with_its_row() -> None:
    """hello first, then each kind under its own name, with the store's cursor as id.

    At once: it waits for no heartbeat, of which there is none here within the test.
    """
    limits = Limits(heartbeat_seconds=3_600)
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        await events_of_each_kind(server.url)


async def events_of_each_kind(url: str) -> None:
    """Post one event of each kind and read it."""
    stream = await Sse.open(url)
    assert stream.status == 200
    assert "cache-control: no-cache, no-transform" in stream.head
    hello = await stream.event()
    assert hello["event"] == "hello"
    assert hello["id"] == json.loads(hello["data"])["cursor"]
    async with poster(url) as post:
        await post(1, 1)
        one = await stream.event(skip=())
        data = json.loads(one["data"])
        assert (one["event"], one["id"]) == ("decision", data["cursor"])
        assert (data["kind"], data["bot_id"], data["row"]["coin"]) == ("decision", "bot-1", "BTC")
        assert "raw_response" not in data["row"]
        for number, kind in enumerate(("account", "status", "position_opened"), start=2):
            await post(number, number, kind)
            assert (await stream.event())["event"] == kind
    stream.close()


async def test_an_account_brings_the_marks_and_an_old_exit_its_row(url: str) -> None:
    """Positions come with the account; an exit without an id still names the row it closed."""
    stream = await Sse.open(url)
    mark = {"position_id": "p-1", "coin": "BTC", "size": "0.01", "entry_price": "1", "mark": "2",
            "leverage": "5", "unrealized_pnl": "0.01"}  # fmt: skip
    async with poster(url) as post:
        account = item(1, "account")
        await post(1, 1, "account", payload={**account["payload"], "positions": [mark]})
        await post(2, 3, "position_opened")
        await post(4, 4, "position_closed")
        await stream.event()
        marks = json.loads((await stream.event())["data"])["row"]["positions"]
        assert marks[0]["mark"] == "2"
        await stream.event()
        await stream.event()
        closed = json.loads((await stream.event())["data"])["row"]
        assert (closed["id"], closed["status"]) == ("event-000002", "closed")
    stream.close()


@pytest.mark.parametrize("way", ["header", "query"])
async def test_a_cut_stream_resumes_without_gap_or_repeat(url: str, way: str) -> None:
    """Last-Event-ID (or ?after=) gives exactly what was missed, then goes on live."""
    stream = await Sse.open(url)
    await stream.event()
    async with poster(url) as post:
        await post(1, 5)
        await numbers(stream, 4)
        last = (await stream.event())["id"]
        stream.close()
        await post(6, 700)
        again = await (
            Sse.open(url, last_event_id=last)
            if way == "header"
            else Sse.open(url, f"?after={last}")
        )
        assert (await again.event())["event"] == "hello"
        assert await numbers(again, 695) == list(range(6, 701))
        await post(701, 720)
        assert await numbers(again, 20) == list(range(701, 721))
        again.close()


async def test_resuming_while_events_pour_in_loses_nothing(url: str) -> None:
    """The change from the store to the broadcast is seamless under load, for many clients."""
    start = await Sse.open(url)
    cursor = (await start.event())["id"]
    start.close()
    async with poster(url) as post:
        pouring = asyncio.ensure_future(post(1, 1_500))
        streams = []
        for _ in range(8):
            streams.append(await Sse.open(url, last_event_id=cursor))
            await asyncio.sleep(0)
        for stream in streams:
            await stream.event()
        got = await asyncio.gather(*(numbers(stream, 1_500) for stream in streams))
        await pouring
    assert all(one == list(range(1, 1_501)) for one in got)
    _ = [stream.close() for stream in streams]


@pytest.mark.parametrize("cursor", ["nonsense", "0123abcd-7", None])
async def test_history_that_is_gone_is_a_reset(
    server: ServerThread, store: MemoryStore, cursor: str | None, monkeypatch: Any
) -> None:
    """A pruned or foreign cursor gives `reset` with a cursor that works, then live events."""
    url = server.url
    monkeypatch.setattr(broadcaster, "LINGER_SECONDS", 0)  # else the server itself has them still
    async with poster(url) as post:
        first = await Sse.open(url)
        hello = await first.event()
        first.close()
        # While a stream is there the broadcaster keeps what is posted and would need no reset.
        await until(lambda: server.broadcaster.streams == 0, "the end of the first stream")
        await post(1, 3)
        if cursor is None:
            cursor = hello["id"]
            assert await store.prune(SystemClock().now()) == 3
        stream = await Sse.open(url, last_event_id=cursor)
        await stream.event()
        reset = await stream.event()
        assert reset["event"] == "reset"
        assert reset["id"] == json.loads(reset["data"])["cursor"] == await store.head()
        await post(4, 4)
        assert await numbers(stream, 1) == [4]
        stream.close()


async def test_silence_is_filled_with_heartbeats(url: str) -> None:
    """A page can tell a quiet server from a dead one: an event it can see, with the time."""
    stream = await Sse.open(url)
    await stream.event()
    beat = await stream.event(skip=())
    assert beat["event"] == "heartbeat"
    assert "server_time" in json.loads(beat["data"])
    assert "id" not in beat
    stream.close()


async def test_a_stream_that_falls_out_of_the_history_reads_the_store() -> None:
    """With a history of a few messages, streams far behind still get everything in order."""
    limits = Limits(history_messages=5, heartbeat_seconds=60)
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        streams = [await Sse.open(server.url) for _ in range(4)]
        for stream in streams:
            await stream.event()
        async with poster(server.url) as post:
            await post(1, 600)
            got = await asyncio.gather(*(numbers(stream, 600) for stream in streams))
        assert all(one == list(range(1, 601)) for one in got)
        _ = [stream.close() for stream in streams]


async def test_two_hundred_streams_come_and_go() -> None:
    """Every stream that a client leaves is freed, task and all."""
    with ServerThread(
        ServerConfig(port=0, api_key=KEY, open_reading=True, limits=QUICK),
        MemoryStore(),
        SystemClock(),
    ) as server:
        for _ in range(10):
            streams = await asyncio.gather(*(Sse.open(server.url) for _ in range(20)))
            assert {stream.status for stream in streams} == {200}
            for stream in streams:
                stream.close()
        await until(lambda: server.broadcaster.streams == 0)


async def test_streams_beyond_the_cap_are_told_to_come_later() -> None:
    """The cap answers 503 with Retry-After; a place that becomes free is given away."""
    limits = Limits(streams=2, heartbeat_seconds=0.2)
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        streams = [await Sse.open(server.url) for _ in range(2)]
        third = await Sse.open(server.url)
        assert third.status == 503
        assert "retry-after: 5" in third.head
        streams[0].close()
        await until(lambda: server.broadcaster.streams == 1)
        assert (await Sse.open(server.url)).status == 200


async def test_signing_out_ends_open_streams() -> None:
    """A revoked session loses its stream at once, not at the next heartbeat."""
    settings = ServerConfig(port=0, api_key=KEY, limits=Limits(heartbeat_seconds=60))
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
            await client.post(f"{API}/login", json={"key": KEY})
            cookie = f"motherhaven_session={client.cookies['motherhaven_session']}"
            assert (await Sse.open(server.url)).status == 401
            stream = await Sse.open(server.url, cookie=cookie)
            other = await Sse.open(server.url, x_api_key=KEY)
            assert (await stream.event())["event"] == "hello"
            await client.post(f"{API}/logout")
            with pytest.raises(EOFError):
                await stream.event()
            async with poster(server.url) as post:
                await post(1, 1)
            await other.event()
            assert await numbers(other, 1) == [1]


@pytest.mark.parametrize("way", ["key", "session"])
async def test_a_bound_key_s_stream_brings_its_own_bot_alone(way: str) -> None:
    """From the broadcaster, the store and on resuming; at a heartbeat it passes the others."""
    store = MemoryStore()
    settings = ServerConfig(port=0, api_key=KEY, limits=QUICK)
    _, secret = await create_key(
        store, SystemClock().now(), name="friend", bot_id="bot-1", scopes=("read",)
    )
    with ServerThread(settings, store, SystemClock()) as server:
        async with (
            poster(server.url) as post,
            httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client,
        ):
            headers = {"x_api_key": secret}
            if way == "session":
                await client.post(f"{API}/login", json={"key": secret})
                cookies = [f"{name}={value}" for name, value in client.cookies.items()]
                headers = {"cookie": cookies[0]}
            stream = await Sse.open(server.url, **headers)
            hello = await stream.event()
            await post(1, 3, bot_id="bot-2")
            await post(4, 4)
            assert await numbers(stream, 1) == [4]
            again = await Sse.open(server.url, f"?after={hello['id']}", **headers)
            assert (await again.event())["event"] == "hello"
            assert await numbers(again, 1) == [4]
            await post(5, 305, bot_id="bot-2")
            await (seal := CursorSeal(store, bytes)).ready()
            newest = await store.head()
            while seal.open((await stream.event(silent=True)).get("id", "")) != newest:
                pass
            await post(306, 306)
            assert await numbers(stream, 1) == [306]


async def test_a_revoked_key_s_session_loses_its_stream() -> None:
    """Within the time in which every server hears of it, however quiet the stream is."""
    store = MemoryStore()
    settings = ServerConfig(port=0, api_key=KEY, limits=Limits(heartbeat_seconds=60))
    key, secret = await create_key(
        store, SystemClock().now(), name="friend", bot_id=None, scopes=("read",)
    )
    with ServerThread(settings, store, SystemClock()) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
            await client.post(f"{API}/login", json={"key": secret})
            cookie = f"motherhaven_session={client.cookies['motherhaven_session']}"
            stream = await Sse.open(server.url, cookie=cookie)
            assert (await stream.event())["event"] == "hello"
            await revoke_key(store, SystemClock().now(), key.id)
            with pytest.raises(EOFError):
                await stream.event()
            assert (await Sse.open(server.url, cookie=cookie)).status == 401


async def test_a_refusal_is_told_live_by_every_server_of_the_store(store: MemoryStore) -> None:
    """At once by the server that refused, with the next heartbeat by its neighbours; no id."""
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=QUICK)
    with (
        ServerThread(settings, store, SystemClock()) as one,
        ServerThread(settings, store, SystemClock()) as two,
    ):
        streams = [await Sse.open(server.url) for server in (one, two)]
        for stream in streams:
            assert (await stream.event())["event"] == "hello"
            await stream.event(skip=())  # its first heartbeat: the errors of before are known
            await stream.event(skip=())
        async with httpx.AsyncClient(
            base_url=one.url, headers={"x-api-key": KEY}, timeout=HANG_SECONDS
        ) as client:
            answer = await client.post(f"{API}/ingest/decision", json={"coin": "BTC"})
            assert answer.status_code == 422
        for stream in streams:
            told = await stream.event()
            assert (told["event"], told.get("id")) == ("rejected", None)
            stream.close()
