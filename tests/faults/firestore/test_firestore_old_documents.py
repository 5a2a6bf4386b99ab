"""A project that had documents before: they stay as they are, and count like any other."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from motherhaven.stores import DecisionFilter, Tail
from motherhaven.stores.firestore import adopt as adopt_module
from motherhaven.stores.firestore import paths
from tests.conformance.stores.kit import ANY, START, Bot, StillClock
from tests.faults.firestore.kit import NOW, everything, opened, put, raw
from tests.patience import within

DECISION: dict[str, Any] = {
    "timestamp": "2026-01-02T04:00:00.123456", "coin": "BTC", "signal": "buy_to_enter",
    "quantity_usd": 12.5, "leverage": 3, "confidence": 0.7, "justification": "because",
    "raw_response": "r" * 300, "user_prompt": "why?",
}  # fmt: skip
ENTRY: dict[str, Any] = {
    "coin": "ETH", "side": "long", "quantity_usd": 50.0, "leverage": 3, "entry_price": 3000.5,
    "entry_time": "2026-01-02T04:00:00.000001", "status": "open",
}  # fmt: skip
EXIT = ENTRY | {"status": "closed", "exit_price": 3100.0, "realized_pnl": 4.25,
                "entry_time": "2026-01-02T02:00:00.000001",
                "exit_time": "2026-01-02T05:00:00"}  # fmt: skip
ACCOUNT: dict[str, Any] = {
    "timestamp": "2026-01-02T04:00:01", "balance_usd": 1000.1, "equity_usd": 1001.3,
    "unrealized_pnl": 1.2, "realized_pnl": 0.1, "total_pnl": 1.3, "num_positions": 1,
}  # fmt: skip
STATUS = {"timestamp": "2026-01-02T04:00:02", "status": "running", "message": ""}
OLD = {
    paths.OLD_DECISIONS: [DECISION], paths.OLD_POSITIONS: [EXIT, ENTRY, ENTRY | {"coin": "SOL"}],
    paths.OLD_ACCOUNT: [ACCOUNT], paths.OLD_STATUS: [STATUS],
}  # fmt: skip


async def old_project(client: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """Fill a project as the old server did."""
    for collection, documents in OLD.items():
        for document in documents:
            await put(client, collection, document)
    return {name: await everything(client, name) for name in OLD}


def test_old_documents_show_up_everywhere_and_stay_untouched(project: str) -> None:
    """Rows, totals, prompts and exact payloads; each document equal before and after."""

    async def scenario() -> None:
        async with raw(project) as client:
            before = await old_project(client)
            async with opened(project) as store:
                assert await store.adopt() == 6
                row = (await store.decisions(ANY, before=None, limit=9)).items[0]
                assert (row.id, row.bot_id) == (next(iter(before[paths.OLD_DECISIONS])), "default")
                assert (row.quantity_usd, row.leverage) == (Decimal("12.5"), 3)
                piece = await store.text(row.id, "raw_response", offset=0, limit=400)
                assert piece.text == "r" * 300
                payload = json.loads((await store.full_payload(row.id))[1])
                assert payload["quantity_usd"] == "12.5"
                assert payload["timestamp"] == DECISION["timestamp"]
                found = (await store.positions(
                    status="all", bot_id=None, before=None, limit=9)).items  # fmt: skip
                assert sorted((p.coin, p.status) for p in found) == [
                    ("ETH", "closed"), ("SOL", "open"),
                ]  # fmt: skip
                bot = (await store.bots())[0]
                assert bot.stats.realized_pnl == Decimal("4.25")
                assert bot.account is not None
                assert bot.account.equity_usd == Decimal("1001.3")
                assert bot.status is not None
                year = {"start": datetime(2026, 1, 1, tzinfo=UTC),
                        "end": datetime(2027, 1, 1, tzinfo=UTC)}  # fmt: skip
                equity = await store.equity(None, **year, bucket=86_400)
                assert [point.equity for point in equity[0].points] == [Decimal("1001.3")]
            assert {name: await everything(client, name) for name in OLD} == before

    asyncio.run(scenario())


def test_taking_over_again_changes_nothing(project: str) -> None:
    """By another open, by a call, by two at once: no event and no total counts twice."""

    async def scenario() -> None:
        async with raw(project) as client:
            await old_project(client)
        async with opened(project) as one, opened(project) as two:
            await asyncio.gather(one.adopt(), two.adopt())
            rows = await one.bots()
            assert await two.adopt() == 0
        async with opened(project) as store:
            assert await store.adopt() == 0
            assert await store.bots() == rows
            assert rows[0].stats.decisions == 1

    asyncio.run(scenario())


def test_what_an_old_writer_adds_later_is_taken_over_on_request(project: str) -> None:
    """adopt() finds new payload-only documents, and never mistakes our own for old ones."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project) as store:
            await store.adopt()
            await store.append([Bot().decision(), Bot().account(1), Bot().opened(2)])
            await put(client, paths.OLD_DECISIONS, DECISION | {"coin": "ETH"})
            assert await store.adopt() == 1
            page = await store.decisions(DecisionFilter(bot_id="default"), before=None, limit=9)
            assert [row.coin for row in page.items] == ["ETH"]

    asyncio.run(scenario())


