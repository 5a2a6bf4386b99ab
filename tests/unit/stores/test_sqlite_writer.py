"""The writer thread: group commit, blame where it belongs, nothing blocks the loop."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.relational import ingest
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.sqlite import SqliteStore, connect
from motherhaven.stores.sqlite.writer import Writer
from tests.conformance.stores.kit import ANY, START, Bot, StillClock


def test_waiting_requests_share_a_commit(tmp_path: Path) -> None:
    """What queues up behind a slow commit goes in with one."""
    commits: list[int] = []

    async def scenario() -> None:
        writer = Writer(tmp_path / "w.db", "aa", lambda _: commits.append(1))
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(db: Session) -> str:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(20)
            return "first"

        first = asyncio.ensure_future(writer.do(wait))
        await asyncio.sleep(0)
        rest = [asyncio.ensure_future(writer.do(lambda db, n=n: n)) for n in range(50)]
        await asyncio.sleep(0)
        gate.set()
        assert await first == "first"
        assert await asyncio.gather(*rest) == list(range(50))
        await asyncio.to_thread(writer.stop)

    asyncio.run(scenario())
    assert len(commits) <= 3


def test_one_bad_request_does_not_take_its_group_with_it(tmp_path: Path) -> None:
    """The culprit gets its error; everyone else is kept, once."""

    async def scenario() -> None:
        writer = Writer(tmp_path / "w.db", "aa", lambda _: None)

        def insert(db: Session, value: Any) -> int:
            db.run("INSERT INTO meta VALUES (?, 'x')", (value,))
            return len(str(value))

        def break_a_rule(db: Session) -> None:
            db.run("INSERT INTO meta VALUES ('floor', 'again')")

        def bug(db: Session) -> None:
            raise ValueError("a bug")

        results = await asyncio.gather(
            *(writer.do(lambda db, n=n: insert(db, n * "k")) for n in (1, 2)),
            writer.do(bug),
            writer.do(break_a_rule),
            *(writer.do(lambda db, n=n: insert(db, n * "k")) for n in (3, 4)),
            return_exceptions=True,
        )
        assert [r for r in results if isinstance(r, int)] == [1, 2, 3, 4]
        assert [type(r).__name__ for r in results[2:4]] == ["ValueError", "StoreError"]
        await asyncio.to_thread(writer.stop)

    asyncio.run(scenario())
    connection = apsw.Connection(str(tmp_path / "w.db"))
    assert connection.execute("SELECT count(*) FROM meta WHERE value = 'x'").get == 4


def test_readers_and_the_loop_go_on_while_the_writer_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the write lock: reads answer, the append waits, then works."""
    monkeypatch.setattr(connect, "BUSY_MILLISECONDS", 20_000)

    async def scenario() -> None:
        store = SqliteStore(tmp_path / "store.db", clock=StillClock())
        await store.open()
        bot = Bot()
        await store.append([bot.decision(0)])
        other = apsw.Connection(str(tmp_path / "store.db"))
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(store.append([bot.decision(1)]))
        for _ in range(20):
            assert len((await store.decisions(ANY, before=None, limit=9)).items) == 1
        assert not waiting.done()
        other.execute("ROLLBACK")
        assert (await waiting)[0].status == "stored"
        other.close()
        await store.close()

    asyncio.run(scenario())


def test_a_lock_held_too_long_is_unavailable_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is told to try again, and then it works."""
    monkeypatch.setattr(connect, "BUSY_MILLISECONDS", 30)

    async def scenario() -> None:
        store = SqliteStore(tmp_path / "store.db", clock=StillClock())
        await store.open()
        event = Bot().decision()
        other = apsw.Connection(str(tmp_path / "store.db"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another process"):
            await store.append([event])
        other.execute("ROLLBACK")
        other.close()
        assert (await store.append([event]))[0].status == "stored"
        await store.close()

    asyncio.run(scenario())


def test_close_finishes_what_was_accepted(tmp_path: Path) -> None:
    """Appends under way when close is called are answered and kept."""

    async def scenario() -> None:
        store = SqliteStore(tmp_path / "store.db", clock=StillClock())
        await store.open()
        bots = [Bot(f"bot-{n}") for n in range(30)]
        waiting = [asyncio.ensure_future(store.append([bot.decision()])) for bot in bots]
        await asyncio.sleep(0)
        await store.close()
        assert {(await job)[0].status for job in waiting} == {"stored"}
        await store.open()
        assert len(await store.bots()) == 30
        await store.close()

    asyncio.run(scenario())


def test_a_caller_that_gives_up_disturbs_nobody(tmp_path: Path) -> None:
    """Cancelled waits, even of a loop that is gone, leave the writer working."""

    async def scenario() -> SqliteStore:
        store = SqliteStore(tmp_path / "store.db", clock=StillClock())
        await store.open()
        jobs = [asyncio.ensure_future(store.append([Bot(f"b{n}").decision()])) for n in range(9)]
        await asyncio.sleep(0)
        for job in jobs:
            job.cancel()
        return store

    async def go_on(store: SqliteStore) -> None:
        assert (await store.append([Bot("late").decision()]))[0].status == "stored"
        await store.close()

    asyncio.run(go_on(asyncio.run(scenario())))


def test_pruning_goes_in_steps_and_frees_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several commits drop everything old; the space is used again by what comes."""
    monkeypatch.setattr(ingest, "PRUNE_STEP", 7)
    path = tmp_path / "store.db"

    def batch(bot: Bot) -> list[Any]:
        return [bot.decision(n, raw_response="r" * 20_000) for n in range(40)]

    async def scenario() -> None:
        store = SqliteStore(path, clock=StillClock())
        await store.open()
        bot = Bot()
        await store.append(batch(bot))
        await store.close()
        size = path.stat().st_size
        await store.open()
        assert await store.prune(START + timedelta(days=1)) == 40
        await store.append(batch(bot.at(START + timedelta(days=2))))
        assert await store.prune(START + timedelta(days=1)) == 0
        await store.close()
        assert path.stat().st_size < size * 1.1

    asyncio.run(scenario())
