"""Opening a journal file: pragmas, schema, identity, and words for SQLite's errors."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import apsw

from motherhaven.contract.errors import JournalError, JournalLocked, JournalTooNew
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.legacy_import import first_bots
from motherhaven.recorder.schema import (
    APPLICATION_ID,
    MIGRATIONS,
    SCHEMA_VERSION,
    TABLES,
    VIEWS,
)

Synchronous = Literal["full", "normal", "off"]

MEMORY: Final = ":memory:"
_WAL_LIMIT: Final = 64 << 20
_MOST_VERSIONS: Final = 10_000

Damaged = (apsw.CorruptError, apsw.NotADBError)
"""What SQLite raises when the file itself is broken."""

Suspect = (*Damaged, apsw.SQLError, apsw.MismatchError, apsw.FormatError, UnicodeDecodeError)
"""What else comes of a broken file: its schema or its values make no sense."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a journal belongs to: a random id, and how often it had to be begun anew."""

    bot_id: str
    epoch: int

    @property
    def mark(self) -> str:
        """Text that can be found again in the raw bytes of a broken file."""
        return f"motherhaven-journal:{self.bot_id}:{self.epoch}:"


def is_cut_off(error: Exception) -> bool:
    """Whether SQLite read past the end of a file: it is shorter than it says."""
    short = apsw.SQLITE_IOERR_SHORT_READ
    return isinstance(error, apsw.IOError) and getattr(error, "extendedresult", None) == short


def new_identity(ids: IdSource) -> Identity:
    """A fresh random identity; 60 random bits."""
    return Identity("bot-" + ids.new().replace("-", "")[-15:], 1)


def connect(
    path: str,
    *,
    synchronous: Synchronous,
    busy_seconds: float,
    vfs: str | None = None,
    flags: int | None = None,
) -> apsw.Connection:
    """A connection with its pragmas set; makes the file if there is none, unless `flags` forbid.

    Raises:
        apsw.Error: as SQLite says.
    """
    if flags is None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(path, flags=flags, vfs=vfs)
    connection.set_busy_timeout(int(busy_seconds * 1000))
    connection.pragma("synchronous", synchronous)
    connection.pragma("legacy_alter_table", True)
    connection.pragma("journal_size_limit", _WAL_LIMIT)
    return connection


def is_ours(connection: apsw.Connection) -> bool:
    """Whether the file is a journal of any version, as far as it can be read."""
    try:
        return bool(connection.pragma("application_id") == APPLICATION_ID)
    except apsw.Error:
        return False


def is_ready(connection: apsw.Connection, path: str) -> bool:
    """Whether the file is a journal of this version.

    Raises:
        JournalTooNew: a newer Motherhaven wrote it.
    """
    ours = connection.pragma("application_id") == APPLICATION_ID
    version = connection.pragma("user_version")
    if ours and not 0 < version <= _MOST_VERSIONS:
        raise apsw.CorruptError(f"its version, {version}, is none that ever was")
    if ours and version > SCHEMA_VERSION:
        raise JournalTooNew(
            f"{path}: journal version {version}, but this Motherhaven knows up to "
            f"{SCHEMA_VERSION}; upgrade Motherhaven, or set MOTHERHAVEN_DATA to another folder"
        )
    return bool(ours and version == SCHEMA_VERSION)


def prepare(
    connection: apsw.Connection,
    identity: Identity,
    ids: IdSource,
    now: datetime,
    mode: Mode,
    *,
    wal: bool = True,
) -> int:
    """Make the schema, taking an old database over; all or nothing.

    Returns how many old rows were taken over as events.
    """
    if wal:
        connection.pragma("journal_mode", "wal")
    connection.execute("BEGIN IMMEDIATE")
    try:
        taken = 0
        if not is_ready(connection, connection.db_filename("main")):
            if connection.pragma("application_id") == APPLICATION_ID:
                _migrate(connection)
            else:
                taken = _create(connection, identity, ids, now, mode)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return taken


