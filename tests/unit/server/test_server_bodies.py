"""Bodies: bounded while they are read, strict JSON, and never a 500."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest

from motherhaven.contract.wire import MAX_BODY_BYTES
from tests.serverkit import API, KEY, decision, item, running

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}
DEEP = b'{"a":' * 33 + b"1" + b"}" * 33

BOMBS = {
    "empty": (b"", 400),
    "cut": (b'{"coin": "BT', 400),
    "two documents": (b"{} {}", 400),
    "not utf-8": (b'{"coin": "\xff"}', 400),
    "byte order mark": (b"\xef\xbb\xbf{}", 400),
    "nan": (b'{"quantity_usd": NaN}', 400),
    "infinity": (b'{"quantity_usd": -Infinity}', 400),
    "duplicate keys": (b'{"coin": "BTC", "coin": "ETH"}', 400),
    "lone surrogate": (b'{"coin": "\\ud800"}', 400),
    "nul": (b'{"coin": "\\u0000"}', 400),
    "huge integer": (b'{"leverage": ' + b"9" * 5_000 + b"}", 422),
    "too deep": (DEEP, 400),
    "deep arrays": (b"[" * 100_000, 400),
    "an array": (b"[]", 422),
    "a number": (b"5", 422),
    "null": (b"null", 422),
    "huge exponent": (json.dumps(decision()).replace("50.25", "1e999999").encode(), 422),
    "2^63": (json.dumps(decision(seq=2**63)).encode(), 422),
    "over a mebibyte": (b'{"coin": "' + b"x" * MAX_BODY_BYTES + b'"}', 413),
    "far over a mebibyte": (b" " * (9 * MAX_BODY_BYTES), 413),
}


@pytest.mark.parametrize("bomb", sorted(BOMBS))
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", ["decision", "batch"])
async def test_a_bomb_is_refused(bomb: str, chunked: bool, path: str) -> None:
    """Every kind of nonsense is a 4xx with a code, a message and a fix; nothing is kept."""
    content, status = BOMBS[bomb]
    if path == "batch" and status == 422 and content[:1] == b"{":  # such are refused alone
        content, status = b'{"events": {}}', 422

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 65_536):
            yield content[start : start + 65_536]

    async with running() as server, server.client(key=KEY) as client:
        body = pieces() if chunked else content
        answer = await client.post(f"{API}/ingest/{path}", content=body, headers=JSON)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"code", "message", "fix"}
        assert answer.json()["success"] is False
        assert await server.store.bots() == []


async def test_the_largest_body_that_is_allowed_is_taken() -> None:
    """The bound is inclusive."""
    event = item(1)
    event["payload"]["note"] = ""
    base = len(json.dumps({"events": [event]}))
    event["payload"]["note"] = "x" * (MAX_BODY_BYTES - base)
    body = json.dumps({"events": [event]})
    assert len(body) == MAX_BODY_BYTES
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/batch", content=body, headers=JSON)
        assert [one["status"] for one in answer.json()["results"]] == ["stored"]


async def test_a_compressed_body_is_refused_with_the_fix() -> None:
    """No decompression, so no decompression bomb."""
    bomb = gzip.compress(b" " * (50 << 20))
    async with running() as server, server.client(key=KEY) as client:
        headers = {**JSON, "content-encoding": "gzip"}
        answer = await client.post(f"{API}/ingest/batch", content=bomb, headers=headers)
        assert answer.status_code == 415
        assert "uncompressed" in answer.json()["error"]["fix"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x"])
async def test_another_content_type_is_refused(kind: str) -> None:
    """What a plain HTML form can send is no ingest."""
    async with running() as server, server.client(key=KEY) as client:
        headers = {"content-type": kind}
        answer = await client.post(f"{API}/ingest/status", content=b"{}", headers=headers)
        assert answer.status_code == 415
