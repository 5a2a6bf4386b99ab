"""Opens a journal's files: made, checked, repaired, and known to stand at their path."""

import contextlib
import logging
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import apsw

from motherhaven.contract import private
from motherhaven.contract.clock import Clock
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import IdSource
from motherhaven.recorder import database, fileguard, pouring
from motherhaven.recorder.database import (
    MEMORY,
    Damaged,
    Identity,
    Suspect,
    Synchronous,
    close_untouched,
)
from motherhaven.recorder.filelock import FileLock
from motherhaven.recorder.repair import checks, rebuild, rescue, wal, wal_index
from motherhaven.recorder.repair.raw_scan import every_row

Inode = tuple[int, int]

_LOG: Final = logging.getLogger("motherhaven")
_OURS_REFUSED: Final = tuple(kind for kind in Suspect if kind not in Damaged)
"""In a file of ours: its schema or its values are damaged. Elsewhere: it is not ours."""

_PREPARE_SECONDS: Final = 60.0


def inode(path: str | Path) -> Inode | None:
    """Device and inode of the file at `path`, None if there is none."""
    try:
        found = os.stat(path)  # three times as fast as Path, on every call
    except OSError:
        return None
    return found.st_dev, found.st_ino


class OpenFiles:
    """A connection, and the file and log that it stands on."""

    def __init__(self, connection: apsw.Connection, guard: fileguard.Guard, path: str) -> None:
        """Note which files are open; the connection must not be in a transaction."""
        self.connection = connection
        self.guard = guard
        self._path = path
        self._log_path = f"{path}-wal"
        connection.execute("BEGIN IMMEDIATE")  # opens the log
        self.main, self.log = inode(path), inode(self._log_path)
        connection.execute("ROLLBACK")
        guard.hold_index()

    def in_place(self) -> bool:
        """Whether the file and the log at the path are those that are open."""
        return self.main == inode(self._path) and self.log == inode(self._log_path)

    def close(self) -> None:
        """Close the connection."""
        self.guard.release(self.connection)

    def close_untouched(self) -> None:
        """Close and leave the log as it is; never raises."""
        with contextlib.suppress(apsw.Error):
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        with contextlib.suppress(apsw.Error):
            self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        self.guard.release(self.connection)


