"""A question that nobody waits for any more ends, and a slow kind leaves room for the others."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from motherhaven.stores.lanes import LONG, Bounds, Lanes
from motherhaven.stores.relational import feeds, money
from motherhaven.stores.relational.store import RelationalStore
from motherhaven.stores.sqlite import SqliteStore
from tests.conformance.stores.kit import ANY, START, Bot, StillClock
from tests.patience import within
from tests.postgres_server import postgres_store

ENDLESS = {
    "sqlite": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    "SELECT count(*) FROM c",
    "postgresql": "SELECT count(*) FROM generate_series(1, 1000000000000)",
}
Any_ = RelationalStore[Any, Any]


def run(name: str, path: Path, scenario: Callable[[Any_], Awaitable[None]]) -> None:
    """Run on an open store; closing it waits for every thread that answers."""
    clock = StillClock()
    store: Any = SqliteStore(path / "s.db", clock=clock)
    if name == "postgresql":
        store = postgres_store(path, clock)

    async def whole() -> None:
        await store.open()
        await store.append([Bot().decision()])
        try:
            await scenario(store)
        finally:
            await within(store.close(), 60)

    asyncio.run(whole())


@pytest.mark.parametrize("name", ENDLESS)
def test_a_statement_ends_when_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Twenty endless questions are left: their threads come free, and the next is answered."""
    begun = threading.Semaphore(0)

    def endless(session: Any, *_: Any) -> Any:
        begun.release()
        return session.rows(ENDLESS[name])

    monkeypatch.setattr(money, "equity", endless)

    async def scenario(store: Any_) -> None:
        asked = [
            asyncio.ensure_future(store.equity(None, start=START, end=START, bucket=60))
            for _ in range(20)
        ]
        assert await asyncio.to_thread(begun.acquire, timeout=60)
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        assert all(one.cancelled() for one in asked)
        assert len(await store.bots()) == 1

    run(name, tmp_path, scenario)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_question_of_many_statements_ends_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """None follows once nobody waits."""
    begun, asked = threading.Event(), []

    def many(session: Any, *_: Any) -> Any:
        while True:
            asked.append(session.rows("SELECT 1"))
            begun.set()

    monkeypatch.setattr(money, "equity", many)

    async def scenario(store: Any_) -> None:
        one = asyncio.ensure_future(store.equity(None, start=START, end=START, bucket=60))
        assert await asyncio.to_thread(begun.wait, 60)
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one

    run(name, tmp_path, scenario)


@pytest.mark.parametrize("name", ENDLESS)
def test_slow_questions_never_starve_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Every long kind is asked ten times and blocks: tail, bots and decision answer."""
    blocked = threading.Event()

    def slow(*_: Any) -> Any:
        blocked.wait(60)
        return []

    for module, question in ((money, "equity"), (money, "positions"), (feeds, "errors")):
        monkeypatch.setattr(module, question, slow)

    async def scenario(store: Any_) -> None:
        asked: list[Awaitable[Any]] = []
        for _ in range(10):
            asked += [
                store.equity(None, start=START, end=START, bucket=60),
                store.positions(status="all", bot_id=None, before=None, limit=1),
                store.errors(bot_id=None, kind=None, before=None, limit=1),
            ]
        waiting = asyncio.gather(*asked)
        await asyncio.sleep(0)
        try:
            assert len(await within(store.bots())) == 1
            assert (await within(store.decision("bot-a-1-1"))).coin == "BTC"
            assert len((await store.tail(await store.origin(), 9)).events) == 1
        finally:
            blocked.set()
        await waiting
        assert len((await store.decisions(ANY, before=None, limit=1)).items) == 1

    run(name, tmp_path, scenario)


def test_a_place_is_given_back_by_who_is_cancelled() -> None:
    """Waiting or within, and on every event loop anew."""
    lanes = Lanes(Bounds(of_a_kind=1, long=1))

    async def held(kind: str, until: asyncio.Event) -> None:
        async with lanes.place(kind):
            await until.wait()

    async def scenario() -> None:
        for kind in (min(LONG), "bots"):
            never = asyncio.Event()
            tasks = [asyncio.ensure_future(held(kind, never)) for _ in range(3)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            ended = asyncio.Event()
            ended.set()
            await held(kind, ended)

    for _ in range(2):
        asyncio.run(scenario())