def test_documents_that_are_no_events_are_left_aside(project: str) -> None:
    """Garbage beside good documents stops nothing."""

    async def scenario() -> None:
        async with raw(project) as client:
            await put(client, paths.OLD_DECISIONS, {"timestamp": "soon", "coin": "BTC"})
            await put(client, paths.OLD_DECISIONS, {"timestamp": 5, "nested": {"a": [1.5]}})
            await put(client, paths.OLD_STATUS, STATUS | {"timestamp": START, "pnl": float("nan")})
        async with opened(project) as store:
            await store.adopt()
            rows = await store.statuses(None, limit=9)
            assert [row.time for row in rows] == [START]
            assert (await store.decisions(ANY, before=None, limit=9)).items == ()

    asyncio.run(scenario())


def test_an_exit_of_today_closes_an_old_document_too(project: str) -> None:
    """The old row's document is the one that changes, keeping its entry as it was."""

    async def scenario() -> None:
        async with raw(project) as client:
            name = await put(client, paths.OLD_POSITIONS, ENTRY)
            async with opened(project) as store:
                await store.adopt()
                bot = Bot("default")
                await store.append([bot.closed(
                    300, coin="ETH", quantity_usd="50", leverage="3", entry_price="3000.50",
                    exit_price="3100.5")])  # fmt: skip
            documents = await everything(client, paths.OLD_POSITIONS)
            assert list(documents) == [name]
            assert documents[name]["status"] == "closed"
            assert documents[name]["exit_price"] == 3100.5
            assert documents[name]["entry_time"] == ENTRY["entry_time"]

    asyncio.run(scenario())


def test_an_adoption_that_is_killed_goes_on_where_it_was(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed in the middle, again and again, it ends with each document once."""
    monkeypatch.setattr(adopt_module, "STEP", 3)

    async def scenario() -> None:
        async with raw(project) as client:
            for minute in range(20):
                document = DECISION | {"timestamp": f"2026-01-02T04:{minute:02}:00"}
                await put(client, paths.OLD_DECISIONS, document)
        counts = []
        for _ in range(30):
            async with opened(project) as store:
                for _ in range(3):
                    await store.head()
                counts.append(sum(row.stats.decisions for row in await store.bots()))
        async with opened(project) as store:
            assert [row.stats.decisions for row in await store.bots()] == [20]
        assert counts[0] < 20
        assert counts == sorted(counts)

    asyncio.run(scenario())


def test_what_an_old_server_adds_reaches_who_follows(project: str) -> None:
    """Every kind, by itself and once; an exit written into its entry's document too."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project, StillClock(NOW)) as store:
            await store.adopt()
            start = await store.head()
            async with aclosing(store.follow(start)) as tails:
                waiting = asyncio.ensure_future(anext(tails))
                await asyncio.wait([waiting], timeout=0.5)
                await store.append([Bot().decision(0)])
                names = [
                    await put(client, paths.OLD_DECISIONS, DECISION),
                    await put(client, paths.OLD_ACCOUNT, ACCOUNT),
                    await put(client, paths.OLD_STATUS, STATUS),
                    await put(client, paths.OLD_POSITIONS, ENTRY),
                ]
                told = await ids_of(waiting, tails, 5)
                assert sorted(told) == sorted([*names, "bot-a-1-1"])
                entry = client.collection(paths.OLD_POSITIONS).document(names[3])
                await entry.update({**EXIT, "entry_time": ENTRY["entry_time"]})
                waiting = asyncio.ensure_future(anext(tails))
                assert await ids_of(waiting, tails, 1) == [f"{names[3]}:closed"]
            positions = await store.positions(status="all", bot_id=None, before=None, limit=9)
            assert [(row.coin, row.status) for row in positions.items] == [("ETH", "closed")]
            assert (await store.bots(["default"]))[0].stats.decisions == 1
            async with aclosing(store.follow(await store.head())) as tails:
                waiting = asyncio.ensure_future(anext(tails))
                await asyncio.wait([waiting], timeout=0.5)
                await store.append([Bot("bot-b").status(9)])
                assert await ids_of(waiting, tails, 1) == ["bot-b-1-1"], "none comes again"

    asyncio.run(scenario())


async def ids_of(waiting: Any, tails: AsyncGenerator[Tail, None], count: int) -> list[str]:
    """The ids of the next `count` events."""
    events = list((await within(waiting)).events)
    while len(events) < count:
        events += (await within(anext(tails))).events
    return [one.event.event_id for one in events]
