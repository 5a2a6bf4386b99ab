"""The layout of documents: an older one goes on, and two servers never believe what is past."""

import asyncio
import gzip
import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from motherhaven.contract.events import Event
from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.firestore import FirestoreStore
from motherhaven.stores.firestore import current as current_module
from motherhaven.stores.looks import one_question
from motherhaven.stores.protocol import TIERS
from motherhaven.stores.summaries import SummariesOfLists, stated_by_lists
from tests.conformance.stores.histories import history
from tests.conformance.stores.kit import START, Bot, StillClock
from tests.faults.firestore.kit import opened
from tests.firestore_emulator import emulator_host
from tests.golden.kit import load_project

LATER = 400 * 24 * 60
"""Minutes; after all that the golden project holds."""
GOLDEN = Path(__file__).parents[2] / "golden" / "0.1" / "firestore.json.gz"
FIRST, LAST = START - timedelta(days=30_000), START + timedelta(days=365 * 30)


async def shown(store: Store) -> list[Any]:
    """What a store shows of bots, money, errors and signals, cursors apart."""
    bots = await store.bots()
    ids = [bot.id for bot in bots]
    found: list[Any] = [bots, await store.deposits(ids)]
    for tier in TIERS:
        found.append(await store.equity(ids, start=FIRST, end=LAST, bucket=tier))
    for bot_id in ids:
        for status in ("open", "closed", "all"):
            page = await store.positions(
                status=status,
                bot_id=bot_id,
                before=None,
                limit=1_000,  # type: ignore[arg-type]
            )
            found.append([row.model_copy(update={"cursor": ""}) for row in page.items])
        closed = [row.entry_decision_id for row in found[-2] if row.entry_decision_id]
        found += [
            await store.signals(bot_id, start=FIRST, end=LAST, limit=5_000),
            await store.stated(bot_id, sorted(set(closed)), since=FIRST + timedelta(days=2)),
        ]
    errors = await store.newest_errors(bot_id=None, kind=None, since=None, limit=5_000)
    found.append([(one.id, one.bot_id, one.kind, one.message, one.time) for one in errors])
    return found


async def from_lists(store: FirestoreStore) -> list[Any]:
    """The summaries as the lists tell them: what those kept must be equal to."""
    return await _summaries(
        store, partial(SummariesOfLists.signals, store), partial(stated_by_lists, store)
    )


async def from_summaries(store: FirestoreStore) -> list[Any]:
    """The same, as the bots' documents keep them."""

    async def stated(bot_id: str, names: list[str], since: datetime) -> Any:
        return await store.stated(bot_id, names, since=since)

    return await _summaries(store, store.signals, stated)


async def _summaries(
    store: FirestoreStore, signals: Callable[..., Any], stated: Callable[..., Any]
) -> list[Any]:
    found: list[Any] = []
    for bot in await store.bots():
        page = await store.positions(status="all", bot_id=bot.id, before=None, limit=1_000)
        names = sorted({row.entry_decision_id for row in page.items if row.entry_decision_id})
        found += [
            await signals(bot.id, start=FIRST, end=LAST, limit=5_000),
            await stated(bot.id, names, FIRST + timedelta(days=2)),
        ]
    return found


def more(bots: list[str], begin: int) -> list[list[Event]]:
    """What known bots may send next: each kind of event, also about what came before."""
    batches = []
    for place, bot_id in enumerate(bots):
        bot = Bot(bot_id, f"again {place}", epoch=9)
        minute = begin + place
        entry = bot.decision(minute, signal="buy_to_enter", model="m")
        batches.append([
            bot.account(minute, equity="1234.5", deposits_usd="1200"),
            entry, bot.execution(entry.event_id, minute),
            bot.opened(minute, position_id="again", decision_id=entry.event_id),
        ])  # fmt: skip
        batches.append([
            bot.closed(minute + 5, position_id="again"),
            bot.account(minute + 400, equity="900", deposits_usd="1300"),
            bot.account(minute - 3_000, equity="800"), bot.decision(minute, error="no JSON"),
            bot.status(minute + 1, "error", message="down"), bot.closed(minute + 6),
        ])  # fmt: skip
    return batches


