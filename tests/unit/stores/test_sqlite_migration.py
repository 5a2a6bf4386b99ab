"""A store of the first schema is brought up to date, with what the new tables need."""

import asyncio
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import apsw
import pytest

from motherhaven.stores import DecisionFilter
from motherhaven.stores.sqlite import SqliteStore, connect
from tests.conformance.stores.kit import START, Bot, StillClock

_LATER = ("candles", "postings", "shared")


def first_schema(path: Path) -> None:
    """A database as the first version wrote it: a decision refused, a fill, funding."""

    async def fill() -> None:
        store = SqliteStore(path, clock=StillClock())
        await store.open()
        bot = Bot()
        refused = {"allowed": False, "rule": "max_leverage"}
        opened = bot.opened(1, position_id="p1", decision_id="d1")
        await store.append([bot.decision(0, verdict=refused), bot.decision(1), opened])
        await store.append([bot.fill(1), bot.fill(1, position_id=None), bot.funding(60)])
        await store.close()

    asyncio.run(fill())
    new = apsw.Connection(str(path))
    script = (files(connect.__package__) / "0001.sql").read_text("utf-8")
    old_path = path.with_suffix(".old")
    old = apsw.Connection(str(old_path))
    old.execute(script)
    old.execute(f"PRAGMA application_id={connect.APPLICATION_ID}; PRAGMA user_version=1")
    for (table,) in new.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        if table in _LATER:
            continue
        columns = [row[1] for row in old.execute(f"PRAGMA table_info({table})")]
        marks = ", ".join("?" * len(columns))
        rows = new.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
        old.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    new.close()
    old.close()
    for leftover in path.parent.glob(path.name + "*"):
        leftover.unlink()
    old_path.rename(path)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The file of a store of the first schema."""
    path = tmp_path / "store.db"
    first_schema(path)
    return path


def test_an_old_store_answers_the_new_queries(old: Path) -> None:
    """Verdicts, fills, funding and the position of a decision are there after the move."""

    async def scenario() -> None:
        store = SqliteStore(old, clock=StillClock())
        await store.open()
        page = await store.decisions(DecisionFilter(verdict="rejected"), before=None, limit=9)
        assert [row.id for row in page.items] == ["bot-a-1-2"]
        assert [row.id for row in await store.fills("bot-a", "p1")] == ["bot-a-1-4"]
        assert [row.id for row in await store.fundings("bot-a", "p1")] == ["bot-a-1-6"]
        assert (found := await store.opened_by("bot-a", "d1")) is not None
        assert found.id == "p1"
        bot = Bot(epoch=2)
        await store.append([bot.candles(0, (START.isoformat(), "1", "2", "1", "2", None))])
        end = START + timedelta(days=1)
        assert len(await store.candles("bot-a", "BTC", start=START, end=end, limit=9)) == 1
        await store.close()

    asyncio.run(scenario())


def test_a_migration_that_fails_leaves_the_old_schema_whole(
    old: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All statements of a migration take effect together, or none; then it works again."""
    real = connect.files

    class Broken:
        """The folder of the scripts, with one more statement that fails."""

        def __truediv__(self, name: str) -> "Broken":
            self.name = name
            return self

        def read_text(self, encoding: str) -> str:
            return (real(connect.__package__) / self.name).read_text(encoding) + "SELECT broken;"

    with monkeypatch.context() as patch:
        patch.setattr(connect, "files", lambda package: Broken())
        with pytest.raises(Exception, match="no such column: broken"):
            connect.connect_writer(old, "x")
    database = apsw.Connection(str(old))
    assert connect.pragma(database, "user_version") == 1
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_schema")}
    assert tables.isdisjoint(_LATER)
    database.close()
    connect.connect_writer(old, "x").close()
    database = apsw.Connection(str(old))
    assert connect.pragma(database, "user_version") == len(connect.MIGRATIONS)
    database.close()
