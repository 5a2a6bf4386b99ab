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
from motherhaven.recorder import takeover
from motherhaven.recorder.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES, VIEWS

Synchronous = Literal["full", "normal", "off"]

MEMORY: Final = ":memory:"
_WAL_LIMIT: Final = 64 << 20

Damaged = (apsw.CorruptError, apsw.NotADBError)
"""What SQLite raises when the file itself is broken."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a journal belongs to: a random id, and how often it had to be begun anew."""

    bot_id: str
    epoch: int

    @property
    def mark(self) -> str:
        """Text that can be found again in the raw bytes of a broken file."""
        return f"motherhaven-journal:{self.bot_id}:{self.epoch}:"


def new_identity(ids: IdSource) -> Identity:
    """A fresh random identity; 60 random bits."""
    return Identity("bot-" + ids.new().replace("-", "")[-15:], 1)


def connect(
    path: str, *, synchronous: Synchronous, busy_seconds: float, vfs: str | None = None
) -> apsw.Connection:
    """A connection with its pragmas set; makes the file if there is none.

    Raises:
        apsw.Error: as SQLite says.
    """
    connection = apsw.Connection(path, vfs=vfs)
    connection.set_busy_timeout(int(busy_seconds * 1000))
    connection.pragma("synchronous", synchronous)
    connection.pragma("legacy_alter_table", True)
    connection.pragma("journal_size_limit", _WAL_LIMIT)
    return connection


def is_ready(connection: apsw.Connection, path: str) -> bool:
    """Whether the file is a journal of this version.

    Raises:
        JournalTooNew: a newer Motherhaven wrote it.
    """
    ours = connection.pragma("application_id") == APPLICATION_ID
    version = connection.pragma("user_version")
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
            taken = _create(connection, identity, ids, now, mode)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return taken


def _create(
    connection: apsw.Connection, identity: Identity, ids: IdSource, now: datetime, mode: Mode
) -> int:
    old = takeover.old_tables(connection)
    takeover.set_old_tables_aside(connection, old)
    for statement in (*TABLES, *VIEWS):
        connection.execute(statement)
    taken = takeover.import_old_tables(connection, old, ids, now, mode) if old else 0
    connection.execute(
        "INSERT INTO journal_meta (key, value) VALUES ('bot_id', ?), ('epoch', ?), ('mark', ?)",
        (identity.bot_id, str(identity.epoch), identity.mark),
    )
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", SCHEMA_VERSION)
    return taken


def read_identity(connection: apsw.Connection) -> Identity:
    """Who the open journal belongs to."""
    rows = connection.execute("SELECT key, value FROM journal_meta").fetchall()
    meta = {str(key): str(value) for key, value in rows}
    return Identity(meta["bot_id"], int(meta["epoch"]))


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
