"""Hostile numbers, times and texts on every ingest route: answered, and nobody else notices."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from motherhaven.contract.jsonio import loads
from tests.patience import HANG_SECONDS
from tests.serverkit import (
    API,
    KEY,
    NOW,
    Server,
    account,
    closing,
    decision,
    event,
    item,
    naive,
    opening,
    running,
    status,
)

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}
LINES = (Path(__file__).parents[2] / "cases" / "numbers.jsonl").read_text().splitlines()
READS = (
    "bots", "decisions", "positions", "trades", "account", "account/history", "status", "feed",
    "equity", "errors", "errors/groups", "metrics",
)  # fmt: skip


def body_of(line: str, now: str) -> tuple[str, str]:
    """The route of a case and its body as text: parsing it here would change its numbers."""
    route = json.loads(line.replace("1e", "0.1e-"))["route"]
    text = line.partition('"body":')[2].strip().removesuffix("}")
    return route, text.replace('"NOW"', json.dumps(now))


def as_batch(route: str, body: str, number: int) -> str:
    """The same payload as an item of a batch, beside a good one."""
    kind = {"position": "position_opened"}.get(route, route)
    envelope = item(number, kind)
    envelope.pop("payload")
    stamp = body.partition('"timestamp":"')[2].partition('"')[0] or NOW.isoformat()
    envelope |= {"time": stamp, "bot_id": "hostile", "bot_name": None}
    good = json.dumps(item(number + 1, "status", bot_id="neighbour"))
    return '{"events":[' + json.dumps(envelope)[:-1] + ',"payload":' + body + "}," + good + "]}"


async def send(server: Server, path: str, body: str) -> tuple[int, Any]:
    """Post it; the answer is JSON with a status that is no failure.

    A bomb that goes off takes minutes, or all memory.
    """
    async with server.client(key=KEY) as client:
        async with asyncio.timeout(HANG_SECONDS):
            answer = await client.post(f"{API}/ingest/{path}", content=body, headers=JSON)
    assert answer.status_code in (200, 400, 413, 422), answer.text
    return answer.status_code, answer.json()


async def lists(server: Server, bot: str) -> dict[str, Any]:
    """What the reads say of one bot, all of them answered; the sums of all bots too."""
    found = {}
    async with server.client(key=KEY) as client:
        for path in READS:
            for query in ({"bot": bot}, {}):
                answer = await client.get(f"{API}/{path}", params=query)
                if answer.status_code == 404 and path == "feed":
                    continue
                assert answer.status_code == 200, (path, answer.text)
                loads(answer.content)
            if path in ("decisions", "trades"):
                found[path] = (await client.get(f"{API}/{path}", params={"bot": bot})).json()
    return found


async def settle(server: Server) -> None:
    """A bot that sends good events."""
    good = [event(n, kind, timedelta(seconds=n), bot_id="good") for n, kind in enumerate(
        ("decision", "account", "position_opened", "fill", "funding", "status"), 900
    )]  # fmt: skip
    async with server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/batch", json={"events": good})
        assert {one["status"] for one in answer.json()["results"]} == {"stored"}


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
async def test_each_known_hostile_body_is_answered(line: str) -> None:
    """Over its own route and in a batch: 200 or 4xx, and every list of every bot works."""
    async with running() as server:
        await settle(server)
        before = await lists(server, "good")
        route, body = body_of(line, NOW.isoformat())
        code, _ = await send(server, route, body)
        code_in_batch, told = await send(server, "batch", as_batch(route, body, 1))
        assert code_in_batch == 200, told
        alone, neighbour = told["results"]
        assert neighbour["status"] == "stored"
        assert (alone["status"] == "stored") == (code == 200), alone
        if code == 422:
            assert "outside the accepted range" in alone["error"]
        assert await lists(server, "good") == before
        tail = await server.store.tail(await server.store.origin(), 100)
        assert len(tail.events) == 7 + 2 * (code == 200)


async def test_the_body_that_was_quadratic_is_refused_at_once() -> None:
    """On every route that takes a body, and at its full size."""
    small = (Path(__file__).parents[2] / "cases" / "quadratic-4k.json").read_text()
    large = small + '\\"' * 450_000
    async with running() as server, server.client(key=KEY) as client:
        for body in (small, large):
            for path in ("decision", "account", "position", "status", "batch"):
                code, _ = await send(server, path, body)
                assert code == 400
            answer = await client.post(f"{API}/login", content=body, headers=JSON)
            assert 400 <= answer.status_code < 500


NUMBERS = {
    "decision": (decision, ["quantity_usd", "leverage", "confidence", "profit_target", "stop_loss",
                            "tokens_in", "latency_ms", "cost_usd", "x"]),
    "account": (account, ["balance_usd", "num_positions", "sharpe_ratio", "fees_usd", "x"]),
    "position": (opening, ["quantity_usd", "entry_price", "size", "x"]),
    "status": (status, ["trades_today", "pnl_today", "interval_seconds", "behind", "x", "epoch",
                        "seq"]),
}  # fmt: skip
SPELLINGS = (
    "1e5000", "1e400000000", "-1e400000000", "1e-400000000", "9" * 5_000, "1" * 100_000,
    "1." + "0" * 5_000, "1e99999999999999999999999", "9223372036854775808", "1e31",
)  # fmt: skip


@pytest.mark.parametrize("route", NUMBERS)
async def test_a_bomb_in_any_number_is_refused_by_its_name(route: str) -> None:
    """As a number, and as the text of one where the field is read as a number."""
    make, fields = NUMBERS[route]
    async with running() as server:
        await settle(server)
        for name in fields:
            for text in SPELLINGS:
                body = json.dumps(make(**{name: "MARK"})).replace('"MARK"', text)
                code, told = await send(server, route, body)
                assert code == 422, (name, text[:30], told)
                assert name in told["error"]["message"]
                if name != "x":
                    quoted = body.replace(text, f'"{text}"')
                    code, told = await send(server, route, quoted)
                    assert code == 422 or text == "9223372036854775808", (name, text[:30])
        await lists(server, "good")


TEXTS = (
    "\x01\x02\x1b[31m", "\u202egnp.exe", "\u2028\u2029", "\ufeff", "\uffff", "a" * 900_000,
    "😀" * 100, "'; DROP TABLE events; --", "<script>", "%00", "{{7*7}}",
)  # fmt: skip


@pytest.mark.parametrize("route", ["decision", "account", "position", "status", "batch"])
async def test_odd_texts_are_kept_or_refused(route: str) -> None:
    """In texts, names, keys and nested: 200 or 4xx; what is kept is read by every list."""
    make: Any = {"position": opening, "account": account, "status": status}.get(route, decision)
    async with running() as server:
        await settle(server)
        for n, text in enumerate([*TEXTS, "\x00", "\ud800"]):
            for place in ({"message": text}, {text: 1}, {"x": {text: [text]}}, {"coin": text}):
                payload = make(**{"justification": "j", **place})
                one = payload if route != "batch" else {
                    "events": [item(n + 1, payload=payload, bot_id=f"odd-{n}")]
                }  # fmt: skip
                await send(server, route, json.dumps(one))
        await lists(server, "good")


@pytest.mark.parametrize(
    "stamp",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z",
     "2201-01-01T00:00:00", "1999-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "0001-01-01T00:00:00",
     "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "+012345-01-01T00:00:00.000Z", 0, -1,
     1e300, 10**18, 253_402_300_800, naive(1), naive(3_600.5), "1970-01-01"],
)  # fmt: skip
async def test_a_wrong_clock_refuses_nothing(stamp: Any) -> None:
    """On every route the event is kept, at its receipt, with the text that was sent."""
    wholes = {
        "decision": decision(timestamp=stamp), "account": account(timestamp=stamp),
        "status": status(timestamp=stamp), "position": opening(entry_time=stamp),
    }  # fmt: skip
    async with running() as server:
        for route, body in wholes.items():
            code, told = await send(server, route, json.dumps(body).replace("1e+300", "1e30"))
            assert code == 200, told
        code, told = await send(server, "position", json.dumps(closing(exit_time=stamp)).replace(
            "1e+300", "1e30"))  # fmt: skip
        assert code == 200, told
        batch = item(1, time=stamp, recorded_at=stamp)
        code, told = await send(server, "batch", json.dumps({"events": [batch, batch]}).replace(
            "1e+300", "1e30"))  # fmt: skip
        assert [one["status"] for one in told["results"]] == ["stored", "duplicate"]
        tail = await server.store.tail(await server.store.origin(), 100)
        assert len(tail.events) == 6
        for stored in tail.events:
            event = stored.event
            if stamp == naive(3_600.5):  # an hour east, and half a second early
                assert event.time <= NOW
            assert event.time == NOW
            assert event.body.time_replaced
            assert event.recorded_at == NOW
        assert tail.events[-1].event.body.recorded_replaced
        await lists(server, "default")


@pytest.mark.parametrize(
    ("sent", "kept", "percent"),
    [(85, "0.85", "85"), ("72.5", "0.725", "72.5"), (100, "1", "100"), (1, "1", None),
     (0, "0", None), (0.5, "0.5", None), (1.0000001, "0.010000001", "1.0000001")],
)  # fmt: skip
async def test_a_confidence_in_percent_is_taken_as_such(
    sent: Any, kept: str | None, percent: str | None
) -> None:
    """Above 1 up to 100; it says so, in a batch and alone, and a second time it is the same."""
    async with running() as server, server.client(key=KEY) as client:
        body = decision(confidence=sent, event_id="e-1", justification="j")
        for _ in range(2):
            answer = await client.post(f"{API}/ingest/decision", json=body)
            assert answer.status_code == 200, answer.text
        told = (await client.get(f"{API}/decision", params={"id": "e-1"})).json()
        assert told["confidence"] == kept
        assert told["payload"].get("confidence_percent") == percent


@pytest.mark.parametrize("sent", [-0.01, -85, 100.01, 101, "1e30", "-1e-30", "NaN", "high"])
async def test_a_confidence_that_is_neither_is_refused(sent: Any) -> None:
    """The field is named."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.post(f"{API}/ingest/decision", json=decision(confidence=sent))
        assert answer.status_code == 422
        assert "confidence" in answer.json()["error"]["message"]
