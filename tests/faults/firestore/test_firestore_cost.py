"""What an event costs: bounded writes, batches within the limits, no document all bots write."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.events import Event
from motherhaven.stores import MemoryStore
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.firestore import FirestoreStore
from motherhaven.stores.firestore import database as database_module
from tests.conformance.stores.kit import ANY, START, Bot
from tests.faults.firestore.kit import opened, raw

MARK = {"coin": "BTC", "size": "1", "entry_price": "1", "mark": "2", "leverage": "1",
        "unrealized_pnl": "1"}  # fmt: skip
FILL = {"coin": "BTC", "size": "1", "price": "1", "fee": "1", "realized": "0", "reason": "entry",
        "liquidity": "taker", "timestamp": START.isoformat(), "position_id": "p"}  # fmt: skip
DAY_OF_MINUTES = [
    [(START + timedelta(minutes=n)).isoformat(), "1", "1", "1", "1", None] for n in range(1_440)
]


def kinds(bot: Bot) -> list[tuple[int, Event]]:
    """Each kind of event at its dearest, and the most documents it may write."""
    marks = [MARK | {"position_id": f"p{n}"} for n in range(40)]
    return [
        (4, bot.decision(1, error="no JSON", user_prompt="u" * 5_000, raw_response="r" * 5_000)),
        (4, bot.decision(2, verdict={"allowed": False, "rule": "kill"})),
        (3, bot.account(3, positions=marks)),
        (3, bot.account(3.5, positions=marks, deposits_usd="1000")),
        (3, bot.account(3.7, positions=marks, deposits_usd="1000")),
        (4, bot.status(4, "error", message="venue down")),
        (5, bot.execution("x", 5, execution_status="rejected")),
        (4, bot.opened(6, position_id="p")),
        (4, bot.closed(7, position_id="p")),
        (3, bot.event("fill", FILL, START)),
        (10, bot.candles(8, *DAY_OF_MINUTES)),
    ]


def test_the_documents_that_an_event_writes_are_bounded(project: str) -> None:
    """Alone in its commit, each kind stays within the number that ingest states."""

    async def scenario() -> None:
        async with opened(project) as store:
            bot = Bot()
            await store.adopt()
            await store.append([bot.status(0)])
            for most, event in kinds(bot):
                before = store.usage.writes
                await store.append([event])
                written = store.usage.writes - before
                assert 3 <= written <= most, (event.kind, written)
            again = store.usage.writes
            await store.append([event])
            assert store.usage.writes == again

    asyncio.run(scenario())


def test_what_comes_together_shares_documents(project: str) -> None:
    """A hundred account states of one hour cost a document each, their bot and the commit."""

    async def scenario() -> None:
        async with opened(project) as store:
            bot = Bot()
            await store.adopt()
            await store.append([bot.status(0)])
            before = store.usage.writes
            await store.append([bot.account(n / 60) for n in range(100)])
            assert store.usage.writes - before <= 100 + 2
            assert store.usage.commits <= 6

    asyncio.run(scenario())


def test_reads_do_not_grow_with_history(project: str) -> None:
    """A page, the bots, a curve and the tail's end cost the same after ten times as much."""

    async def scenario() -> None:
        async with opened(project) as store:
            bot = Bot()
            costs = []
            for round_ in range(2):
                for batch in range(1 + 9 * round_):
                    await store.append([bot.decision(batch * 20 + n) for n in range(20)])
                await store.append([bot.account(0), bot.status(0)])
                before = store.usage.reads
                await store.decisions(ANY, before=None, limit=10)
                await store.bots()
                end = START + timedelta(hours=1)
                await store.equity(None, start=START, end=end, bucket=60)
                costs.append(store.usage.reads - before)
            assert costs[1] <= costs[0]

    asyncio.run(scenario())


def test_a_batch_of_five_hundred_is_cut_at_the_limit(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No commit writes over 500 documents, and the results and the tail keep the order."""
    sizes = []
    original = database_module.Batch.commit

    async def counted(self: Any) -> Any:
        sizes.append(self.size)
        return await original(self)

    monkeypatch.setattr(database_module.Batch, "commit", counted)

    async def scenario() -> None:
        async with opened(project) as store:
            bot = Bot()
            many = [bot.account(n * 90) if n % 2 else bot.decision(n) for n in range(500)]
            results = await store.append(many)
            assert {result.status for result in results} == {"stored"}
            assert [result.event_id for result in results] == [e.event_id for e in many]
            assert max(sizes) <= capabilities_of(store).documents_per_commit == 500
            assert len([size for size in sizes if size > 1]) > 1
            tail = await store.tail(await store.origin(), 999)
            assert [one.event.event_id for one in tail.events] == [e.event_id for e in many]
            assert [one.cursor for one in tail.events] == [result.cursor for result in results]
            assert (await store.append(many))[499].status == "duplicate"

    asyncio.run(scenario())


def test_no_document_is_written_for_all_bots(project: str) -> None:
    """After a bot's first event, its commits touch only documents of its own."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project) as store:
            bots = [Bot(f"bot-{n}") for n in range(4)]
            for bot in bots:
                await store.append([bot.status(0)])
            before = await versions(client)
            touched: Counter[str] = Counter()
            for bot in bots:
                await store.append([bot.decision(1), bot.account(2), bot.opened(3), bot.status(4)])
                after = await versions(client)
                touched.update(path for path in after if after[path] != before.get(path))
                before = after
            assert touched
            assert set(touched.values()) == {1}

    asyncio.run(scenario())


async def versions(client: Any) -> dict[str, Any]:
    """When each document was last written."""
    return {
        document.reference.path: document.update_time
        async for collection in client.collections()
        async for document in collection.stream()
    }


def test_stores_that_declare_nothing_promise_everything() -> None:
    """Capabilities are additive: a store without any is one without limits."""
    assert capabilities_of(MemoryStore()).documents_per_commit is None
    assert FirestoreStore.capabilities.billed
