"""Whether an open journal is what was recorded: its trees, its tables, every digest."""

import logging
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from motherhaven.recorder import database, digest
from motherhaven.recorder.database import Damaged, Suspect, close_untouched
from motherhaven.recorder.repair import wal

AT_ONCE_BYTES: Final = 32 << 20
"""Larger files are looked through behind the recording, by a thread of their own."""

_LOG: Final = logging.getLogger("motherhaven")
_SLICE: Final = 500
_TABLES: Final = (
    "SELECT seq, event_id, bot_id, mode, epoch, kind, lane, lane_seq, row_id, time, recorded_at,"
    " sha256, payload, digest FROM events",
    "SELECT lane, done FROM lanes",
    "SELECT seq, state, reason, at FROM shipping_exceptions",
    "SELECT * FROM decisions",
    "SELECT * FROM account_state",
    "SELECT * FROM positions",
    "SELECT * FROM bot_status",
)


def raise_if_damaged(connection: apsw.Connection) -> None:
    """Look through the whole file.

    Raises:
        apsw.CorruptError: what is wrong with it.
        apsw.Error: it cannot be looked at now (locked, disk).
    """
    try:
        for sql in _TABLES:
            connection.execute(sql + " LIMIT 1").fetchall()
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchall()
        lanes = connection.execute("SELECT lane, done FROM lanes ORDER BY lane").fetchall()
    except Damaged:
        raise
    except Suspect as error:
        raise apsw.CorruptError(f"{error}") from error
    if verdict != [("ok",)]:
        raise apsw.CorruptError(str(verdict[0][0]))
    if [lane for lane, _ in lanes] != [0, 1, 2] or not all(type(done) is int for _, done in lanes):
        raise apsw.CorruptError("its marks of what was shipped are none")
    database.read_identity(connection)
    start: int | None = 0
    while start is not None:
        start = check_rows(connection, start)


def check_rows(connection: apsw.Connection, start: int) -> int | None:
    """Compare the next rows from number `start` on with their digests; where to go on.

    Raises:
        apsw.CorruptError: a row is not what was recorded.
    """
    sql = f"{digest.SELECT} WHERE seq >= ? ORDER BY seq LIMIT ?"
    rows = connection.execute(sql, (start, _SLICE)).fetchall()
    for row in rows:
        if digest.intact(row) is None:
            raise apsw.CorruptError(f"event {row[0]} is not what was recorded")
    return int(str(rows[-1][0])) + 1 if len(rows) == _SLICE else None


def raise_if_log_broken(path: Path, connection: apsw.Connection) -> None:
    """Look for acknowledged commits that SQLite would silently forget.

    Raises:
        apsw.CorruptError: there are some.
    """
    if not wal.wal_path(path).exists():
        return
    observer = apsw.Connection(str(path))
    connection.execute("BEGIN IMMEDIATE")
    try:
        wal.read(path, observer)
    finally:
        connection.execute("ROLLBACK")
        close_untouched(observer)


class LaterCheck:
    """Looks through a large journal in the background, once, and tells of damage."""

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        damaged: "weakref.WeakMethod[Callable[[], None]]",
    ) -> None:
        self._connect = connect
        self._damaged = damaged
        self._stop = threading.Event()
        self._connection: apsw.Connection | None = None
        self.finished = threading.Event()

    def start(self) -> None:
        """Begin; the thread ends by itself."""
        threading.Thread(target=self._run, name="motherhaven-check", daemon=True).start()

    def stop(self) -> None:
        """End early."""
        self._stop.set()
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def _run(self) -> None:
        try:
            self._look()
        except Damaged:
            tell = self._damaged()
            if tell is not None and not self._stop.is_set():
                tell()
        except apsw.Error as error:
            if not self._stop.is_set():
                _LOG.warning("The journal could not be checked to its end: %s", error)
        finally:
            self.finished.set()

    def _look(self) -> None:
        connection = self._connection = self._connect()
        try:
            if not self._stop.is_set():
                raise_if_damaged(connection)
        finally:
            self._connection = None
            close_untouched(connection)
