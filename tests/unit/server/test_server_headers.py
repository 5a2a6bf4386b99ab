"""Security headers on every answer, and no secret in any of them."""

import logging
from pathlib import Path
from typing import Any

import pytest

from motherhaven.server import Limits
from motherhaven.stores import MemoryStore
from tests.serverkit import API, KEY, config, decision, item, running
from tests.unit.server.test_server_access import routes

pytestmark = pytest.mark.anyio

WANTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Exploding(MemoryStore):
    """A store with a fault that nobody foresaw, which holds a secret."""

    async def bots(self, *ids: Any, **how: Any) -> Any:
        raise RuntimeError("boom")


def check(headers: Any) -> None:
    """The headers that every answer must have, and those that none may have."""
    assert {name: headers.get(name) for name in WANTED} == WANTED
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "cache-control" in headers
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "server" not in headers


NO_HOLD = config(limits=Limits(wrong_key_hold_seconds=0))
"""Wrong keys are refused without the pause that is there to slow guesses."""


@pytest.mark.parametrize("key", [KEY, "wrong", None])
async def test_every_route_sets_the_security_headers(key: str | None) -> None:
    """With the key and without, on answers and on refusals, whatever the method."""
    async with running(NO_HOLD) as server, server.client(key=key) as client:
        server.app.state.broadcaster.close()
        for _, path in routes():
            address = path.replace("{path:path}", "llm-bot")
            for method in ("GET", "POST", "HEAD", "OPTIONS", "DELETE", "PUT"):
                answer = await client.request(method, address, headers={"origin": "http://x.y"})
                check(answer.headers)
                assert answer.status_code < 500 or answer.status_code == 503


async def test_a_fault_of_the_server_is_a_clean_500(caplog: pytest.LogCaptureFixture) -> None:
    """The client learns nothing of the fault; the log has all of it."""
    async with running(store=Exploding()) as server, server.client(key=KEY) as client:
        answer = await client.get(f"{API}/bots")
        assert answer.status_code == 500
        assert answer.json()["error"]["code"] == "internal"
        assert "boom" not in answer.text
        check(answer.headers)
    assert "RuntimeError: boom" in caplog.text


async def test_answers_of_the_api_are_not_cached() -> None:
    """What a bot did is not for a cache."""
    async with running() as server, server.client(key=KEY) as client:
        for path in ("bots", "decisions", "status"):
            assert (await client.get(f"{API}/{path}")).headers["cache-control"] == "no-store"


async def test_no_secret_leaks(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Canary secrets driven through every route and error path appear in no answer and no log."""
    key, secret = "canary-key-5b1f7d", b"canary-secret-91c3aa0000000000000"
    caplog.set_level(logging.DEBUG)
    settings = config(api_key=key, session_secret=secret, page_dir=tmp_path, limits=NO_HOLD.limits)
    seen = [repr(settings)]
    async with running(settings, Exploding()) as server:
        server.app.state.broadcaster.close()
        for given in (key, key + "x", None):
            async with server.client(key=given) as client:
                await client.post(f"{API}/login", json={"key": given or ""})
                for method, path in routes():
                    address = path.replace("{path:path}", "llm-bot")
                    for body in (b"{", b'{"key": "canary-key-5b1f7dx"}', b'{"events": [{}]}'):
                        answer = await client.request(
                            method, address, content=body,
                            headers={"content-type": "application/json"},
                        )  # fmt: skip
                        seen += [answer.text, str(answer.headers)]
    everything = "\n".join([*seen, caplog.text])
    assert "RuntimeError: boom" in everything
    assert "canary" not in everything


async def test_ingest_answers_are_small() -> None:
    """Headers and body of an acknowledgement fit one packet."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/decision", json=decision())
        assert sum(len(k) + len(v) + 4 for k, v in answer.headers.items()) < 900
        await client.post(f"{API}/ingest/batch", json={"events": [item(1)]})
