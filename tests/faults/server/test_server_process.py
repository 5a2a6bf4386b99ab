"""The server as a process: signals, ports, drips and floods."""

import asyncio
import json
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.server import Limits, ServerConfig, ServerThread
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.patience import HANG_SECONDS, figure, within
from tests.serverkit import API, KEY, SHORT, Sse, decision, item

pytestmark = pytest.mark.anyio

SCRIPT = Path(__file__).with_name("serve_process.py")


@contextmanager
def process(store_url: str, *death: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server process and its address; killed at the end whatever happens."""
    command = [sys.executable, str(SCRIPT), store_url, KEY, *death]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as one:
        try:
            assert one.stdout is not None
            url = one.stdout.readline().strip()
            assert url.startswith("http://localhost:")
            yield one, url
        finally:
            one.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.figures
async def test_a_signal_ends_it_whatever_is_open(stop: signal.Signals) -> None:
    """With streams open, a body half sent and an idle connection, it still closes its store.

    None of the three waits for the others' end. That it takes at most 3 s is a figure.
    """
    with process("memory:") as (one, url):
        streams = [await Sse.open(url) for _ in range(20)]
        half = socket.create_connection(("127.0.0.1", httpx.URL(url).port))
        head = f"POST {API}/ingest/status HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
        half.sendall(f"{head}Content-Length: 99\r\n\r\n{{".encode())
        idle = socket.create_connection(("127.0.0.1", httpx.URL(url).port))
        began = time.monotonic()
        one.send_signal(stop)
        rest, _ = await asyncio.to_thread(one.communicate, timeout=HANG_SECONDS)
        figure("seconds from a signal to the end", time.monotonic() - began, 3.0)
        assert (one.returncode, rest) == (0, "closed\n")
        assert (await streams[0].event())["event"] == "hello"
        with pytest.raises(EOFError):
            await streams[0].event()
        half.close()
        idle.close()


def post(url: str, number: int) -> list[str]:
    """The verdicts on a small batch."""
    events = [item(number), item(number + 1)]
    answer = httpx.post(
        f"{url}{API}/ingest/batch", json={"events": events}, headers={"x-api-key": KEY}
    )
    return [one["status"] for one in answer.json()["results"]]


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """SIGKILL right after each answer: the next process has the events, and none twice."""
    store = f"sqlite:///{tmp_path}/server.db"
    for number in range(1, 7, 2):
        with process(store) as (one, url):
            assert post(url, number) == ["stored", "stored"]
            one.kill()
            one.wait()
    with process(store) as (one, url):
        assert [post(url, number) for number in (1, 3, 5)] == [["duplicate"] * 2] * 3
        rows = httpx.get(f"{url}{API}/decisions", timeout=HANG_SECONDS).json()
        assert [row["id"] for row in rows] == [f"event-{n:06d}" for n in range(6, 0, -1)]


@pytest.mark.parametrize(("death", "then"), [("before", "stored"), ("after", "duplicate")])
def test_a_kill_around_the_commit_is_mended_by_sending_again(
    tmp_path: Path, death: str, then: str
) -> None:
    """No answer comes; sent again, what was lost is stored and what was kept is a duplicate."""
    store = f"sqlite:///{tmp_path}/server.db"
    with process(store, death) as (one, url):
        with pytest.raises(httpx.TransportError):
            post(url, 1)
        assert one.wait(HANG_SECONDS) == -signal.SIGKILL
    with process(store) as (one, url):
        assert post(url, 1) == [then, then]
        assert len(httpx.get(f"{url}{API}/decisions", timeout=HANG_SECONDS).json()) == 2


async def test_a_stream_resumes_over_a_restart(tmp_path: Path) -> None:
    """A cursor from before a SIGKILL is good for the next process: no reset, no gap."""
    store = f"sqlite:///{tmp_path}/server.db"
    with process(store) as (one, url):
        stream = await Sse.open(url)
        cursor = (await stream.event())["id"]
        await asyncio.to_thread(post, url, 1)
        one.kill()
    with process(store) as (one, url):
        await asyncio.to_thread(post, url, 3)
        again = await Sse.open(url, last_event_id=cursor)
        await again.event()
        ids = [json.loads((await again.event())["data"])["row"]["id"] for _ in range(4)]
        assert ids == [f"event-{n:06d}" for n in range(1, 5)]
        again.close()


def test_a_port_in_use_is_told_with_the_fix() -> None:
    """Before anything starts: which port, how to find who has it, what else to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port} .*in use.*--port"):
            ServerThread(ServerConfig(port=port), MemoryStore(), SystemClock()).start()


def test_an_address_of_another_machine_is_told() -> None:
    """No traceback for a wrong --host."""
    for host in ("203.0.113.77", "no-such-host.invalid"):
        config = ServerConfig(host=host, port=0, api_key=KEY)
        with pytest.raises(ConfigError, match="not an address of this machine"):
            ServerThread(config, MemoryStore(), SystemClock()).start()


