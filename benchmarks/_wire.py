"""Cheap clients for the benchmarks: prepared bytes over plain sockets, so servers are measured."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks._serve import KEY


class Process:
    """A server of `benchmarks._serve`, started."""

    def __init__(self, kind: str, folder: Path) -> None:
        command = [sys.executable, "-m", "benchmarks._serve", kind, str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = urlsplit(self._process.stdout.readline().strip()).port or 0

    def megabytes(self) -> float:
        """The memory that the process has now."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    def sockets(self) -> int:
        """How many sockets the process has open."""
        folder = Path(f"/proc/{self._process.pid}/fd")
        names = [one.readlink().name for one in folder.iterdir() if one.is_symlink()]
        return sum(name.startswith("socket:") for name in names)

    def end(self) -> None:
        """Kill it: nothing in it is worth a goodbye."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Process]:
    """A server process while the context lasts."""
    process = Process(kind, folder)
    try:
        yield process
    finally:
        process.end()


def request(path: str, body: bytes) -> bytes:
    """A POST as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"x-api-key: {KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes
) -> bytes:
    """Send a request and give the body of its answer, which must be a 200."""
    writer.write(data)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"unexpected answer: {head[:80]!r}")
    if b"chunked" in head:
        size = int(await reader.readline(), 16)
        body = await reader.readexactly(size)
        await reader.readuntil(b"0\r\n\r\n")
        return body
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return await reader.readexactly(length)


def decision_item(number: int) -> dict[str, Any]:
    """A decision as our own client sends it, with a prompt and an answer of usual size."""
    moment = f"2026-01-02T03:{number // 60 % 60:02d}:{number % 60:02d}.000000Z"
    payload = {
        "timestamp": moment,
        "coin": "BTC",
        "signal": "hold",
        "quantity_usd": "50.25",
        "leverage": "5",
        "confidence": "0.72",
        "justification": "range-bound; waiting for a close above 100,200 before adding risk. " * 4,
        "raw_response": json.dumps({"signal": "hold", "why": "x" * 400}),
        "user_prompt": "BTC 4h RSI 41.2 EMA20 99,812 " * 20,
    }
    return {
        "event_id": f"bench-{number:09d}",
        "bot_id": f"bot-{number % 8}",
        "mode": "simulated",
        "epoch": 1,
        "seq": number,
        "kind": "decision",
        "time": moment,
        "recorded_at": moment,
        "payload": payload,
    }


def single_body(number: int) -> bytes:
    """The same decision as a body of the old endpoint."""
    item = decision_item(number)
    payload = item.pop("payload")
    del item["kind"], item["time"]
    return json.dumps({**payload, **item}).encode()