def _migrate(connection: apsw.Connection) -> None:
    """From an older version to today's, inside the caller's transaction."""
    version = connection.pragma("user_version")
    if version not in MIGRATIONS:
        raise apsw.CorruptError(f"its version, {version}, is none that ever was")
    for step in range(version, SCHEMA_VERSION):
        for statement in MIGRATIONS[step]:
            if not _is_done(connection, statement):  # the version number alone may be damaged
                connection.execute(statement)
    connection.pragma("user_version", SCHEMA_VERSION)


def _is_done(connection: apsw.Connection, statement: str) -> bool:
    """Whether a column that a statement is to add is there already, or one to drop is not."""
    words = statement.split()
    if words[0] != "ALTER":
        return False
    columns = {row[1] for row in connection.execute(f"PRAGMA table_xinfo({words[2]})")}
    return (words[5] in columns) is (words[3] == "ADD")


def _create(
    connection: apsw.Connection, identity: Identity, ids: IdSource, now: datetime, mode: Mode
) -> int:
    if connection.table_exists("main", "journal_meta"):
        raise apsw.CorruptError("the mark of a journal is gone from its header")
    old = first_bots.old_tables(connection)
    first_bots.set_old_tables_aside(connection, old)
    for statement in (*TABLES, *VIEWS):
        connection.execute(statement)
    taken = first_bots.import_old_tables(connection, old, ids, now, mode) if old else 0
    connection.execute(
        "INSERT INTO journal_meta (key, value) VALUES ('bot_id', ?), ('epoch', ?), ('mark', ?)",
        (identity.bot_id, str(identity.epoch), identity.mark),
    )
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", SCHEMA_VERSION)
    return taken


def read_identity(connection: apsw.Connection) -> Identity:
    """Who the open journal belongs to.

    Raises:
        apsw.CorruptError: it does not say so any more.
    """
    try:
        rows = connection.execute(
            "SELECT key, value FROM journal_meta WHERE key IN ('bot_id', 'epoch', 'mark')"
        ).fetchall()
        meta = {str(key): str(value) for key, value in rows}
        identity = Identity(meta["bot_id"], int(meta["epoch"]))
    except (KeyError, ValueError):  # no text of ours is anything else than UTF-8
        raise apsw.CorruptError("it no longer says which bot it belongs to") from None
    if meta.get("mark") != identity.mark:
        raise apsw.CorruptError("what it says about its bot contradicts itself")
    return identity


def close_untouched(connection: apsw.Connection) -> None:
    """Close after an error: roll back, leave the write-ahead log as it is, never raise."""
    with suppress(apsw.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    with suppress(apsw.Error):
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.close(True)


@contextmanager
def explained(path: str | Path, doing: str) -> Iterator[None]:
    """Turn SQLite's and the system's errors into JournalError with the way to mend it.

    Raises:
        JournalError: in place of any apsw.Error or OSError.
    """
    try:
        yield
    except (apsw.Error, OSError) as error:
        kind = JournalLocked if isinstance(error, _BUSY) else JournalError
        raise kind(f"{path}: {doing} failed: {_advice(error)}") from error


_BUSY: Final = (apsw.BusyError, apsw.LockedError)


def _advice(error: Exception) -> str:
    if isinstance(error, apsw.FullError):
        return "the disk is full; free some space, and recording goes on by itself"
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError, PermissionError)):
        return "it is read-only; make the file and its folder writable, or set MOTHERHAVEN_DATA"
    if isinstance(error, (apsw.CantOpenError, OSError)):
        return f"{error}; check that the folder exists and is writable, or set MOTHERHAVEN_DATA"
    if isinstance(error, _BUSY):
        return (
            "another process keeps it locked; end that process, "
            "or give this bot a folder of its own with MOTHERHAVEN_DATA"
        )
    if isinstance(error, apsw.IOError):
        return f"the disk reported an error ({error}); check the disk and its free space"
    if isinstance(error, Damaged):
        return f"the file is damaged ({error}); it will be set aside and what can be read, saved"
    return str(error)
