"""The log without a counter: nothing missed, nothing twice, whoever commits and when."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError, CursorGone, StoreUnavailable
from motherhaven.stores.firestore import FirestoreStore, log, paths
from motherhaven.stores.firestore import store as store_module
from tests.conformance.stores.kit import START, Bot
from tests.faults.firestore.kit import opened, raw
from tests.patience import HANG_SECONDS, count_calls, until


async def follow(store: FirestoreStore, cursor: str, count: int, limit: int) -> list[str]:
    """The ids of the next `count` events, read as a live stream does: as they come."""
    seen: list[str] = []
    changes = store.changes()
    while len(seen) < count:
        tail = await store.tail(cursor, limit)
        seen += [one.event.event_id for one in tail.events]
        cursor = tail.cursor
        if not tail.more and len(seen) < count:
            await asyncio.wait_for(anext(changes), HANG_SECONDS)
    assert (await store.tail(cursor, limit)).events == ()
    return seen


@pytest.mark.parametrize("limit", [1, 7, 500])
def test_readers_in_two_processes_see_every_event_once(
    project: str, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """While three servers write for twelve bots, a tail on each misses and repeats nothing."""
    monkeypatch.setattr(store_module, "POLL_SECONDS", 0.05)

    async def scenario() -> None:
        async with opened(project) as one, opened(project) as two, opened(project) as three:
            await asyncio.gather(one.adopt(), two.adopt(), three.adopt())
            start = await one.head()
            bots = [Bot(f"bot-{n}") for n in range(12)]

            async def write(n: int, bot: Bot) -> None:
                for minute in range(5):
                    events = [bot.decision(minute), bot.status(minute)]
                    await (one, two, three)[n % 3].append(events)

            readers = [follow(store, start, 120, limit) for store in (one, two)]
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


def test_an_idle_watcher_is_woken_by_another_process(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By counting commits, one read a look."""
    monkeypatch.setattr(store_module, "POLL_SECONDS", 0.05)

    async def scenario() -> None:
        async with opened(project) as one, opened(project) as two:
            await asyncio.gather(one.adopt(), two.adopt())
            changes = two.changes()
            await asyncio.wait_for(
                anext(changes), HANG_SECONDS
            )  # the first look: perhaps something
            waiting = asyncio.ensure_future(anext(changes))
            looks, before = count_calls(two._watch, "look"), two.usage.reads
            await until(lambda: looks() > 3 or waiting.done(), "a few looks")
            assert not waiting.done()
            assert two.usage.reads - before <= looks()
            await one.append([Bot().decision()])
            await asyncio.wait_for(waiting, HANG_SECONDS)
            # The look that found it asks for the newest commit, its place and the count too.
            assert two.usage.reads - before <= looks() + 5

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
