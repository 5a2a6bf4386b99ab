"""The log without a counter: nothing missed, nothing twice, whoever commits and when."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.cloud.firestore import DELETE_FIELD

from motherhaven.contract.errors import ConfigError, CursorGone, StoreUnavailable
from motherhaven.stores.firestore import FirestoreStore, listening, log, paths
from motherhaven.stores.firestore import follow as follow_module
from tests.conformance.stores.kit import START, Bot
from tests.faults.firestore.kit import broken_wire, opened, raw
from tests.patience import within


async def follow(store: FirestoreStore, cursor: str, count: int) -> list[str]:
    """The ids of the next `count` events, read as a live stream does: as they come."""
    seen: list[str] = []
    async with aclosing(store.follow(cursor)) as tails:
        while len(seen) < count:
            tail = await within(anext(tails))
            seen += [one.event.event_id for one in tail.events]
            cursor = tail.cursor
    assert (await store.tail(cursor, 9)).events == ()
    return seen


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_readers_in_two_processes_see_every_event_once(
    project: str, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """While three servers write for twelve bots, a tail on each misses and repeats nothing."""
    monkeypatch.setattr(follow_module, "AT_ONCE", limit)
    monkeypatch.setattr(listening, "WINDOW", 3 * limit)

    async def scenario() -> None:
        async with opened(project) as one, opened(project) as two, opened(project) as three:
            await asyncio.gather(one.adopt(), two.adopt(), three.adopt())
            start = await one.head()
            bots = [Bot(f"bot-{n}") for n in range(12)]

            async def write(n: int, bot: Bot) -> None:
                for minute in range(5):
                    events = [bot.decision(minute), bot.status(minute)]
                    await (one, two, three)[n % 3].append(events)

            readers = [follow(store, start, 120) for store in (one, two)]
            first, second, *_ = await asyncio.gather(
                *readers, *(write(n, bot) for n, bot in enumerate(bots))
            )
            assert len(set(first)) == 120
            assert first == second
            for bot in bots:
                own = [name for name in first if name.startswith(f"{bot.bot_id}-1-")]
                assert own == [f"{bot.bot_id}-1-{n}" for n in range(1, 11)]

    asyncio.run(scenario())


def test_a_commit_with_an_older_stamp_is_not_missed(project: str) -> None:
    """Stamped before what the reader has seen, committed after it: still delivered, once."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project) as store:
            await store.adopt()
            bot = Bot()
            await store.append([bot.decision(0)])
            seen = await store.head()
            late = bot.decision(1)
            await store.append([late])
            commits = [
                one async for one in client.collection(paths.COMMITS).order_by("at").stream()
            ]
            stamp = commits[0].get("at") - (log.LATE - timedelta(seconds=3))
            await commits[-1].reference.update({"at": stamp})
            tail = await store.tail(seen, 9)
            assert [one.event.event_id for one in tail.events] == [late.event_id]
            assert (await store.tail(tail.cursor, 9)).events == ()
            assert await store.head() == tail.cursor
            everything = await store.tail(await store.origin(), 9)
            assert [one.event.event_id for one in everything.events] == ["bot-a-1-1", "bot-a-1-2"]

    asyncio.run(scenario())