def test_a_project_of_the_first_layout_goes_on(project: str) -> None:
    """A store that was taken over shows, after more events, what a memory store does."""
    documents = json.loads(gzip.decompress(GOLDEN.read_bytes()))

    async def scenario() -> None:
        with httpx.Client(base_url=f"http://{emulator_host()}/v1", timeout=60) as client:
            load_project(client, project, documents)
        async with opened(project) as store:
            bots = [bot.id for bot in await store.bots()]
            old = [bot for bot in await store.bots() if bot.stats.decisions]
            assert old
            row = (await store.signals(old[0].id, start=FIRST, end=LAST, limit=1))[0]
            late = Bot(old[0].id, epoch=8).execution(row.id, 1, execution_status="rejected")
            for batch in [*more(bots, LATER), [late]]:
                assert {one.status for one in await store.append(batch)} == {"stored"}
            detail = await store.decision(row.id)
            assert detail.execution is not None
            for kept, listed in zip(
                await from_summaries(store), await from_lists(store), strict=True
            ):
                assert kept == listed
            first = await shown(store)
        async with opened(project) as store:
            assert await shown(store) == first

    asyncio.run(scenario())


def test_summaries_agree_with_a_store_that_has_none(project: str, monkeypatch: Any) -> None:
    """After a seeded history in small commits and pages, all is as the memory store shows it."""
    monkeypatch.setitem(current_module.PER_PAGE, "signals", 7)
    monkeypatch.setitem(current_module.PER_PAGE, "trades", 3)
    monkeypatch.setitem(current_module.PER_PAGE, "faults", 5)
    events = history(400)
    chance = random.Random(4)

    async def scenario() -> None:
        memory = MemoryStore(clock=StillClock())
        await memory.open()
        async with opened(project) as store:
            begin = 0
            while begin < len(events):
                batch = events[begin : begin + chance.randint(1, 40)]
                begin += len(batch)
                theirs = [one.status for one in await memory.append(batch)]
                assert [one.status for one in await store.append(batch)] == theirs
            assert await shown(store) == await shown(memory)
        async with opened(project) as cold:
            assert await shown(cold) == await shown(memory)

    asyncio.run(scenario())


def test_an_execution_may_come_before_its_decision(project: str) -> None:
    """It waits apart, and stands in the decision's document once that is there."""

    async def scenario() -> None:
        async with opened(project) as store:
            bot = Bot()
            decision = bot.decision(1)
            await store.append([bot.execution(decision.event_id, 2, cloid="early")])
            await store.append([bot.execution("never", 2)])
            await store.append([decision])
            found = (await store.decision(decision.event_id)).execution
            assert found is not None
            assert found.cloid == "early"
            await store.append([bot.execution(decision.event_id, 3, cloid="later")])
            found = (await store.decision(decision.event_id)).execution
            assert found is not None
            assert found.cloid == "later"

    asyncio.run(scenario())


def test_two_servers_never_show_what_is_past(project: str) -> None:
    """After each commit of either, both show the same, whoever knew the bots before."""
    chance = random.Random(7)

    async def scenario() -> None:
        async with opened(project) as one, opened(project) as two:
            bots = [Bot(f"bot-{n}", f"name {n}") for n in range(4)]
            for number in range(40):
                writer, reader = chance.choice([(one, two), (two, one)])
                bot = chance.choice(bots)
                minute = float(number * 7)
                await writer.append([
                    bot.account(minute, equity=str(1000 + number), deposits_usd=str(number // 9)),
                    bot.decision(minute), bot.opened(minute, position_id=f"p{number}"),
                ])  # fmt: skip
                if number % 3 == 0:
                    await writer.append([bot.closed(minute + 1, position_id=f"p{number}")])
                with one_question():
                    assert await shown(reader) == await shown(writer)
            bot = bots[0]
            both = [bot.decision(500 + n) for n in range(20)]
            await asyncio.gather(one.append(both[:10]), two.append(both[10:]))
            assert await shown(one) == await shown(two)
            told = {row.id: row.stats.decisions for row in await one.bots()}
            assert sum(told.values()) == 60

    asyncio.run(scenario())
