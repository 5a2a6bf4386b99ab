"""Several servers on one database: one order, nothing missed, each hears of the others."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import psycopg
import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.postgres import PostgresStore
from motherhaven.stores.relational import store as store_module
from motherhaven.testing.postgres import PostgresProcess
from tests.conformance.stores.kit import Bot
from tests.faults.postgres.tools import ask, ids_from, run, schema_of, store_at
from tests.patience import until, within

COUNT = 150
WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def appender(url: str, name: str) -> list[str]:
    """A server process that appends; the ids that it saw acknowledged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.postgres.appender", url, name, str(COUNT),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode().split()


@pytest.mark.parametrize("kills", [0, 1])
def test_a_tail_misses_no_commit_of_two_processes(
    server: PostgresProcess, url: str, kills: int
) -> None:
    """Read while they append and the database is killed: every event once, in cursor order."""

    async def scenario(store: PostgresStore) -> None:
        start = cursor = await store.head()
        seen: list[str] = []
        done = asyncio.gather(appender(url, "left"), appender(url, "right"))
        left = kills
        while not done.done():
            if left and len(seen) > COUNT // 2:
                left -= 1
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            try:
                cursor = await ids_from(store, cursor, seen)
            except StoreUnavailable:
                assert kills
            await asyncio.sleep(0.001)
        acknowledged = [one for ids in await done for one in ids]
        await ids_from(store, cursor, seen)
        assert left == 0
        assert len(seen) == len(set(seen)) == 2 * COUNT + 1
        assert set(seen) == set(acknowledged)
        assert acknowledged.count("common-1-1") == 2
        again: list[str] = []
        await ids_from(store, start, again)
        assert again == seen

    run(url, scenario)


def test_a_transaction_that_commits_late_is_not_skipped(url: str) -> None:
    """While one server holds the log's turn the others wait: no higher cursor before it."""

    async def scenario(store: PostgresStore) -> None:
        bot = Bot()
        await store.append([bot.decision()])
        head = await store.head()
        lock = ask(url, f"SELECT '{schema_of(url)}.meta'::regclass::oid::int")[0][0]
        with psycopg.connect(url.partition("&schema=")[0]) as late:
            late.execute("SELECT pg_advisory_xact_lock(%s, %s)", (0x4D485344, lock))
            waiting = asyncio.create_task(store.append([bot.decision(1)]))
            await until(lambda: ask(url, WAITING), "the wait for the lock")
            assert not waiting.done()
            assert await store.head() == head
        assert (await waiting)[0].status == "stored"

    run(url, scenario)


def test_a_commit_wakes_the_other_server_without_polling(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NOTIFY alone does it: polling is switched off here."""
    monkeypatch.setattr(store_module, "POLL_SECONDS", 3_600)

    async def scenario(store: PostgresStore) -> None:
        async with another(url) as other:
            await hears(other)
            async with aclosing(other.follow(await other.head())) as tails:
                for minute in range(3):
                    waiting = asyncio.ensure_future(anext(tails))
                    await asyncio.sleep(0)
                    await store.append([Bot(f"bot-{minute}").decision()])
                    tail = await within(waiting)
                    assert [one.event.bot_id for one in tail.events] == [f"bot-{minute}"]

    run(url, scenario)


@asynccontextmanager
async def another(url: str) -> AsyncIterator[PostgresStore]:
    """A second server's store while the context lasts."""
    other = store_at(url)
    await other.open()
    try:
        yield other
    finally:
        await other.close()


async def hears(store: PostgresStore) -> None:
    """Wait until the store has its listening connection."""
    assert store._listener is not None
    await within(store._listener.listening.wait())


def test_without_a_listening_connection_it_polls(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LISTEN is refused (a pooler in between): the other server's commit is still noticed."""

    async def refused(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("LISTEN is not for you")

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", refused)

    async def scenario(store: PostgresStore) -> None:
        async with another(url) as other:
            async with aclosing(other.follow(await other.head())) as tails:
                waiting = asyncio.ensure_future(anext(tails))
                await store.append([Bot().decision()])
                assert (await within(waiting)).events
            assert other._listener is not None
            assert not other._listener.listening.is_set()

    run(url, scenario)


def test_a_lost_listening_connection_is_made_again_and_tells_what_it_missed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terminated by the server, it listens again; a commit in between wakes on its return."""
    monkeypatch.setattr(store_module, "POLL_SECONDS", 3_600)

    async def scenario(store: PostgresStore) -> None:
        async with another(url) as other:
            await hears(other)
            tails = other.follow(await other.head())
            waiting = asyncio.ensure_future(anext(tails))
            ask(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                     "WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'")  # fmt: skip
            await store.append([Bot().decision()])
            assert (await within(waiting)).events
            await hears(other)
            await tails.aclose()

    run(url, scenario)


def test_the_same_event_from_many_servers_at_once_is_stored_once(url: str) -> None:
    """Four servers, the same ten events at the same time: one stored of each, three duplicates."""

    async def scenario(store: PostgresStore) -> None:
        others = [store_at(url) for _ in range(3)]
        await asyncio.gather(*(other.open() for other in others))
        bot = Bot()
        events = [bot.opened(n, position_id=f"p{n}") for n in range(10)]
        stores = [store, *others]
        told = await asyncio.gather(*(one.append(events) for one in stores))
        for results in zip(*told, strict=True):
            assert sorted(one.status for one in results) == ["duplicate"] * 3 + ["stored"]
            assert len({one.cursor for one in results}) == 1
        assert (await store.bots())[0].stats.open_positions == 10
        await asyncio.gather(*(other.close() for other in others))

    run(url, scenario)


def test_many_servers_may_open_a_new_database_at_once(url: str) -> None:
    """One creates the schema, the others find it: all have the same cursors."""
    heads: list[str] = []

    def serve() -> None:
        async def scenario(store: PostgresStore) -> None:
            heads.append(await store.head())

        run(url, scenario)

    threads = [threading.Thread(target=serve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heads) == 8
    assert len(set(heads)) == 1
