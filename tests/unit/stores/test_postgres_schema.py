"""The schema on a real PostgreSQL: created whole or not at all, never another program's."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from motherhaven.contract.errors import ConfigError, MotherhavenError, StoreUnavailable
from motherhaven.contract.events import TextPart
from motherhaven.stores.postgres import PostgresStore, migrate
from tests.conformance.stores.kit import Bot, StillClock
from tests.postgres_server import shared_server, store_url


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store that nobody made yet."""
    return store_url(tmp_path)


def ask(query: str, database: str = "postgres") -> list[tuple[object, ...]]:
    """The server's own answer, as its superuser."""
    url = shared_server().url.replace("/postgres?", f"/{database}?")
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def schema_of(url: str) -> str:
    """The schema that a URL names."""
    return url.rpartition("schema=")[2]


def opened_and_closed(url: str, then: Callable[[PostgresStore], object] | None = None) -> None:
    """Open a store, do something, close it."""

    async def scenario() -> None:
        store = PostgresStore(url, clock=StillClock())
        await store.open()
        try:
            if then is not None:
                await then(store)  # type: ignore[misc]
        finally:
            await store.close()

    asyncio.run(scenario())


def append_one(store: PostgresStore) -> object:
    """Keep one event."""
    return store.append([Bot().decision(user_prompt="p")])


def test_opening_again_keeps_everything(url: str) -> None:
    """The second opening migrates nothing and has the same cursors."""
    opened_and_closed(url, append_one)
    before = ask(f"SELECT * FROM {schema_of(url)}.meta ORDER BY name")
    opened_and_closed(url, append_one)
    assert ask(f"SELECT * FROM {schema_of(url)}.meta ORDER BY name") == before
    assert ask(f"SELECT count(*) FROM {schema_of(url)}.events") == [(1,)]


def test_a_newer_schema_is_refused(url: str) -> None:
    """An older program does not touch what a newer one wrote."""
    opened_and_closed(url)
    ask(f"UPDATE {schema_of(url)}.meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(ConfigError, match=r"newer Motherhaven \(schema 99.*upgrade"):
        opened_and_closed(url)


@pytest.mark.parametrize(
    "made", ["CREATE TABLE {0}.customers (id int)", "CREATE TABLE {0}.meta (name text, value text)",
             "CREATE TABLE {0}.meta (key int)"],
)  # fmt: skip
def test_another_programs_schema_is_left_alone(url: str, made: str) -> None:
    """Nothing is created beside its tables."""
    schema = schema_of(url)
    ask(f"CREATE SCHEMA {schema}")
    ask(made.format(schema))
    with pytest.raises(ConfigError, match="another program"):
        opened_and_closed(url)
    tables = ask(f"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'")
    assert tables == [(1,)]


def test_a_migration_that_fails_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error at its end: no schema, no table; the next attempt does it all."""
    monkeypatch.setattr(migrate, "MIGRATIONS", ("0001.sql", "0001.sql"))
    with pytest.raises(MotherhavenError, match="already exists"):
        opened_and_closed(url)
    count = f"SELECT count(*) FROM pg_namespace WHERE nspname = '{schema_of(url)}'"
    assert ask(count) == [(0,)]
    monkeypatch.undo()
    opened_and_closed(url, append_one)


def test_a_user_without_the_right_is_told_what_the_owner_must_do(url: str) -> None:
    """The command is in the error; once it was run, the same user opens the store."""
    schema, user = schema_of(url), "u_" + schema_of(url)
    ask(f"CREATE ROLE {user} LOGIN")
    own = url.replace("postgres@", f"{user}@")
    with pytest.raises(ConfigError, match=f"CREATE SCHEMA {schema} AUTHORIZATION"):
        opened_and_closed(own)
    ask(f"CREATE SCHEMA {schema} AUTHORIZATION {user}")
    opened_and_closed(own, append_one)


def test_a_database_that_cannot_hold_every_text_is_refused(url: str) -> None:
    """LATIN1 would refuse an emoji in the middle of the night."""
    name = "d_" + schema_of(url)
    ask(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(ConfigError, match=r"LATIN1.*CREATE DATABASE"):
        opened_and_closed(url.replace("/postgres?", f"/{name}?"))


def test_a_right_that_was_taken_away_is_named(url: str) -> None:
    """Where the user may only read, an append says so and keeps nothing; reading goes on."""
    opened_and_closed(url)
    user = "r_" + schema_of(url)
    ask(f"CREATE ROLE {user} LOGIN SUPERUSER")
    own = url.replace("postgres@", f"{user}@")

    async def append(store: PostgresStore) -> None:
        ask(f"GRANT USAGE ON SCHEMA {schema_of(url)} TO {user}")
        ask(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema_of(url)} TO {user}")
        ask(f"ALTER ROLE {user} NOSUPERUSER")
        with pytest.raises(StoreUnavailable, match=r"lacks a right.*nothing was kept"):
            await store.append([Bot().decision()])
        assert await store.bots() == []

    opened_and_closed(own, append)


def test_a_commit_waits_for_the_disk_whatever_the_default_is(url: str) -> None:
    """synchronous_commit is off for the database's user, and on in every append and part."""
    opened_and_closed(url)
    schema, user = schema_of(url), "s_" + schema_of(url)
    ask(f"CREATE ROLE {user} LOGIN SUPERUSER")
    ask(f"ALTER ROLE {user} SET synchronous_commit = off")
    ask(f"CREATE TABLE {schema}.seen (value text)")
    ask(f"CREATE FUNCTION {schema}.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO {schema}.seen VALUES (current_setting('synchronous_commit')); "
        "RETURN NEW; END $$")  # fmt: skip
    for table in ("events", "parts"):
        ask(f"CREATE TRIGGER see BEFORE INSERT ON {schema}.{table} "
            f"FOR EACH ROW EXECUTE FUNCTION {schema}.see()")  # fmt: skip
    own = url.replace("postgres@", f"{user}@")

    async def write(store: PostgresStore) -> None:
        await store.append([Bot().decision()])
        await store.put_parts([TextPart("e", "bot-a", "user_prompt", 0, 1, "text")])

    opened_and_closed(own, write)
    with psycopg.connect(own.partition("&schema=")[0]) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)
    assert ask(f"SELECT value FROM {schema}.seen") == [("on",), ("on",)]
