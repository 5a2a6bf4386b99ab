"""A copy into Firestore: full commits, few calls, and a kill between any two of them."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.contract.events import Event
from motherhaven.stores import MemoryStore, moving
from motherhaven.stores.firestore import database as database_module
from motherhaven.stores.firestore import ingest, paths
from motherhaven.stores.moving import StoreSource, copy, tally
from tests.conformance.stores.histories import everything, fill
from tests.conformance.stores.kit import Bot
from tests.faults.firestore.kit import broken_wire, opened
from tests.patience import figure


def cycles(bots: int, count: int) -> list[Event]:
    """Decisions with prompts, and an account state of each bot."""
    made = [Bot(f"bot-{number}") for number in range(bots)]
    return [
        event
        for minute in range(count)
        for bot in made
        for event in (
            *(bot.decision(3 * minute, coin=coin, user_prompt="u" * 500) for coin in "ABCD"),
            bot.account(3 * minute),
        )
    ]


async def filled(events: list[Event]) -> MemoryStore:
    """A store in memory with these events."""
    store = MemoryStore()
    for at in range(0, len(events), 500):
        await store.append(events[at : at + 500])
    return store


def test_a_copy_fills_its_commits(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some 450 events a commit and a read for each payload: what a copy costs in calls."""

    async def scenario() -> None:
        events = cycles(bots=8, count=50)
        source = StoreSource(await filled(events))
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopted()
            wire.calls.clear()
            before = store.usage.commits
            assert await copy(source, store, lambda done: None) == 0
            assert store.usage.commits - before <= len(events) / 400 + 2
            wire.calls.clear()
            there = await tally(StoreSource(store))
            calls = Counter(wire.calls)
            print(f"{len(events)} events proved with {calls}")
            assert calls.total() <= len(events) / 30
            assert there.manifest() == (await tally(source)).manifest()

    asyncio.run(scenario())


def test_a_copy_prepares_few_events_twice(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits that are too full, since they begin spans of curves too, teach the next ones."""
    tried = list[int]()
    original = ingest.append

    async def append(database: Any, events: Any, *rest: Any, **options: Any) -> Any:
        tried.append(len(events))
        return await original(database, events, *rest, **options)

    async def scenario() -> None:
        bots = [Bot(f"bot-{number}") for number in range(11)]
        events = [
            event
            for turn in range(120)
            for bot in bots
            for event in (bot.decision(90 * turn), bot.account(90 * turn))
        ]
        async with opened(project) as store:
            await store.adopted()
            await copy(StoreSource(await filled(events)), store, lambda done: None)
            there = (await tally(StoreSource(store))).events
        print(f"{len(events)} events in commits of {tried}")
        assert there == len(events)
        assert sum(tried) <= 1.6 * len(events)  # the first commit, and few later ones

    monkeypatch.setattr(ingest, "append", append)
    asyncio.run(scenario())


def test_a_copy_that_is_cut_between_commits_goes_on(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process ends at its second commit: what is there is always the source's beginning."""
    original, left = database_module.Batch.commit, 0

    async def commit(self: Any) -> Any:
        nonlocal left
        left -= any(path[0] == paths.COMMITS for path in self._places)
        if left < 0:
            raise StoreUnavailable("killed")
        return await original(self)

    async def scenario() -> None:
        nonlocal left
        source = MemoryStore()
        await fill(source, 1_500)
        total = (await tally(StoreSource(source))).events
        reached, ends = -1, 0
        while True:
            async with opened(project) as store:
                left = 10
                await store.adopted()
                left = 1
                try:
                    before = await copy(StoreSource(source), store, lambda done: None)
                except StoreUnavailable:
                    left, ends = 10, ends + 1
                    known = (await tally(StoreSource(store))).events
                    assert known > reached
                    reached = known
                    continue
                left = 10
                assert 0 < before <= total
                there = (await tally(StoreSource(store))).manifest()
                assert there == (await tally(StoreSource(source))).manifest()
                assert await everything(store) == await everything(source)
                break
        assert ends > 0

    monkeypatch.setattr(database_module.Batch, "commit", commit)
    asyncio.run(scenario())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_copy_killed_at_any_write_goes_on(
    project: str, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Texts apart, commits, the day's bill: the write took place or not, and the process is gone.

    The n-th process is killed at its n-th write, so that each kind of write is hit.
    """
    original, left, killed = database_module.Batch.commit, 10**9, Counter[str]()

    async def commit(self: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            killed[next((path[0] for path in self._places), "others")] += 1
        if left > 0 or (left == 0 and after):
            answer = await original(self)
            if left > 0:
                return answer
        raise StoreUnavailable("killed")

    async def scenario() -> None:
        nonlocal left
        bot, long = Bot("bot-long"), "ä€😀" * 60_000
        events = cycles(bots=3, count=20)
        for minute in range(10):
            events.insert(30 * minute, bot.decision(minute, coin="L", raw_response=long))
        source = StoreSource(await filled(events))
        ends = 0
        while True:
            async with opened(project) as store:
                await store.adopted()
                left = ends + 1
                try:
                    await copy(source, store, lambda done: None)
                except StoreUnavailable:
                    ends += 1
                    assert ends < 200
                    continue
                finally:
                    left = 10**9
                there = (await tally(StoreSource(store))).manifest()
                assert there == (await tally(source)).manifest()
                return

    monkeypatch.setattr(moving, "BATCH_EVENTS", 40)
    monkeypatch.setattr(database_module.Batch, "commit", commit)
    asyncio.run(scenario())
    assert killed[paths.EVENTS] > 0
    assert killed["others"] > 0, "a write of texts apart"


@pytest.mark.soak
@pytest.mark.figures
@pytest.mark.timeout(1800)
def test_a_copy_of_55_000_events_is_equal_and_quick(project: str) -> None:
    """Of eleven bots, with their prompts: the same digest, at 500 events a second."""

    async def scenario() -> float:
        source = StoreSource(await filled(cycles(bots=11, count=1_000)))
        async with opened(project) as store:
            await store.adopted()
            begun = time.monotonic()
            await copy(source, store, lambda done: None)
            seconds = time.monotonic() - begun
            there = (await tally(StoreSource(store))).manifest()
        assert there == (await tally(source)).manifest()
        assert there["events"] == 55_000
        return seconds

    figure("55,000 events copied in (s)", asyncio.run(scenario()), 55_000 / 500)


@pytest.mark.parametrize("limit", ["MOST_WRITES", "MOST_BYTES"])
def test_a_commit_that_is_too_large_after_all_is_cut(
    project: str, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Documents that no estimate foresaw: smaller commits, everything once and in order."""
    monkeypatch.setattr(ingest, limit, {"MOST_WRITES": 40, "MOST_BYTES": 60_000}[limit])

    async def scenario() -> None:
        events = cycles(bots=3, count=20)
        async with opened(project) as store:
            await store.adopted()
            parts = [events[:7], events[7:150], events[150:160], events[160:]]
            results = await asyncio.gather(*(store.append(part) for part in parts))
            assert {one.status for part in results for one in part} == {"stored"}
            tail = await store.tail(await store.origin(), 999)
            assert [one.event.event_id for one in tail.events] == [e.event_id for e in events]
            assert [one.cursor for one in tail.events] == [
                one.cursor for part in results for one in part
            ]

    asyncio.run(scenario())
