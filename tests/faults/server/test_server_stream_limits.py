"""Streams: none takes all of them, and what a client does not read costs little and ends."""

import json
import socket
from contextlib import suppress
from typing import Any

import httpx
import pytest

from motherhaven.server import Limits, ServerConfig, ServerThread
from motherhaven.server.admission.callers import Caller, CallerKind
from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.server.live.broadcaster import BLOCK_BYTES
from motherhaven.server.live.places import StreamPlaces
from motherhaven.server.wire.problems import Problem
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.faults.server.stalls import SEND_FOREVER, connections, end_patience, held, stalled
from tests.patience import HANG_SECONDS, count_calls, until
from tests.serverkit import API, KEY, Sse, item

pytestmark = pytest.mark.anyio


def taken(places: StreamPlaces, caller: Caller, tries: int) -> int:
    """How many of so many streams the caller gets."""
    count = 0
    for _ in range(tries):
        with suppress(Problem):
            places.take(caller)
            count += 1
    return count


def test_shares_of_streams() -> None:
    """By key, by session, by address, all keys together, all programs; the owner has a rest."""
    key = [
        Caller(CallerKind.KEY, f"192.0.2.{n % 5}", key_id=f"key-{n}", session=None)
        for n in range(40)
    ]
    session = Caller(CallerKind.KEY, "192.0.2.1", key_id="key-0", session="s")
    signed_in = Caller(CallerKind.OWNER, "192.0.2.1", session="owner")
    program = Caller(CallerKind.OWNER, "192.0.2.1")
    assert taken(StreamPlaces(Limits()), session, 1_000) == 32
    assert taken(StreamPlaces(Limits()), key[0], 1_000) == 64
    places = StreamPlaces(Limits())
    assert taken(places, session, 40) + taken(places, key[0], 1_000) == 64, "a key and its sessions"
    places = StreamPlaces(Limits())
    assert sum(taken(places, one, 100) for one in key) == 600
    assert taken(places, program, 1_000) == 300, "a tenth is left for people"
    assert taken(places, signed_in, 1_000) == 32
    assert taken(StreamPlaces(Limits()), program, 1_000) == 600
    one_network = [Caller(CallerKind.OWNER, f"2001:db8::{n:x}") for n in range(1_000)]
    places = StreamPlaces(Limits())
    assert sum(taken(places, one, 1) for one in one_network) == 600


def test_places_are_given_back_and_nothing_is_remembered() -> None:
    """A thousand streams that come and go leave no trace."""
    places = StreamPlaces(Limits(streams_of_key=1))
    for number in range(1_000):
        caller = Caller(CallerKind.KEY, f"10.0.{number // 250}.{number % 250}", f"key-{number}")
        give = places.take(caller)
        with pytest.raises(Problem, match="this key"):
            places.take(caller)
        give()
    assert places._taken._taken == {}


async def test_a_bound_key_that_wants_a_thousand_streams_leaves_the_owner_its_own() -> None:
    """429 in our form with Retry-After for the rest; others open theirs; closed ones are free."""
    store = MemoryStore()
    now = SystemClock().now()
    _, bound = await create_key(store, now, name="a", bot_id="bot-1", scopes=("read",))
    _, other = await create_key(store, now, name="b", bot_id=None, scopes=("read",))
    limits = Limits(streams=100, streams_of_key=20, heartbeat_seconds=0.2)
    settings = ServerConfig(port=0, api_key=KEY, limits=limits)
    with ServerThread(settings, store, SystemClock()) as server:
        streams = [await Sse.open(server.url, x_api_key=bound) for _ in range(200)]
        assert [one.status for one in streams] == [200] * 20 + [429] * 180
        refused = streams[-1]
        assert "retry-after: 5" in refused.head
        length = int(refused.head.lower().partition("content-length: ")[2].split("\r\n")[0])
        error = json.loads(await refused.reader.readexactly(length))["error"]
        assert error["code"] == "too_many_streams_of_one"
        assert "20 streams" in error["message"]
        for key in (KEY, other):
            one = await Sse.open(server.url, x_api_key=key)
            assert (one.status, (await one.event())["event"]) == (200, "hello")
            one.close()
        async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
            await client.post(f"{API}/login", json={"key": KEY})
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        signed_in = await Sse.open(server.url, cookie=cookie)
        assert signed_in.status == 200
        for one in streams:
            one.close()
        await until(lambda: server.broadcaster.streams == 1)
        assert (await Sse.open(server.url, x_api_key=bound)).status == 200


STALLED = 40


@pytest.mark.parametrize("way", ["live", "from the store"])
async def test_stalled_streams_hold_little_and_are_dropped(way: str) -> None:
    """Forty clients that never read: bytes held for each bounded, then dropped, then nothing."""
    limits = Limits(heartbeat_seconds=0.2, send_seconds=SEND_FOREVER, history_messages=50)
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        cursor = await server.broadcaster.store.head()
        long = {**item(1)["payload"], "justification": "x" * 9_000}
        auth = {"x-api-key": KEY}
        async with httpx.AsyncClient(
            base_url=server.url, headers=auth, timeout=HANG_SECONDS
        ) as client:
            count = 400
            if way == "from the store":
                await send(client, 1, count, long)
            clients = [stall(server.url, cursor) for _ in range(STALLED)]
            await until(lambda: server.broadcaster.streams == STALLED, "every stream")
            if way == "live":
                await send(client, 1, count, long)
            await until(lambda: len(stalled(server)) == STALLED, "a stall of every stream")
            bytes_held = [held(one) for one in stalled(server)]
            assert min(bytes_held) > 0, "the clients were not so slow after all"
            assert max(bytes_held) <= 4 * BLOCK_BYTES
            end_patience(server)
            await until(lambda: server.broadcaster.streams == 0, "the end of every stream")
            await until(lambda: not any(map(held, connections(server))), "nothing held")
            whole = await Sse.open(server.url, f"?after={cursor}")
            for number in range(count + 1):
                event = await whole.event()
                name = f"event-{number:06d}" if number else "hello"
                assert name in (event["event"], json.loads(event["data"]).get("row", {}).get("id"))
            whole.close()
        for one in clients:
            one.close()


async def test_a_stalled_stream_is_dropped_when_its_time_is_over() -> None:
    """By the server's own timer, without anybody's help."""
    limits = Limits(heartbeat_seconds=0.2, send_seconds=0.3)
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        begun = count_calls(server.broadcaster, "join")
        one = stall(server.url, await server.broadcaster.store.head())
        await until(lambda: begun() == 1, "the stream")
        long = {**item(1)["payload"], "justification": "x" * 9_000}
        headers = {"x-api-key": KEY}
        async with httpx.AsyncClient(
            base_url=server.url, headers=headers, timeout=HANG_SECONDS
        ) as client:
            await send(client, 1, 400, long)
        await until(lambda: server.broadcaster.streams == 0, "the end of the stream")
        one.close()


def stall(url: str, after: str) -> socket.socket:
    """A client that asks for a stream and never reads."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    one.connect(("127.0.0.1", httpx.URL(url).port))
    query = f"?after={after}" if after else ""
    one.sendall(f"GET {API}/live{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return one


async def send(client: httpx.AsyncClient, first: int, last: int, payload: dict[str, Any]) -> None:
    """Numbered decisions, in batches."""
    for start in range(first, last + 1, 100):
        events = [item(n, payload=payload) for n in range(start, min(start + 100, last + 1))]
        told = await client.post(f"{API}/ingest/batch", json={"events": events})
        assert {one["status"] for one in told.json()["results"]} == {"stored"}
