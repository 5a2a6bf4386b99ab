"""What ingest refuses is seen on the errors screen; wrong keys are slowed, the right one never."""

import json
from typing import Any

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.server import Limits
from motherhaven.stores import MemoryStore
from tests.serverkit import API, KEY, config, decision, item, running

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}


async def errors(client: Any) -> list[dict[str, Any]]:
    """The errors of ingest."""
    items = (await client.get(f"{API}/errors?kind=ingest")).json()["items"]
    return [one for one in items if one["kind"] == "ingest"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (json.dumps(decision(signal="moon")), JSON, 422, "decision refused (invalid_event)"),
        ("{", JSON, 400, "not JSON"),
        ("{}", {"content-type": "text/plain"}, 415, "content type"),
        ("[" + "1," * 600 + "1]", JSON, 413, "larger than"),
    ],
)
async def test_a_refused_request_is_listed(
    body: str, headers: dict[str, str], status: int, words: str
) -> None:
    """422, 400, 415 and 413 of a sender with the key, with a next step."""
    settings = config(limits=Limits(body_bytes=1_000))
    async with running(settings) as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/decision", content=body, headers=headers)
        assert answer.status_code == status
        [row] = await errors(client)
        assert words in row["message"]
        assert row["bot_id"] == "default"
        [group] = (await client.get(f"{API}/errors/groups")).json()["items"]
        assert group["next_step"]


async def test_a_conflict_is_listed_under_its_bot() -> None:
    """409 of a single, conflict and rejection within a batch: each once, at its bot."""
    async with running() as server, server.client(key=KEY) as client:
        known = {"event_id": "e1", "bot_id": "bot-1"}
        assert (await client.post(f"{API}/ingest/decision", json=decision(**known))).is_success
        other = await client.post(f"{API}/ingest/decision", json=decision(coin="ETH", **known))
        assert other.status_code == 409
        events = [item(1), item(2, payload={}), item(3, event_id="e1", coin="X")]
        answer = await client.post(f"{API}/ingest/batch", json={"events": events})
        assert [one["status"] for one in answer.json()["results"]] == [
            "stored",
            "rejected",
            "conflict",
        ]
        rows = await errors(client)
        assert [row["bot_id"] for row in rows] == ["bot-1"] * 3
        assert sum("kept before with another payload" in row["message"] for row in rows) == 2


async def test_of_strangers_only_the_fact_is_listed_and_rarely() -> None:
    """A wrong key is seen, for it is the commonest fault; nothing that it sent is."""
    async with running() as server:
        async with server.client(key="wrong-key-000") as client:
            for _ in range(9):
                server.clock.advance(1)
                body = decision(bot_id="bot-1", justification="look at me")
                answer = await client.post(f"{API}/ingest/decision", json=body)
                assert answer.status_code == 401
            assert (await client.get(f"{API}/errors")).status_code == 401
        async with server.client(key=KEY) as client:
            rows = await errors(client)
            assert {row["message"] for row in rows} == {
                "ingest refused (unauthorized): the key is wrong"
            }
            assert 1 <= len(rows) <= 3
            [group] = (await client.get(f"{API}/errors/groups")).json()["items"]
            assert "MOTHERHAVEN_API_KEY" in group["next_step"]


async def test_the_server_s_own_failures_are_not_listed() -> None:
    """A 503 is not the sender's fault."""

    class Full(MemoryStore):
        async def append(self, events: Any) -> Any:
            raise StoreUnavailable("the disk is full")

    async with running(store=Full()) as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/decision", json=decision())
        assert answer.status_code == 503
        assert await errors(client) == []


async def test_a_refusal_is_told_even_where_it_cannot_be_kept() -> None:
    """The answer stays the 422 when the store cannot take the report; floods are bounded."""

    class Away(MemoryStore):
        asked = 0

        async def report_rejected(self, **told: Any) -> bool:
            self.asked += 1
            raise StoreUnavailable("the disk is full")

    store = Away()
    async with running(store=store) as server, server.client(key=KEY) as client:
        for _ in range(50):
            answer = await client.post(f"{API}/ingest/decision", json={"bot_id": ["x"]})
            assert answer.status_code == 422
    assert store.asked == 20


async def test_a_listed_refusal_holds_no_secret_and_no_novel() -> None:
    """The server's key is struck out, and the text is short."""
    async with running() as server, server.client(key=KEY) as client:
        for secret in (KEY, "x" * 5_000):
            await client.post(f"{API}/ingest/status", json={"status": secret, "timestamp": secret})
        rows = await errors(client)
        assert len(rows) == 2
        assert all(KEY not in row["message"] and len(row["message"]) <= 500 for row in rows)
        assert any("***" in row["message"] for row in rows)


async def test_wrong_keys_are_slowed_by_peer_and_the_right_one_never() -> None:
    """429 with Retry-After after the limit; the bot behind the same address goes on."""
    settings = config(limits=Limits(key_attempts=3, wrong_key_hold_seconds=0))
    async with running(settings) as server:
        seen = []
        for number in range(6):
            async with server.client(key=f"wrong-{number}", peer="203.0.113.9") as client:
                path = "ingest/status" if number % 2 else "bots"
                method = client.post if number % 2 else client.get
                seen.append((await method(f"{API}/{path}")).status_code)
        assert seen == [401, 401, 401, 429, 429, 429]
        async with server.client(key="wrong", peer="203.0.113.9") as client:
            answer = await client.get(f"{API}/bots")
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["connection"] == "close"
            assert answer.json()["error"]["code"] == "too_many_attempts"
        async with server.client(key=KEY, peer="203.0.113.9") as client:
            assert (await client.get(f"{API}/bots")).status_code == 200
            assert (await client.post(f"{API}/ingest/decision", json=decision())).is_success
        async with server.client(key="wrong", peer="198.51.100.1") as client:
            assert (await client.get(f"{API}/bots")).status_code == 401
        async with server.client(peer="203.0.113.9") as client:
            assert (await client.get(f"{API}/bots")).status_code == 401
        server.clock.advance(61)
        async with server.client(key="wrong", peer="203.0.113.9") as client:
            assert (await client.get(f"{API}/bots")).status_code == 401
