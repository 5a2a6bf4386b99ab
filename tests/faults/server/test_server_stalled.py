"""Clients that stop reading: dropped, in nobody's way, and able to resume."""

import asyncio
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from motherhaven.server import Limits, ServerConfig, ServerThread
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.faults.server.stalls import SEND_FOREVER, end_patience, stalled
from tests.faults.server.test_server_stream import numbers, poster
from tests.patience import HANG_SECONDS, until
from tests.serverkit import API, KEY, Sse, item

pytestmark = pytest.mark.anyio

READER = """
import http.client, sys, urllib.request
headers = {"Last-Event-ID": sys.argv[2]} if sys.argv[2] else {}
request = urllib.request.Request(sys.argv[1], headers=headers)
name = b""
try:
    with urllib.request.urlopen(request, timeout=120) as stream:
        for line in stream:
            if line.startswith(b"id: "):
                name = line[4:].strip()
            elif line == b"\\n" and name:  # a message counts when it is whole
                print(name.decode(), flush=True)
                name = b""
except (OSError, http.client.HTTPException):
    pass
print("cut", flush=True)
"""


async def test_a_reader_that_stops_is_dropped_and_others_go_on() -> None:
    """A stalled client costs bounded memory and delays nobody."""
    limits = Limits(heartbeat_seconds=0.2, send_seconds=SEND_FOREVER)
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        place = httpx.URL(server.url)
        silent = socket.socket()
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        silent.connect(("127.0.0.1", place.port))
        silent.sendall(f"GET {API}/live HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        lively = await Sse.open(server.url)
        await lively.event()
        await until(lambda: server.broadcaster.streams == 2)
        async with poster(server.url) as post:
            long = {**item(1)["payload"], "justification": "x" * 9_000}
            reading = asyncio.ensure_future(numbers(lively, 900))
            await post(1, 900, payload=long)
            assert await reading == list(range(1, 901))
        await until(lambda: len(stalled(server)) == 1, "the stall")
        end_patience(server)
        await until(lambda: server.broadcaster.streams == 1, "the end of the stalled stream alone")
        silent.close()
        lively.close()


def follow(url: str, last: str) -> subprocess.Popen[str]:
    """A client in a process of its own, which prints the id of each message, then "cut"."""
    command = [sys.executable, "-c", READER, f"{url}{API}/live", last]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_a_stopped_process_is_dropped_and_resumes_where_it_was() -> None:
    """SIGSTOP: the server lets go of it; continued, it reads what it had, then all the rest."""
    limits = Limits(heartbeat_seconds=0.2, send_seconds=SEND_FOREVER)
    settings = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=limits)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        with follow(server.url, "") as one:
            assert one.stdout is not None
            told = [await asyncio.to_thread(one.stdout.readline)]
            one.send_signal(signal.SIGSTOP)
            try:
                async with poster(server.url) as post:
                    long = {**item(1)["payload"], "justification": "x" * 9_000}
                    await post(1, 1_500, payload=long)
                    await until(lambda: len(stalled(server)) == 1, "the stall")
                    end_patience(server)
                    await until(lambda: server.broadcaster.streams == 0, "the end of the stream")
            finally:
                one.send_signal(signal.SIGCONT)
            rest, _ = await asyncio.to_thread(one.communicate, timeout=HANG_SECONDS)
            told += rest.split()
            assert told.pop() == "cut"
            assert len(told) < 1_501, "it was not so slow after all"
        with follow(server.url, told[-1].strip()) as two:
            assert two.stdout is not None
            assert (await asyncio.to_thread(two.stdout.readline)).strip() == told[-1].strip()
            missed = 1_501 - len(told)
            told += [await asyncio.to_thread(two.stdout.readline) for _ in range(missed)]
            two.kill()
        assert len({one.strip() for one in told}) == len(told) == 1_501