class MemoryFiles:
    """A journal without files."""

    main = None

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self.guard = fileguard.Guard(None, Path(MEMORY))

    def in_place(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Forget everything."""
        self.connection.close(True)

    close_untouched = close


class Opener:
    """How to open one journal; remembers whose it is."""

    def __init__(
        self, path: Path, *, clock: Clock, ids: IdSource, mode: Mode, synchronous: Synchronous,
        busy_seconds: float, vfs: str | None,
    ) -> None:  # fmt: skip
        self.path = path
        self.in_memory = str(path) == MEMORY
        self.busy_seconds = busy_seconds
        self.identity: Identity | None = None
        self.later: checks.LaterCheck | None = None
        self._clock = clock
        self._ids = ids
        self._mode = mode
        self._synchronous = synchronous
        self._vfs = vfs

    def connect(self, synchronous: Synchronous) -> apsw.Connection:
        """One more connection to a file that exists.

        Raises:
            apsw.Error: as SQLite says.
        """
        return self._connect(synchronous, apsw.SQLITE_OPEN_READWRITE)

    def share(self, synchronous: Synchronous) -> OpenFiles:
        """One more connection, which holds the files in place as well.

        Raises:
            apsw.Error: as SQLite says.
        """
        connection = self.connect(synchronous)
        if connection.pragma("journal_mode") != "wal":
            return OpenFiles(connection, fileguard.Guard(None, self.path), str(self.path))
        return self._held(connection)

    def open(self, damaged: "weakref.WeakMethod[Callable[[], None]]") -> OpenFiles | MemoryFiles:
        """The journal, made if it is not there; `damaged` is called when a later check fails.

        Raises:
            JournalTooNew: a newer Motherhaven wrote the file.
            apsw.Error, OSError: it cannot be opened; one of Damaged: it must be set aside.
        """
        if self.in_memory:
            return self._open_memory()
        private.make_folder(self.path.parent)
        if rebuild.is_unfinished(self.path) or wal.is_orphaned(self.path):
            raise apsw.CorruptError("its write-ahead log or an earlier repair stands alone")
        before = wal_index.read(self.path)
        self._make_private()
        connection = self._connect(self._synchronous)
        try:
            log = self._read_log(connection, before)
            is_new = self._make_ready(connection)
            logs_ahead = connection.pragma("journal_mode", "wal") == "wal"
            self._check(connection, damaged, is_new=is_new)
            rescue.take_in(self.path, connection)
            self._take_rest(connection, log)
            self.identity = database.read_identity(connection)
        except (*Suspect, apsw.IOError) as error:
            is_ours = database.is_ours(connection)
            close_untouched(connection)
            if database.is_cut_off(error) or (is_ours and isinstance(error, _OURS_REFUSED)):
                raise apsw.CorruptError(str(error)) from error
            raise
        except BaseException:
            close_untouched(connection)
            raise
        if not logs_ahead:  # this file system cannot; our locks would shut out commits
            return OpenFiles(connection, fileguard.Guard(None, self.path), str(self.path))
        return self._reopened(connection)

    def set_aside(self) -> rebuild.Outcome | None:
        """Replace the damaged file by a new one; None if it is sound.

        Raises:
            OSError, apsw.Error, JournalLocked: it could not be replaced.
        """
        with self._preparing():
            return rebuild.replace(
                self.path, self.identity, self._ids, self._clock.now(), self._mode
            )

    # -- inside ----------------------------------------------------------------------

    def _connect(self, synchronous: Synchronous, flags: int | None = None) -> apsw.Connection:
        return database.connect(
            str(self.path), synchronous=synchronous, busy_seconds=self.busy_seconds,
            vfs=self._vfs, flags=flags,
        )  # fmt: skip

    def _open_memory(self) -> MemoryFiles:
        connection = self._connect(self._synchronous)
        identity = self.identity or database.new_identity(self._ids)
        now = self._clock.now()
        database.prepare(connection, identity, self._ids, now, self._mode, wal=False)
        self.identity = database.read_identity(connection)
        return MemoryFiles(connection)

    def _make_private(self) -> None:
        is_new = private.make_file(self.path)
        if not is_new and self.path.is_file() and self.path.stat().st_size == 0:
            _LOG.warning("%s was empty; a new journal is begun in it", self.path)
        names = tuple(f"{self.path.name}{mark}" for mark in "-.")  # log, locks, damaged copies
        for beside in self.path.parent.iterdir():
            if beside.name.startswith(names):
                private.tighten(beside)

    def _read_log(
        self, connection: apsw.Connection, before: wal_index.Witness | None
    ) -> wal.Log | None:
        """The log, if there is one; says what is gone of it."""
        if not wal.wal_path(self.path).exists():
            self._tell_missing(before, 0)
            return None
        observer = self.connect("full")
        connection.execute("BEGIN IMMEDIATE")
        try:
            log = wal.read(self.path, observer)
        finally:
            connection.execute("ROLLBACK")
            close_untouched(observer)
        self._tell_missing(before, log.seen)
        return log

    def _tell_missing(self, before: wal_index.Witness | None, seen: int) -> None:
        count = wal_index.missing(self.path, before, seen)
        if count:
            _LOG.error(
                "%s: its write-ahead log was cut off or deleted, and %d pages of commits with it; "
                "the events in them are gone here. If a copy of the log is left, stop the bot, "
                "put it back and start again",
                self.path, count,
            )  # fmt: skip

    def _take_rest(self, connection: apsw.Connection, log: wal.Log | None) -> None:
        """Keep what is whole in a commit that was cut off, and begin the log anew.

        Nobody was promised it, unless it was damaged later; so what can be kept, is.
        """
        if log is None or not log.data[log.unread :].strip(b"\0"):
            return
        ((last,),) = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchall()
        found = every_row(b"", log.data, log.unread)
        rows = {row.seq: row for row, _, _ in found if row.seq > int(str(last))}
        with connection:
            count = pouring.pour(connection, [rows[seq] for seq in sorted(rows)])
        if count or log.is_torn:
            with contextlib.suppress(apsw.BusyError):
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        if count:
            _LOG.error("%s: %d events of a commit that was cut off were kept", self.path, count)

    def _make_ready(self, connection: apsw.Connection) -> bool:
        """Make the schema where it is none of this version; whether the file was empty."""
        if database.is_ready(connection, str(self.path)):
            return False
        is_new = bool(connection.pragma("page_count") == 0)
        identity = self.identity or database.new_identity(self._ids)
        if self.identity is not None:
            identity = Identity(identity.bot_id, identity.epoch + 1)
            _LOG.error("%s vanished; going on with a new journal", self.path)
        with self._preparing():
            now = self._clock.now()
            taken = database.prepare(connection, identity, self._ids, now, self._mode)
        if taken:
            _LOG.info("%s: %d events of the old database were taken over", self.path, taken)
        return is_new

    def _check(
        self,
        connection: apsw.Connection,
        damaged: "weakref.WeakMethod[Callable[[], None]]",
        *,
        is_new: bool,
    ) -> None:
        """Look through the file: a small one now, a large one behind the recording, a new one not.

        What was made a moment ago has no event that could be damaged.
        """
        if self.later is not None:
            self.later.stop()
            self.later = None
        if is_new:
            return
        if self.path.stat().st_size <= checks.AT_ONCE_BYTES:
            checks.raise_if_damaged(connection)
            return
        self.later = checks.LaterCheck(lambda: self.connect("normal"), damaged)
        self.later.start()

    def _reopened(self, first: apsw.Connection) -> OpenFiles:
        """The files opened again while they are held, so that none is exchanged meanwhile."""
        try:
            guard = fileguard.hold(self.path, self.busy_seconds)
        except BaseException:
            close_untouched(first)
            raise
        connection = None
        try:
            first.close()
            connection = self._connect(self._synchronous)
            return OpenFiles(connection, guard, str(self.path))
        except BaseException:
            guard.release(connection or first)
            raise

    def _held(self, connection: apsw.Connection) -> OpenFiles:
        guard = None
        try:
            guard = fileguard.hold(self.path, self.busy_seconds)
            return OpenFiles(connection, guard, str(self.path))
        except BaseException:
            if guard is None:
                close_untouched(connection)
            else:
                guard.release(connection)
            raise

    @contextlib.contextmanager
    def _preparing(self) -> Iterator[None]:
        lock = FileLock(self.path.with_name(self.path.name + "-open.lock"))
        lock.acquire(_PREPARE_SECONDS)
        try:
            yield
        finally:
            lock.release()
