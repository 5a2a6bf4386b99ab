"""Poolers are told apart, retention leaves no bloat, a migration under load loses nothing."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError, StoreUnavailable
from motherhaven.stores.postgres import PostgresStore, migrate
from motherhaven.stores.postgres.location import locate
from tests.conformance.stores.kit import START, Bot
from tests.faults.postgres.tools import append_until_kept, ask, ids_from, run, schema_of, store_at

URL = "postgresql://user:secret@db.example/app"


class Pooled:
    """A connection through a pooler, whose statements the process `backend` runs."""

    def __init__(self, told: int, backend: int) -> None:
        self.info = SimpleNamespace(backend_pid=told)
        self.backend = backend
        self.closed = False

    def execute(self, _: str) -> Any:
        """Answer with the process."""
        return SimpleNamespace(fetchone=lambda: (self.backend,))

    def close(self) -> None:
        """Note it."""
        self.closed = True


@pytest.mark.parametrize(
    ("told", "second", "refused"),
    [(7, 9, False), (700, 8, False), (700, 7, True)],
    ids=["no pooler", "a session each", "a session shared"],
)
def test_only_a_pooler_that_shares_sessions_is_refused(
    monkeypatch: pytest.MonkeyPatch, told: int, second: int, refused: bool
) -> None:
    """In words that name the setting and the way out, and never the password."""
    other = Pooled(701, second)
    monkeypatch.setattr(migrate, "connect", lambda *_: other)
    first: Any = Pooled(told, 7)
    if not refused:
        migrate._check_pooler(first, locate(URL))
        return
    with pytest.raises(ConfigError, match=r"MOTHERHAVEN_STORE.*session mode") as caught:
        migrate._check_pooler(first, locate(URL))
    assert "secret" not in str(caught.value)
    assert other.closed


def test_retention_leaves_no_bloat(url: str) -> None:
    """As many events again, after the first were pruned, take the room that those left."""

    async def scenario(store: PostgresStore) -> None:
        bot = Bot()
        sizes = []
        for day in range(3):
            moment = START + timedelta(days=day)
            bot.at(moment)
            for first in range(0, 400, 100):
                await store.append(
                    [bot.decision(day * 1440 + first + n, raw_response=text(n)) for n in range(100)]
                )
            sizes.append(size_of(url, "texts"))
            assert await store.prune(moment + timedelta(hours=12)) == 400
        assert sizes[2] <= 1.1 * sizes[0]

    run(url, scenario)


def text(number: int) -> str:
    """A long text that does not compress to nothing."""
    return "".join(str((number * 7919 + place * 104729) % 1_000_003) for place in range(800))


def size_of(url: str, table: str) -> int:
    """The bytes of a table, all included."""
    [(size,)] = ask(url, f"SELECT pg_total_relation_size('{schema_of(url)}.{table}')")
    return int(size)


def test_a_migration_under_load_loses_nothing(url: str) -> None:
    """A newer server brings the schema up while an older one appends: each event once."""

    async def scenario(store: PostgresStore) -> None:
        schema = schema_of(url)
        start, bots = await store.head(), [Bot(f"bot-{n}") for n in range(6)]
        sent = [[bot.opened(minute) for minute in range(30)] for bot in bots]

        async def write(events: list[Any]) -> None:
            for event in events:
                await append_until_kept(store, event)

        async def upgrade() -> None:
            for _ in range(3):
                ask(url, f"DROP INDEX {schema}.positions_exit")
                ask(url, f"ALTER TABLE {schema}.errors DROP COLUMN code")
                ask(url, f"UPDATE {schema}.meta SET value = '4' WHERE name = 'schema'")
                other = store_at(url)
                while True:
                    try:
                        await other.open()
                        break
                    except StoreUnavailable:
                        await asyncio.sleep(0)
                await other.close()

        await asyncio.gather(upgrade(), *(write(events) for events in sent))
        seen: list[str] = []
        await ids_from(store, start, seen)
        assert sorted(seen) == sorted(event.event_id for events in sent for event in events)

    run(url, scenario)
