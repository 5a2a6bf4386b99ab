"""Slow, silent and malformed clients: whoever has a key is served beside any number of them."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from motherhaven.server import Limits, ServerConfig, ServerThread
from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.faults.server.sockets import Pair, answer, connect, half_requests, head, post
from tests.patience import HANG_SECONDS, within
from tests.serverkit import API, KEY, item
from tests.unit.server.test_server_access import routes
from tests.unit.server.test_server_headers import WANTED

pytestmark = pytest.mark.anyio

SOCKETS = 500
NO_WAIT = "/commands?after=0&wait=0"
"""Else a bot's question for commands is answered when some are there, or after 25 s."""


@pytest.fixture
def url() -> Iterator[str]:
    """A server with the limits that it has in use."""
    with ServerThread(ServerConfig(port=0, api_key=KEY), MemoryStore(), SystemClock()) as server:
        yield server.url


@pytest.fixture
def quick_url() -> Iterator[str]:
    """A server that answers a wrong key without a pause."""
    settings = ServerConfig(port=0, api_key=KEY, limits=Limits(wrong_key_hold_seconds=0.0))
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        yield server.url


async def hang(url: str, starts: list[bytes], count: int) -> list[Pair]:
    """Sockets that send a start of a request each, and then nothing."""
    pairs = []
    for number in range(count):
        pair = await connect(url)
        pair[1].write(starts[number % len(starts)])
        pairs.append(pair)
    return pairs


@pytest.mark.parametrize("kind", ["all", "login", "ingest with the key"])
async def test_five_hundred_hanging_sockets_stop_nobody(url: str, kind: str) -> None:
    """Posts, reads, sign-in and health are 200 while they hang and drip; never a 503."""
    starts = half_requests()
    if kind != "all":
        wanted = b"/login" if kind == "login" else f"x-api-key: {KEY}".encode()
        starts = [one for one in starts if wanted in one]
    assert starts
    pairs = await hang(url, starts, SOCKETS)
    try:
        async with httpx.AsyncClient(base_url=url, timeout=HANG_SECONDS) as client:
            for number in range(20):
                for _, writer in pairs[number::20]:
                    writer.write(b"a")
                assert (await post(client)).status_code == 200
                assert (await client.post(f"{API}/login", json={"key": KEY})).status_code == 200
                assert (await client.get(f"{API}/bots")).status_code == 200
                assert (await client.get("/healthz")).status_code == 200
                assert (await client.get("/readyz")).status_code == 200
    finally:
        for _, writer in pairs:
            writer.close()


