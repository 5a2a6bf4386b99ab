"""Files the SQLite store must refuse, and what it leaves behind."""

import asyncio
import os
import threading
from pathlib import Path

import apsw
import pytest

from motherhaven.contract.errors import ConfigError, StoreCorrupt, StoreUnavailable
from motherhaven.stores.sqlite import SqliteStore, connect
from tests.conformance.stores.kit import ANY, Bot, StillClock


def store_at(path: Path) -> SqliteStore:
    """A store at `path`, not yet open."""
    return SqliteStore(path, clock=StillClock())


async def filled(path: Path) -> None:
    """A closed store with 900 decisions."""
    store = store_at(path)
    await store.open()
    bot = Bot()
    await store.append([bot.decision(n, raw_response="r" * 500) for n in range(900)])
    await store.close()


def test_a_foreign_database_is_refused_untouched(tmp_path: Path) -> None:
    """Another program's file is never written to."""
    path = tmp_path / "other.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE decisions (id INTEGER)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="another program"):
        asyncio.run(store_at(path).open())
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """An older Motherhaven does not guess at what it does not know."""
    path = tmp_path / "store.db"
    asyncio.run(filled(path))
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ConfigError, match="newer Motherhaven"):
        asyncio.run(store_at(path).open())


def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    """Garbage gets a clear error with the way on, not a traceback of the library."""
    path = tmp_path / "store.db"
    path.write_bytes(b"this is not a database" * 1_000)
    with pytest.raises(StoreCorrupt, match="recover"):
        asyncio.run(store_at(path).open())


def flip(path: Path, kind: str) -> None:
    """Invert the first pages of that kind that hold the log of events."""
    connection = apsw.Connection(str(path))
    pages = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = ? ORDER BY pageno LIMIT 2",
        (kind,),
    ).fetchall()
    connection.close()
    content = bytearray(path.read_bytes())
    for (number,) in pages:
        start, end = (number - 1) * 4_096, number * 4_096
        content[start:end] = bytes(255 - byte for byte in content[start:end])
    path.write_bytes(content)


def test_a_damaged_page_is_a_clear_error_not_a_wrong_answer(tmp_path: Path) -> None:
    """Queries that meet flipped bytes raise StoreCorrupt; the store can still be closed."""
    path = tmp_path / "store.db"
    asyncio.run(filled(path))
    flip(path, "leaf")

    async def scenario() -> None:
        store = store_at(path)
        await store.open()
        with pytest.raises(StoreCorrupt, match="damaged"):
            await store.decisions(ANY, before=None, limit=5_000)
        await store.close()

    asyncio.run(scenario())


def test_a_file_damaged_at_its_root_does_not_open(tmp_path: Path) -> None:
    """open() raises and leaves no thread behind."""
    path = tmp_path / "store.db"
    asyncio.run(filled(path))
    flip(path, "internal")
    before = threading.active_count()
    with pytest.raises(StoreCorrupt, match="recover"):
        asyncio.run(store_at(path).open())
    assert threading.active_count() == before


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    """A directory in place of the file, or a file in place of the folder."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_text("x")
    for path in (tmp_path / "a", tmp_path / "b" / "store.db"):
        with pytest.raises(StoreUnavailable, match="store"):
            asyncio.run(store_at(path).open())


def test_a_kill_in_the_migration_leaves_a_file_that_opens(tmp_path: Path) -> None:
    """The schema is made in one transaction: half of it is never seen."""
    path = tmp_path / "store.db"
    script = (Path(connect.__file__).parent / "0001.sql").read_text()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode=WAL; BEGIN IMMEDIATE;" + script[: len(script) // 2]
                       .rpartition(";")[0])  # fmt: skip
    connection.close(True)
    asyncio.run(filled(path))


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """Prompts are private: no other user may read the database or its log."""
    path = tmp_path / "new" / "store.db"

    async def scenario() -> None:
        store = store_at(path)
        await store.open()
        await store.append([Bot().decision()])
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert set(modes.values()) == {0o600}
        assert len(modes) == 3
        await store.close()

    asyncio.run(scenario())


def test_close_leaves_no_thread_file_or_log_behind(tmp_path: Path) -> None:
    """Opened and closed ten times: descriptors and threads are as before."""
    path = tmp_path / "store.db"

    async def cycle() -> None:
        store = store_at(path)
        await store.open()
        await asyncio.gather(store.append([Bot().decision()]), store.bots(), store.head())
        await store.close()
        await store.close()

    asyncio.run(cycle())
    before = (len(os.listdir("/proc/self/fd")), threading.active_count())
    for _ in range(10):
        asyncio.run(cycle())
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before
    assert [file.name for file in tmp_path.iterdir()] == ["store.db"]


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Calls before open and after close are refused, not lost."""

    async def scenario() -> None:
        store = store_at(tmp_path / "store.db")
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="closed"):
                await store.append([Bot().decision()])
            with pytest.raises(StoreUnavailable, match="closed"):
                await store.bots()
            await store.open()
            await store.close()

    asyncio.run(scenario())
