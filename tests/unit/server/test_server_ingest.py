"""Ingest: what old clients send is taken with exactly 200, once, and only when it is kept."""

from typing import Any

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores import MemoryStore
from tests.serverkit import (
    API,
    KEY,
    OLD_BODIES,
    closing,
    decision,
    item,
    naive,
    opening,
    running,
    status,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("endpoint", sorted(OLD_BODIES))
@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_old_client_gets_exactly_200_and_the_documented_body(
    endpoint: str, slash: str
) -> None:
    """Requests of the clients in use today are answered letter for letter, never redirected."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(
            f"{API}/ingest/{endpoint}{slash}", json=OLD_BODIES[endpoint](), follow_redirects=False
        )
        assert (answer.status_code, answer.text) == (200, '{"success": true}')
        [bot] = await server.store.bots()
        assert bot.id == "default"


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("decision", decision(profit_target=103000, stop_loss=98100.5, raw_response="{}")),
        ("decision", decision(invalidation_condition="4h close below 98k", user_prompt="?")),
        ("decision", decision(signal="hold", quantity_usd=0, leverage=1, confidence=0)),
        ("position", opening(position_id="BTC_long_20260102_030405")),
        ("position", closing()),
        ("account", OLD_BODIES["account"](sharpe_ratio=1.25)),
        ("status", status(trades_today=3, pnl_today=-1.5, message="cycle done")),
        ("status", status(status="error")),
    ],
)
async def test_the_fields_that_old_clients_send_sometimes_are_taken(
    endpoint: str, body: dict[str, Any]
) -> None:
    """Optional fields of the contract's table never turn an answer into a failure."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/{endpoint}", json=body)
        assert (answer.status_code, answer.json()) == (200, {"success": True})


async def test_an_old_exit_is_paired_with_its_entry() -> None:
    """Without a position_id, and with an entry_time of another zone, the open row closes."""
    async with running() as server, server.client(key=KEY) as client:
        await client.post(f"{API}/ingest/position", json=opening())
        await client.post(f"{API}/ingest/position", json=closing())
        [row] = (await client.get(f"{API}/positions?status=all")).json()
        assert (row["status"], row["exit_price"], row["realized_pnl"]) == ("closed", 100100, 0.71)
        assert row["entry_time"] == "2026-01-02T03:04:05.678901Z"


async def test_naive_local_time_is_placed_by_the_time_of_arrival() -> None:
    """A bot seven hours behind UTC is understood; both times are kept."""
    async with running() as server, server.client(key=KEY) as client:
        await client.post(f"{API}/ingest/decision", json=decision(timestamp=naive(-7 * 3600)))
        [row] = (await client.get(f"{API}/feed")).json()["items"]
        assert row["time"] == "2026-01-02T03:04:05.678901Z"
        assert row["received_at"] == row["time"]


async def test_the_same_event_twice_is_taken_once() -> None:
    """An event sent again is answered 200 with its id, and is stored once."""
    body = decision(event_id="event-1", bot_id="bot-1")
    async with running() as server, server.client(key=KEY) as client:
        answers = [await client.post(f"{API}/ingest/decision", json=body) for _ in range(3)]
        assert [one.status_code for one in answers] == [200] * 3
        assert {one.text for one in answers} == {'{"event_id":"event-1","success":true}'}
        assert len((await client.get(f"{API}/decisions")).json()) == 1


async def test_the_same_id_with_another_payload_is_a_conflict() -> None:
    """What is kept never changes: 409, and the first one stays."""
    async with running() as server, server.client(key=KEY) as client:
        first = decision(event_id="event-1")
        await client.post(f"{API}/ingest/decision", json=first)
        answer = await client.post(f"{API}/ingest/decision", json={**first, "coin": "ETH"})
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "conflict"
        [row] = (await client.get(f"{API}/decisions")).json()
        assert row["coin"] == "BTC"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"coin": ""}, "coin"),
        ({"signal": "short"}, "signal"),
        ({"quantity_usd": "many"}, "quantity_usd"),
        ({"quantity_usd": True}, "quantity_usd"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"leverage": 1e40}, "leverage"),
        ({"bot_id": "a b"}, "bot_id"),
    ],
)
async def test_a_wrong_field_is_named(change: dict[str, Any], named: str) -> None:
    """422 says which field, why and what to do."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/decision", json=decision(**change))
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "invalid_event")
        assert named in error["message"]
        assert error["fix"]
        assert await server.store.bots() == []


async def test_a_batch_gives_one_verdict_for_each_event_in_order() -> None:
    """Good events are kept beside a bad one, which alone is rejected."""
    bad = item(2)
    bad["payload"]["signal"] = "moon"
    changed = item(1)
    changed["payload"]["coin"] = "DOGE"
    events = [item(1), bad, item(3, "account"), item(1), changed, "no object", {"event_id": "x"}]
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/batch", json={"events": events})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["success"], body["parts"]) == (True, [])
        assert [(one["event_id"], one["status"]) for one in body["results"]] == [
            ("event-000001", "stored"),
            ("event-000002", "rejected"),
            ("event-000003", "stored"),
            ("event-000001", "duplicate"),
            ("event-000001", "conflict"),
            (None, "rejected"),
            ("x", "rejected"),
        ]
        assert "signal" in body["results"][1]["error"]


async def test_long_texts_travel_in_parts_and_come_back_whole() -> None:
    """An event whose texts come apart is incomplete until every part is there."""
    from motherhaven.contract.jsonio import dumps
    from motherhaven.contract.wire import payload_sha256, split_long_texts

    payload = {**item(1)["payload"], "raw_response": "ü" * 250_000}
    payload = {**payload, "quantity_usd": "50.25", "confidence": "0.72"}
    short, parts, counts = split_long_texts("event-000001", "bot-1", payload)
    sent = [
        {"event_id": p.event_id, "bot_id": p.bot_id, "field": p.field, "index": p.index,
         "count": p.count, "text": p.text}
        for p in parts
    ]  # fmt: skip
    event = item(1, payload=short, parts=counts, sha256=payload_sha256(dumps(payload)))
    async with running() as server, server.client(key=KEY) as client:

        async def send(**body: Any) -> dict[str, Any]:
            answer = await client.post(f"{API}/ingest/batch", json=body)
            assert answer.status_code == 200
            return dict(answer.json())

        early = await send(parts=sent[:1], events=[event])
        assert [one["status"] for one in early["parts"]] == ["stored"]
        assert [one["status"] for one in early["results"]] == ["incomplete"]
        late = await send(parts=[*sent[1:], {"event_id": "event-000001", "index": 9}])
        assert [one["status"] for one in late["parts"]] == ["stored", "stored", "rejected"]
        assert [one["status"] for one in (await send(events=[event]))["results"]] == ["stored"]
        where = {"id": "event-000001", "field": "raw_response"}
        piece = await client.get(f"{API}/text", params={**where, "offset": 249_990, "limit": 100})
        assert piece.json() == {"text": "ü" * 10, "offset": 249_990, "total": 250_000}
        whole = await client.get(f"{API}/text/download", params=where)
        assert whole.text == "ü" * 250_000
        assert "attachment" in whole.headers["content-disposition"]


async def test_more_events_than_a_batch_may_hold_are_too_large() -> None:
    """413 tells a client to halve its batch."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/batch", json={"events": [{}] * 501})
        assert answer.status_code == 413


class BrokenStore(MemoryStore):
    """A store whose disk is full."""

    async def append(self, events: Any) -> Any:
        raise StoreUnavailable("store x.db: the disk is full; free some space")


@pytest.mark.parametrize(
    ("path", "body"), [("decision", decision()), ("batch", {"events": [item(1)]})]
)
async def test_what_is_not_kept_is_never_acknowledged(path: str, body: dict[str, Any]) -> None:
    """A store that cannot keep an event means 503 with Retry-After, never 200."""
    async with running(store=BrokenStore()) as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/{path}", json=body)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["error"]["code"] == "store_unavailable"


async def test_two_bots_with_one_key_stay_two() -> None:
    """The id of the bot, not its key or name, says which bot it is."""
    async with running() as server, server.client(key=KEY) as client:
        events = [item(1), item(2, bot_id="bot-2")]
        await client.post(f"{API}/ingest/batch", json={"events": events})
        assert [bot.id for bot in await server.store.bots()] == ["bot-1", "bot-2"]