async def test_an_unfinished_login_makes_room_for_the_next() -> None:
    """Of those of one address the oldest is told 408, soon; the others end by their deadline."""
    limits = Limits(requests=32, login_body_seconds=0.5)
    settings = ServerConfig(port=0, api_key=KEY, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        start = head("POST", f"{API}/login", "Content-Length: 99") + b"k"
        pairs = await hang(server.url, [start], 5)
        for pair in pairs:
            status, headers, body = await answer(pair)
            assert (status, json.loads(body)["error"]["code"]) == (408, "too_slow")
            assert {name: headers.get(name) for name in WANTED} == WANTED
            assert await within(pair[0].read()) == b""
            pair[1].close()


async def test_one_key_s_unfinished_bodies_are_its_own_affair() -> None:
    """A bound key with hundreds of half bodies; the owner and another bot's key go on."""
    store = MemoryStore()
    now = SystemClock().now()
    _, mine = await create_key(store, now, name="a", bot_id="bot-a", scopes=("ingest",))
    _, other = await create_key(store, now, name="b", bot_id="bot-b", scopes=("ingest",))
    with ServerThread(ServerConfig(port=0, api_key=KEY), store, SystemClock()) as server:
        start = head("POST", f"{API}/ingest/batch", f"x-api-key: {mine}", "Content-Length: 99")
        pairs = await hang(server.url, [start + b"{"], 300)
        async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
            for key, bot in ((KEY, "bot-1"), (other, "bot-b"), (mine, "bot-a")):
                for number in range(5):
                    events = [item(number, bot_id=bot, event_id=f"event-{bot}-{number}")]
                    told = await client.post(
                        f"{API}/ingest/batch", json={"events": events}, headers={"x-api-key": key}
                    )
                    assert told.status_code == 200, (bot, told.text)
        for _, writer in pairs:
            writer.close()


async def test_empty_lines_keep_no_connection() -> None:
    """Neither before the first head nor between requests on a kept connection."""
    limits = Limits(header_seconds=0.3)
    settings = ServerConfig(port=0, api_key=KEY, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        fresh, kept = await connect(server.url), await connect(server.url)
        kept[1].write(head("GET", "/healthz"))
        assert (await answer(kept))[0] == 200
        ends = [asyncio.ensure_future(_end_of(pair)) for pair in (fresh, kept)]
        while not all(one.done() for one in ends):
            for _, writer in (fresh, kept):
                if not writer.is_closing():
                    writer.write(b"\r\n")
            await asyncio.wait(ends, timeout=0.02)


async def _end_of(pair: Pair) -> None:
    try:
        await within(pair[0].read())
    except ConnectionError:
        pass
    finally:
        pair[1].close()


@pytest.mark.parametrize("way", ["length", "chunked"])
@pytest.mark.parametrize("megabytes", [2, 7, 30, 150])
@pytest.mark.parametrize("route", ["ingest/batch", "login"])
async def test_a_body_that_is_too_large_gets_a_413_that_can_be_read(
    url: str, way: str, megabytes: int, route: str
) -> None:
    """However large: the sender reads our JSON, also if it sends all before it looks."""
    piece = b" " * (1 << 20)
    size = megabytes << 20
    framing = f"Content-Length: {size}" if way == "length" else "Transfer-Encoding: chunked"
    pair = await connect(url)
    writer = pair[1]
    writer.write(head("POST", f"{API}/{route}", f"x-api-key: {KEY}", framing))
    for _ in range(megabytes):
        writer.write(piece if way == "length" else b"%x\r\n%b\r\n" % (len(piece), piece))
        await writer.drain()
    if way == "chunked":
        writer.write(b"0\r\n\r\n")
    status, headers, body = await answer(pair)
    assert (status, headers["content-type"]) == (413, "application/json")
    assert json.loads(body)["error"]["code"] == "too_large"
    assert {name: headers.get(name) for name in WANTED} == WANTED
    writer.close()


MALFORMED = {
    "no http": b"NOT HTTP\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "bad version": b"GET / HTTP/9.9\r\n\r\n",
    "space in a name": b"GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n",
    "nul in a value": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
    "nul in the path": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "encoded nul in the path": b"GET /llm%00bot HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw bytes in the query": b"GET /api/llm-bot/feed?coin=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunked": head("POST", "/", "Content-Length: 1", "Transfer-Encoding: chunked"),
    "negative length": head("POST", "/", "Content-Length: -1"),
    "odd length": head("POST", "/", "Content-Length: 1e3"),
    "odd chunk": head("POST", f"{API}/login", "Transfer-Encoding: chunked") + b"zz\r\n",
    "asterisk": b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute": b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "long head": b"GET / HTTP/1.1\r\n" + b"A: " + b"a" * 70_000,
    "head of websocket": head(
        "GET", f"{API}/live", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"
    ),
    "unknown method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "trace": head("TRACE", f"{API}/bots"),
}


@pytest.mark.parametrize("kind", sorted(MALFORMED))
async def test_malformed_requests_are_answered_with_our_headers(url: str, kind: str) -> None:
    """Whoever writes the answer, parser or application: 4xx, our headers, our JSON or page."""
    pair = await connect(url)
    pair[1].write(MALFORMED[kind])
    status, headers, _ = await answer(pair)
    assert 400 <= status < 500
    assert {name: headers.get(name) for name in WANTED} == WANTED
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "cache-control" in headers
    assert "server" not in headers
    pair[1].close()


async def test_every_route_has_the_headers_over_a_socket(quick_url: str) -> None:
    """The route table × methods, with and without the key; a stream too."""
    for method, path in [*routes(), ("OPTIONS", "*"), ("GET", "/nothing.js"), ("GET", "/api/x")]:
        for key in (KEY, "wrong"):
            for verb in {method, "HEAD", "OPTIONS", "DELETE"}:
                pair = await connect(quick_url)
                address = path.replace("{path:path}", "llm-bot").replace("/commands", NO_WAIT)
                pair[1].write(head(verb, address, f"x-api-key: {key}"))
                text = (await within(pair[0].readuntil(b"\r\n\r\n"))).decode()
                lines = text.strip().split("\r\n")[1:]
                headers = dict(line.lower().split(": ", 1) for line in lines)
                wanted = {name: value.lower() for name, value in WANTED.items()}
                if (verb, path) == ("GET", f"{API}/shared"):  # its address holds a secret
                    wanted["referrer-policy"] = "no-referrer"
                assert {name: headers.get(name) for name in WANTED} == wanted, (verb, path, key)
                pair[1].close()