def test_a_long_log_is_read_in_steps(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More commits than one query gives, in commit order, whatever the step and the limit."""
    monkeypatch.setattr(log, "STEP", 4)

    async def scenario() -> None:
        async with opened(project) as store:
            await store.adopt()
            bot = Bot()
            for minute in range(15):
                await store.append([bot.decision(minute), bot.status(minute)])
            cursor, seen, more = await store.origin(), [], True
            while more:
                tail = await store.tail(cursor, 3)
                seen += [one.event.event_id for one in tail.events]
                cursor, more = tail.cursor, tail.more
            assert seen == [f"bot-a-1-{n}" for n in range(1, 31)]

    asyncio.run(scenario())


def test_who_follows_reads_a_document_a_commit(project: str) -> None:
    """However many events it has, and none while nothing is committed."""

    async def scenario() -> None:
        async with opened(project) as one, opened(project) as two:
            await asyncio.gather(one.adopt(), two.adopt())
            bot = Bot()
            await one.append([bot.status(0)])
            async with aclosing(two.follow(await two.head())) as tails:
                waiting = asyncio.ensure_future(anext(tails))
                await asyncio.wait([waiting], timeout=0.5)
                assert not waiting.done()
                before = two.usage.reads
                await asyncio.wait([waiting], timeout=0.5)
                assert two.usage.reads == before
                # Of fills, which have no readable copy that is heard of too.
                await one.append([bot.fill(n) for n in range(40)])
                assert len((await within(waiting)).events) == 40
                # The emulator tells all of a query again at each change; Firestore the new one.
                assert two.usage.reads - before <= 2

    asyncio.run(scenario())


def test_a_tail_reads_a_document_a_commit(project: str) -> None:
    """200 decisions of two commits: the commits and the store's own document."""

    async def scenario() -> None:
        async with opened(project) as store:
            await store.adopt()
            bot, start = Bot(), await store.head()
            for first in (0, 100):
                await store.append([bot.decision(first + n) for n in range(100)])
            before = store.usage.reads
            tail = await store.tail(start, 200)
            assert len(tail.events) == 200
            assert all(one.row is not None for one in tail.events)
            assert store.usage.reads - before <= store.usage.commits + 1 <= 8

    asyncio.run(scenario())


def test_a_commit_without_its_events_is_read_all_the_same(project: str) -> None:
    """One of an earlier version, or of too long events: the same rows from their documents."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project) as store:
            await store.adopt()
            bot, start = Bot(), await store.head()
            old = Bot("bot-old")
            decision = bot.decision(0)
            await store.append([decision, bot.opened(1, position_id="p"), old.opened(1)])
            await store.append(
                [bot.execution(decision.event_id, 2), bot.closed(3, position_id="p")]
            )
            await store.append([old.closed(4), bot.status(5)])
            whole = await store.tail(start, 99)
            async for one in client.collection(paths.COMMITS).stream():
                await one.reference.update({"live": DELETE_FIELD})
            bare = await store.tail(start, 99)
            assert [one.event for one in bare.events] == [one.event for one in whole.events]
            last = {one.row.id: one.row for one in whole.events if one.row is not None}
            assert {one.row.id for one in bare.events if one.row is not None} == set(last)
            closed = [one for one in bare.events if one.event.kind == "position_closed"]
            assert [one.row for one in closed] == [
                one.row for one in whole.events if one.event.kind == "position_closed"
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED])
def test_a_listener_that_is_cut_goes_on_where_it_was(
    project: str, monkeypatch: pytest.MonkeyPatch, code: grpc.StatusCode
) -> None:
    """Refused twice at the beginning, then let in: what was committed meanwhile comes once."""

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()
            bot = Bot()
            await store.append([bot.status(0)])
            refusals = iter([code, code])

            async def fault() -> grpc.StatusCode | None:
                return next(refusals, None)

            wire.faults["Listen"] = fault
            start = await store.head()
            reading = asyncio.ensure_future(follow(store, start, 20))
            for minute in range(10):
                await store.append([bot.decision(minute), bot.status(minute)])
            assert await within(reading, 60) == [f"bot-a-1-{n}" for n in range(2, 22)]
            assert wire.calls.count("Listen") >= 3

    asyncio.run(scenario())


def test_retention_on_two_servers_at_once(project: str) -> None:
    """Both may prune; old cursors are gone on either, newer ones go on, nothing else changes."""

    async def scenario() -> None:
        async with opened(project) as one, opened(project) as two:
            await asyncio.gather(one.adopt(), two.adopt())
            bot = Bot()
            start = await one.head()
            for minute in range(12):
                await one.append([bot.decision(minute, user_prompt="p")])
            middle = await one.head()
            bot.at(START + timedelta(days=2))
            await one.append([bot.decision(2880), bot.decision(2881)])
            rows = await one.bots()
            day = START + timedelta(days=1)
            dropped = await asyncio.gather(one.prune(day), two.prune(day))
            assert max(dropped) == 12
            assert await one.prune(day) == 0
            for store in (one, two):
                with pytest.raises(CursorGone, match="retention"):
                    await store.tail(start, 9)
                assert len((await store.tail(middle, 9)).events) == 2
                assert await store.bots() == rows
            assert await two.origin() == middle

    asyncio.run(scenario())


def test_another_database_or_a_restored_one_has_other_cursors(project: str) -> None:
    """A cursor of before is refused, never mistaken, when the store's document is made anew."""

    async def scenario() -> None:
        async with raw(project) as client:
            async with opened(project) as store:
                await store.adopt()
                await store.append([Bot().decision()])
                before = await store.head()
            reference = client.document(*paths.STORE_DOCUMENT)
            kept = (await reference.get()).to_dict()
            await reference.delete()
            await reference.set(kept)
            async with opened(project) as store:
                assert await store.head() != before
                with pytest.raises(CursorGone, match="snapshot"):
                    await store.tail(before, 9)
            await reference.delete()
            async with opened(project) as store:
                await reference.delete()
                with pytest.raises(StoreUnavailable, match="gone"):
                    await store.head()

    asyncio.run(scenario())


def test_a_newer_schema_is_refused(project: str) -> None:
    """The message says to upgrade; nothing is written."""

    async def scenario() -> None:
        async with raw(project) as client:
            newer: dict[str, Any] = {"schema": 99, "token": "t", "floor": 0, "adopted": True}
            await client.document(*paths.STORE_DOCUMENT).set(newer)
            with pytest.raises(ConfigError, match="upgrade"):
                async with opened(project):
                    pass

    asyncio.run(scenario())


class Budget:
    """A day's budget that the test uses up."""

    is_spent = False

    def exceeded(self) -> bool:
        """Whether it is used up."""
        return self.is_spent

    async def refresh(self) -> None:
        """Nobody else spends."""


def test_beyond_the_budget_the_log_is_looked_at_now_and_then(project: str) -> None:
    """Each event still comes once and in order; what is saved listens again when it may."""

    async def scenario() -> None:
        async with opened(project) as store:
            await store.adopt()
            bot, budget, pauses = Bot(), Budget(), list[float]()

            async def sleep(seconds: float) -> None:
                pauses.append(seconds)
                await store.append([bot.status(10 + len(pauses))])
                budget.is_spent = len(pauses) not in (2, 4)

            tails = follow_module.follow(
                store._open,
                store._generation,
                await store.head(),
                store._old_writers,
                budget,
                sleep,
            )

            async def next_ids() -> list[str]:
                tail = await within(anext(tails))
                return [one.event.event_id for one in tail.events]

            async with aclosing(tails):
                budget.is_spent = True
                assert [*await next_ids(), *await next_ids()] == ["bot-a-1-1", "bot-a-1-2"]
                assert pauses == [follow_module.SLOW_SECONDS] * 2
                heard = asyncio.ensure_future(next_ids())
                await store.append([bot.status(20)])
                assert await heard == ["bot-a-1-3"]
                assert len(pauses) == 2, "it was listened to"
                budget.is_spent = True
                assert [*await next_ids(), *await next_ids()] == ["bot-a-1-4", "bot-a-1-5"]
                assert len(pauses) == 4

    asyncio.run(scenario())
