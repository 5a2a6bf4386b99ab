"""Raw sockets for the tests of a server under slow, silent and malformed clients."""

import asyncio
import json
from typing import Any

import httpx

from tests.patience import HANG_SECONDS, within
from tests.serverkit import API, KEY, decision

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(url: str) -> Pair:
    """A connection to the server at `url`."""
    return await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)


def head(method: str, path: str, *lines: str) -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


async def answer(pair: Pair, seconds: float = HANG_SECONDS) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer; of one without a length all until the end."""
    reader, _ = pair
    text = (await within(reader.readuntil(b"\r\n\r\n"), seconds)).decode("latin-1")
    first, *lines = text.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(headers.get("content-length", 0))
    body = await within(reader.readexactly(length), seconds)
    return int(first.split()[1]), headers, body


def half_requests() -> list[bytes]:
    """What clients leave unfinished: nothing, half a head or half a body of every kind of route."""
    size = "Content-Length: 99"
    chunked = "Transfer-Encoding: chunked"
    form = "Content-Type: application/x-www-form-urlencoded"
    key = f"x-api-key: {KEY}"
    return [
        b"",
        b"\r\n",
        b"POST ",
        b"GET / HTTP/1.1\r\nX-Drip: ",
        head("POST", f"{API}/login", form, size) + b"k",
        head("POST", f"{API}/login", form, size),
        head("POST", f"{API}/login", chunked) + b"1\r\nk\r\n",
        head("POST", f"{API}/login", "Expect: 100-continue", size),
        head("POST", f"{API}/logout", size) + b"k",
        head("POST", f"{API}/ingest/decision", size) + b"{",
        head("POST", f"{API}/ingest/batch", "x-api-key: wrong", size) + b"{",
        head("POST", f"{API}/ingest/status", chunked) + b"1\r\n{\r\n",
        head("POST", f"{API}/ingest/status", key, size) + b"{",
        head("POST", f"{API}/ingest/batch", key, chunked) + b"1\r\n{\r\n",
        head("GET", f"{API}/bots", size) + b"k",
        head("PUT", "/llm-bot", size) + b"k",
        head("POST", "/nothing", chunked),
        head("GET", "/healthz"),
        head("GET", "/llm-bot") + b"GET /llm",
    ]


async def post(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    """A whole decision with the key."""
    headers = {"x-api-key": KEY, "content-type": "application/json"}
    body = json.dumps(decision(**changes))
    return await client.post(f"{API}/ingest/decision", content=body, headers=headers)
