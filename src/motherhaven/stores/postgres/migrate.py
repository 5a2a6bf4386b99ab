"""The schema: created or brought up to date in one transaction, by one server at a time."""

from importlib.resources import files
from typing import Final

import psycopg
from psycopg import errors, sql

from motherhaven.contract.errors import ConfigError
from motherhaven.stores.postgres.connect import (
    DURABLE,
    Connection,
    close,
    connect,
    translated,
)
from motherhaven.stores.postgres.location import Location

MIGRATIONS: Final = ("0001.sql", "0002.sql", "0003.sql", "0004.sql", "0005.sql", "0006.sql")
OLDEST_SERVER: Final = 140_000
LOCK_CLASS: Final = 0x4D485344
"""Namespace of our advisory locks ("MHSD"), so that other programs' are never met."""

_APPLICATION: Final = "motherhaven store"
_META: Final = """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    INSERT INTO meta VALUES ('application', 'motherhaven store'), ('schema', '0'), ('floor', '0');
"""


def migrate(location: Location, generation: str) -> tuple[str, int]:
    """Bring the schema up to date; safe to be killed in, and to be run by many at once.

    Returns the random id of this database (`generation` if it is new) and the key of
    the lock under which appends go one after the other.

    Raises:
        ConfigError: another program's schema, a newer Motherhaven's, not UTF-8, too old.
        StoreUnavailable: the server cannot be reached, or a right is missing.
    """
    connection = connect(location, "setup")
    try:
        _check_server(connection, location)
        _check_pooler(connection, location)
        connection.execute("BEGIN")
        connection.execute(DURABLE)
        connection.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK_CLASS, location.schema)
        )
        _bring_up(connection, location, generation)
        row = connection.execute(
            "SELECT (SELECT value FROM meta WHERE name = 'generation'), 'meta'::regclass::oid::int"
        ).fetchone()
        connection.execute("COMMIT")
    except errors.InsufficientPrivilege as error:
        raise ConfigError(
            f"store {location.shown}: the user may not create or change it "
            f"({location.redact(str(error))}); let the database's owner run: "
            f"CREATE SCHEMA {location.schema} AUTHORIZATION the_user"
        ) from None
    except psycopg.Error as error:
        raise translated(error, location) from None
    finally:
        close(connection)
    assert row is not None
    return str(row[0]), int(row[1])


def _check_server(connection: Connection, location: Location) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise ConfigError(
            f"store {location.shown}: PostgreSQL {connection.info.server_version // 10_000} is too "
            f"old; use {OLDEST_SERVER // 10_000} or newer"
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigError(
            f"store {location.shown}: the database's encoding is {encoding}, which cannot hold "
            "every text; create one with: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
        )


def _check_pooler(connection: Connection, location: Location) -> None:
    """Refuse a pooler that gives each transaction another session: ours have settings.

    A pooler tells a process number of its own. Whether it shares sessions shows when a second
    connection is given the one that the first has only left for a moment, or somebody else.
    """
    own = _backend(connection)
    if connection.info.backend_pid == own:
        return
    other = connect(location, "setup")
    try:
        other.execute("BEGIN")
        is_shared = _backend(other) == own or _backend(connection) != own
    except errors.ProtocolViolation:
        is_shared = True  # pgbouncer in statement mode has no transactions at all
    finally:
        close(other)
    if is_shared:
        raise ConfigError(
            f"store {location.shown}: a pooler in transaction or statement mode is in between, "
            "which loses the settings, prepared statements and LISTEN of a session; name the "
            "database itself in MOTHERHAVEN_STORE, or a pool in session mode (pgbouncer: "
            "pool_mode = session)"
        )


def _backend(connection: Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def _bring_up(connection: Connection, location: Location, generation: str) -> None:
    version = _version(connection, location)
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"store {location.shown}: written by a newer Motherhaven (schema {version}, this one "
            f"knows {len(MIGRATIONS)}); upgrade, or name another schema with ?schema="
        )
    for name in MIGRATIONS[version:]:
        connection.execute((files(__package__) / name).read_bytes())
    if version < len(MIGRATIONS):
        connection.execute(
            "INSERT INTO meta VALUES ('generation', %s) ON CONFLICT DO NOTHING", (generation,)
        )
        connection.execute(
            "UPDATE meta SET value = %s WHERE name = 'schema'", (str(len(MIGRATIONS)),)
        )


def _version(connection: Connection, location: Location) -> int:
    """The schema's version, 0 for a new one, which gets its `meta` here."""
    found = connection.execute(
        "SELECT n.oid, (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid), "
        "(SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'meta') "
        "FROM pg_namespace n WHERE n.nspname = %s",
        (location.schema,),
    ).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(location.schema))
        )  # not IF NOT EXISTS: that needs the right to create even where it exists
    if found is None or found[1] == 0:
        connection.execute(_META)
        return 0
    if found[2]:
        told = _meta(connection)
        if told.get("application") == _APPLICATION:
            return int(told["schema"])
    raise ConfigError(
        f"store {location.shown}: this schema belongs to another program; "
        "name one of its own with ?schema= in MOTHERHAVEN_STORE"
    )


def _meta(connection: Connection) -> dict[str, str]:
    try:
        rows = connection.execute("SELECT name, value FROM meta").fetchall()
    except (errors.UndefinedColumn, errors.UndefinedTable):
        return {}
    return {str(name): str(value) for name, value in rows}
