"""Answers are compressed where the client takes it; the live stream never is."""

import gzip
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from motherhaven.server import ServerConfig, ServerThread
from motherhaven.server.page import takes_coding
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.serverkit import KEY, Server, config, running

pytestmark = pytest.mark.anyio

SCRIPT = "let x = 1;\n" * 500
PACKED = b"these bytes stand for what Brotli made of it"
API = "/api/llm-bot"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small export, of which one file has a compressed form and one has not."""
    for name, content in {
        "llm-bot.html": b"<p>arena</p>" * 200,
        "_next/static/app.js": SCRIPT.encode(),
        "_next/static/app.js.br": PACKED,
        "_next/static/small.js": b"let y",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


async def raw(
    server: Server, path: str, coding: str | None, **more: str
) -> tuple[int, dict, bytes]:
    """Status, headers and the body as it was sent, not decoded."""
    async with server.client(key=KEY) as client:
        request = client.build_request("GET", path, headers=more)
        del request.headers["accept-encoding"]
        if coding is not None:
            request.headers["accept-encoding"] = coding
        answer = await client.send(request, stream=True)
        body = b"".join([part async for part in answer.aiter_raw()])
        await answer.aclose()
        return answer.status_code, dict(answer.headers), body


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("br", True), ("gzip, deflate, br, zstd", True), ("BR", True), ("br ; q=0.001", True),
        ("gzip;q=1.0, br;q=0.1", True), ("br;q=0", False), ("br; q=0.000", False),
        ("br;q=0.", False), ("gzip", False), ("", False), ("*", False), ("brotli", False),
        ("xbr", False), (";br", False),
    ],
)  # fmt: skip
def test_accept_encoding_is_read_as_the_standard_says(header: str, taken: bool) -> None:
    """A weight of 0 refuses a coding, and a name that only resembles it is another one."""
    assert takes_coding(header, "br") is taken


async def test_a_file_is_sent_in_the_form_that_the_build_compressed(folder: Path) -> None:
    """As itself in type and caching; a browser without Brotli gets the file, gzipped or plain."""
    async with running(config(page_dir=folder)) as server:
        status, headers, body = await raw(server, "/_next/static/app.js", "gzip, br")
        assert (status, body) == (200, PACKED)
        assert headers["content-encoding"] == "br"
        assert headers["content-type"].startswith("text/javascript")
        assert "immutable" in headers["cache-control"]
        assert "accept-encoding" in headers["vary"].lower()
        again = await raw(
            server, "/_next/static/app.js", "br", **{"if-none-match": headers["etag"]}
        )
        assert (again[0], again[2]) == (304, b"")
        status, headers, body = await raw(server, "/_next/static/app.js", "gzip, br;q=0")
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body).decode() == SCRIPT
        _, headers, body = await raw(server, "/_next/static/app.js", None)
        assert "content-encoding" not in headers
        assert body.decode() == SCRIPT
        assert "accept-encoding" in headers["vary"].lower()


async def test_the_compressed_form_has_no_address_of_its_own(folder: Path) -> None:
    """It would be text of no type that a browser could show."""
    async with running(config(page_dir=folder)) as server:
        assert (await raw(server, "/_next/static/app.js.br", "br"))[0] == 404


async def test_answers_are_compressed_from_a_kibibyte_on(folder: Path) -> None:
    """A list of bots is compressed for who asks so, and says that it depends on it."""
    async with running(config(page_dir=folder)) as server:
        _, plain_headers, plain = await raw(server, "/api/openapi.json", None)
        _, headers, body = await raw(server, "/api/openapi.json", "gzip")
        assert "content-encoding" not in plain_headers
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == plain
        assert len(body) < len(plain) / 4
        _, headers, _ = await raw(server, "/api/health", "gzip")
        assert "content-encoding" not in headers


def test_the_live_stream_is_never_compressed(folder: Path) -> None:
    """A compressor holds bytes back; the first event must leave at once, as plain text."""
    settings = ServerConfig(port=0, api_key=KEY, page_dir=folder)
    with ServerThread(settings, MemoryStore(), SystemClock()) as server:
        place = urlsplit(server.url)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=60) as line:
            line.sendall(
                f"GET {API}/live HTTP/1.1\r\nHost: {place.netloc}\r\nX-API-Key: {KEY}\r\n"
                "Accept: text/event-stream\r\nAccept-Encoding: gzip, br\r\n\r\n".encode()
            )
            got = b""
            while b"\n\n" not in got.partition(b"\r\n\r\n")[2]:
                part = line.recv(65_536)
                assert part, got
                got += part
        head, _, body = got.partition(b"\r\n\r\n")
        assert b"content-encoding" not in head.lower()
        assert b"text/event-stream" in head.lower()
        assert body.isascii()
