"""Opening the database: pragmas, schema, and what its errors mean to a caller."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Final

import apsw

from motherhaven.contract import private
from motherhaven.contract.errors import ConfigError, StoreCorrupt, StoreError, StoreUnavailable

APPLICATION_ID: Final = 0x4D485344
"""Marks the file as a store of ours ("MHSD"), so that no other file is ever touched."""

MIGRATIONS: Final = ("0001.sql", "0002.sql", "0003.sql", "0004.sql", "0005.sql", "0006.sql")
BUSY_MILLISECONDS: Final = 5_000

WRITER_PRAGMAS: Final = """
    PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;
    PRAGMA wal_autocheckpoint=4000; PRAGMA temp_store=MEMORY;
"""
_DAMAGED: Final = (apsw.CorruptError, apsw.NotADBError)
_FULL: Final = "the disk is full; free some space and the same call works again"
_REASONS: Final[tuple[tuple[type[apsw.Error], str], ...]] = (
    (apsw.FullError, _FULL),
    (apsw.BusyError, "another process holds the database too long; stop it or try again"),
    (apsw.LockedError, "another process holds the database too long; stop it or try again"),
    (apsw.ReadOnlyError, "the file or its folder is read-only; make both writable"),
    (apsw.CantOpenError, "the file cannot be opened; check that its folder exists and is ours"),
    (apsw.PermissionsError, "no permission; check the owner of the file and its folder"),
    (apsw.AuthError, "no permission; check the owner of the file and its folder"),
    (apsw.IOError, "reading or writing failed; check the disk and its free space"),
    (apsw.NoMemError, "the process is out of memory"),
    (apsw.InterruptError, "the query was interrupted"),
)


def connect_writer(path: Path, generation: str) -> apsw.Connection:
    """A connection that may write; creates or migrates the schema.

    Raises:
        StoreUnavailable, StoreCorrupt: the file cannot be used now, or is damaged.
        ConfigError: the file is another program's, or a newer Motherhaven's.
    """
    try:
        private.make_folder(path.parent)
    except OSError as error:
        raise StoreUnavailable(f"store {path}: its folder cannot be made: {error}") from error
    try:
        private.make_file(path)
        for suffix in ("-wal", "-shm"):
            private.tighten(path.with_name(path.name + suffix))
    except OSError as error:
        raise StoreUnavailable(
            f"store {path}: cannot be made: {error}; check that its folder exists and is ours"
        ) from error
    try:
        connection = apsw.Connection(os.fspath(path))
        try:
            connection.set_busy_timeout(BUSY_MILLISECONDS)
            _check_owner(connection, path)
            connection.execute(WRITER_PRAGMAS).fetchall()
            _migrate(connection, generation)
        except (apsw.Error, ConfigError):
            connection.close(True)
            raise
    except apsw.Error as error:
        raise translated(error, path) from error
    return connection


def connect_reader(path: Path) -> apsw.Connection:
    """A connection for queries only; usable from one thread after another.

    Raises:
        StoreUnavailable, StoreCorrupt: the file cannot be used now, or is damaged.
    """
    try:
        connection = apsw.Connection(os.fspath(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        connection.execute("PRAGMA query_only=1; PRAGMA cache_size=-16384").fetchall()
    except apsw.Error as error:
        raise translated(error, path) from error
    return connection


def translated(error: apsw.Error, path: Path) -> StoreError:
    """What `error` means for a caller of the store at `path`."""
    if isinstance(error, _DAMAGED):
        return StoreCorrupt(
            f"store {path}: the database is damaged ({error}); stop the server, set the file and "
            "its -wal aside, and restore a backup or salvage it with `sqlite3 FILE .recover`"
        )
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            away = StoreUnavailable(f"store {path}: {reason} ({error}); nothing was kept")
            away.reason = reason
            return away
    return StoreError(f"store {path}: the database refused ({error}); nothing was kept")


def pragma(connection: apsw.Connection, name: str) -> int:
    """The value of a numeric pragma."""
    value = connection.execute(f"PRAGMA {name}").get
    assert isinstance(value, int)
    return value


def _check_owner(connection: apsw.Connection, path: Path) -> None:
    owner, version = pragma(connection, "application_id"), pragma(connection, "user_version")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if owner != APPLICATION_ID and (owner or version or tables):
        raise ConfigError(
            f"store {path}: this database belongs to another program; "
            "set MOTHERHAVEN_STORE to a file of its own"
        )
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"store {path}: written by a newer Motherhaven (schema {version}, this one knows "
            f"{len(MIGRATIONS)}); upgrade, or set MOTHERHAVEN_STORE to another file"
        )


def _migrate(connection: apsw.Connection, generation: str) -> None:
    """Bring the schema up to date in one transaction; safe to be killed in."""
    if pragma(connection, "user_version") == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = pragma(connection, "user_version")
        for name in MIGRATIONS[version:]:
            connection.execute((files(__package__) / name).read_text("utf-8"))
        connection.execute(
            "INSERT OR IGNORE INTO meta VALUES ('generation', ?), ('floor', '0')", (generation,)
        )
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except apsw.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
