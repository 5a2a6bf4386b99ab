"""A standby answers questions; it is never older than what this server told, nor in the way."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.stores import open_store
from motherhaven.stores.postgres import PostgresStore
from motherhaven.stores.relational import log
from tests.conformance.stores.kit import ANY, Bot, StillClock
from tests.faults.postgres.tools import schema_of, store_at

AWAY = "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=2"


class Slow(PostgresStore):
    """A store whose writer has answered before it tells anybody else of its commits."""

    def _committed(self, commits: Any) -> None:
        self._notifier.wake(commits)


async def bots_of(
    url: str, read_url: str, asked: list[str], kind: type[PostgresStore] = PostgresStore
) -> list[Any]:
    """The bots after an event, told with its tail too; `asked` notes who was asked."""
    store = kind(url, clock=StillClock(), read_url=read_url)
    await store.open()
    try:
        note(store._replica._readers if store._replica else None, "standby", asked)
        note(store._readers, "primary", asked)
        start = await store.head()
        asked.clear()
        await store.append([Bot().decision()])
        rows = await store.bots()
        assert [row.stats.decisions for row in rows] == [1]
        assert len((await store.decisions(ANY, before=None, limit=5)).items) == 1
        assert len((await store.tail(start, 5)).events) == 1
        return rows
    finally:
        await store.close()


def note(readers: Any, name: str, asked: list[str]) -> None:
    """Note each question to some readers."""
    original = readers.ask

    async def ask(query: Any) -> Any:
        asked.append(name)
        return await original(query)

    readers.ask = ask


def test_questions_go_to_the_standby_and_the_log_to_the_primary(url: str) -> None:
    """The tail, which decides what comes next, is read where it is written."""
    asked: list[str] = []
    assert len(asyncio.run(bots_of(url, url, asked))) == 1
    assert asked == ["standby", "standby", "primary"]


@pytest.mark.parametrize("kind", [PostgresStore, Slow])
def test_a_standby_that_is_behind_or_away_is_passed_over(
    url: str, monkeypatch: pytest.MonkeyPatch, kind: type[PostgresStore]
) -> None:
    """The primary answers, so that what was acknowledged is in every answer."""
    asked: list[str] = []
    with monkeypatch.context() as context:
        context.setattr(log, "head", lambda _: 0)
        asyncio.run(bots_of(url, url, asked, kind))
    assert asked == ["standby", "primary", "standby", "primary", "primary"]


def test_a_standby_that_is_away_stops_nothing(url: str) -> None:
    """Neither at the start nor later."""
    asked: list[str] = []
    asyncio.run(bots_of(url, AWAY + "&schema=" + schema_of(url), asked))
    assert asked == ["standby", "primary", "standby", "primary", "primary"]


def test_another_database_is_no_standby(url: str, tmp_path: Path) -> None:
    """Refused at the start in plain words; other stores have none at all."""

    async def scenario() -> None:
        other = url + "_other"
        for one in (store_at(url), store_at(other)):
            await one.open()
            await one.close()
        store = PostgresStore(url, clock=StillClock(), read_url=other)
        with pytest.raises(ConfigError, match="MOTHERHAVEN_STORE_READ"):
            await store.open()

    asyncio.run(scenario())
    with pytest.raises(ConfigError, match="only a postgresql"):
        open_store("sqlite:///a.db", clock=StillClock(), data_dir=tmp_path, read_url=url)


def test_an_answer_is_never_older_than_the_cursor_taken_before_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though another server committed: of several standbys, one that is behind is passed over."""

    async def scenario() -> None:
        asked: list[str] = []
        store, other = PostgresStore(url, clock=StillClock(), read_url=url), store_at(url)
        for one in (store, other):
            await one.open()
        try:
            note(store._replica._readers if store._replica else None, "standby", asked)
            note(store._readers, "primary", asked)
            await other.append([Bot().decision()])
            cursor = await store.read_cursor()
            assert cursor == await other.head()
            assert asked == ["standby"]
            monkeypatch.setattr(log, "head", lambda _: 0)
            assert [row.stats.decisions for row in await store.bots()] == [1]
            assert asked == ["standby", "standby", "primary"]
        finally:
            for one in (store, other):
                await one.close()

    asyncio.run(scenario())