def test_localhost_means_both_families() -> None:
    """A browser that tries ::1 first finds the server too, where the machine has IPv6."""
    with ServerThread(ServerConfig(host="localhost", port=0), MemoryStore(), SystemClock()) as one:
        port = httpx.URL(one.url).port
        assert (
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=HANG_SECONDS).status_code == 200
        )
        if socket.has_ipv6 and _has_v6_loopback():
            assert (
                httpx.get(f"http://[::1]:{port}/healthz", timeout=HANG_SECONDS).status_code == 200
            )


def _has_v6_loopback() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


DRIPS = 500
HEAD = f"POST {API}/ingest/status HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
STARTS = [b"", b"GET / HTTP/1.1\r\nX-Drip: ", f"{HEAD}Content-Length: 99\r\n\r\n".encode()]
Drip = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_drips(url: str) -> list[Drip]:
    """Sockets that have begun a head or a body, or nothing yet."""
    drips = []
    for number in range(DRIPS):
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(STARTS[number % 3])
        drips.append((reader, writer))
    return drips


@pytest.mark.figures
async def test_dripping_sockets_do_not_stop_ingest() -> None:
    """Five hundred sockets that drip heads and bodies: every post goes through.

    How fast posts are, compared with the same posts before, is a figure.
    """
    settings = ServerConfig(port=0, api_key=KEY)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        body = json.dumps(decision())
        headers = {"x-api-key": KEY, "content-type": "application/json"}
        alone = await posts(server.url, headers, body, [])
        drips = await open_drips(server.url)
        among = await posts(server.url, headers, body, drips)
        figure("median post among drips / alone", among / alone, 10 + 0.1 / alone)
        for _, writer in drips:
            writer.close()


async def test_dripping_sockets_come_to_an_end() -> None:
    """A head and a body have their time as a whole: each of five hundred is ended."""
    settings = ServerConfig(port=0, api_key=KEY, limits=SHORT)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        drips = await open_drips(server.url)
        ending = asyncio.gather(*(ended(*drip) for drip in drips))
        while not ending.done():
            for _, writer in drips[1:]:
                if not writer.is_closing():
                    writer.write(b"a")
            await asyncio.wait({ending}, timeout=0.02)
        assert len(ending.result()) == DRIPS


async def posts(url: str, headers: dict[str, str], body: str, drips: list[Drip]) -> float:
    """The median seconds of thirty posts, before each of which every drip drips."""
    taken = []
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=HANG_SECONDS) as client:
        for _ in range(30):
            for _, writer in drips[1:]:
                writer.write(b"a")
            began = time.monotonic()
            answer = await client.post(f"{API}/ingest/decision", content=body)
            taken.append(time.monotonic() - began)
            assert answer.status_code == 200
    return statistics.median(taken)


async def test_a_slow_body_is_told_so() -> None:
    """A body has a deadline as a whole, however lively its bytes are: 408, then the end."""
    settings = ServerConfig(port=0, api_key=KEY, limits=SHORT)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(server.url).port)
        head = f"POST {API}/ingest/status HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        answering = asyncio.ensure_future(ended(reader, writer))
        while not answering.done():
            writer.write(b"1\r\n \r\n")
            await asyncio.wait({answering}, timeout=0.02)
        assert b" 408 " in answering.result().split(b"\r\n")[0]
        assert b'"too_slow"' in answering.result()


async def ended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Everything until the server closes the connection."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x02\x00", b"NOT HTTP\r\n\r\n", b"A" * 100_000])
async def test_what_is_not_http_is_dropped(junk: bytes) -> None:
    """TLS on a plain port, garbage and endless heads end the connection and nothing else."""
    with ServerThread(ServerConfig(port=0, limits=SHORT), MemoryStore(), SystemClock()) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(server.url).port)
        writer.write(junk)
        answer = await within(ended(reader, writer))
        assert answer == b"" or b" 400 " in answer.split(b"\r\n")[0]
        async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
            assert (await client.get("/healthz")).status_code == 200


async def test_endless_headers_are_cut_off() -> None:
    """A head beyond its bound is not kept in memory, and the client is told."""
    with ServerThread(ServerConfig(port=0), MemoryStore(), SystemClock()) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(server.url).port)
        writer.write(b"GET / HTTP/1.1\r\n" + b"X-A: " + b"a" * 64 * 1024)
        answer = await within(ended(reader, writer))
        assert b" 431 " in answer.split(b"\r\n")[0]


async def test_connections_beyond_the_cap_take_the_place_of_idle_ones() -> None:
    """The one that has waited longest without a request goes; where all work, 503 it is."""
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=Limits(connections=3))
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        port = httpx.URL(server.url).port
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        streams = []
        for number in range(3):
            streams.append(await Sse.open(server.url))
            assert streams[-1].status == 200
            assert await within(ended(*idle[number])) == b""
        refused = await within(
            ended(*await asyncio.open_connection("127.0.0.1", port)), HANG_SECONDS
        )
        assert b" 503 " in refused.split(b"\r\n")[0]
        for stream in streams:
            assert (await stream.event())["event"] == "hello"
            stream.close()
