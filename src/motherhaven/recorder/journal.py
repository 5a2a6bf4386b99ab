"""The journal: an append-only SQLite file that is the truth about one bot.

One connection for recording, guarded by one lock; what `write` returned for is on disk
(WAL, synchronous=FULL). A damaged file is set aside and replaced by a new one with the
next epoch, holding all that could be read.
"""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import apsw

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import JournalError
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import IdSource
from motherhaven.recorder import database, fork, salvage, walcheck
from motherhaven.recorder.database import (
    MEMORY,
    Damaged,
    Identity,
    Synchronous,
    close_untouched,
    explained,
)
from motherhaven.recorder.filelock import FileLock
from motherhaven.recorder.writer import Entry, Numbers, Recorded, Writer

T = TypeVar("T")

_LOG: Final = logging.getLogger("motherhaven")
_PREPARE_SECONDS: Final = 60.0
_CHECK_BYTES: Final = 32 << 20
_PROBE_SECONDS: Final = 1.0

_abandoned: list[object] = []
"""Connections that a fork carried into a child: never used and never closed there."""


class Journal:
    """One journal file (or `:memory:`), open for recording."""

    def __init__(
        self,
        path: str | Path,
        *,
        clock: Clock,
        ids: IdSource,
        mode: Mode = "paper",
        synchronous: Synchronous = "full",
        busy_seconds: float = 10.0,
        vfs: str | None = None,
    ) -> None:
        """Open or make the journal at `path`.

        Raises:
            JournalTooNew: a newer Motherhaven wrote the file.
            JournalError: it cannot be opened or made; says what to do.
        """
        self.path = Path(path)
        self.in_memory = str(path) == MEMORY
        self.mode = mode
        self._clock = clock
        self._ids = ids
        self._synchronous = synchronous
        self._busy_seconds = busy_seconds
        self._vfs = vfs
        self._lock = threading.RLock()
        self._connection: apsw.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._identity: Identity | None = None
        self._numbers = Numbers()
        self._listeners: list[Callable[[], None]] = []
        self._failure: str | None = None
        self._next_probe = 0.0
        self._closed = False
        fork.register(self)
        with self._lock:
            self._ensure_open()

    @property
    def identity(self) -> Identity:
        """Who this journal belongs to; the epoch grows when a damaged file is replaced."""
        assert self._identity is not None
        return self._identity

    @property
    def bot_id(self) -> str:
        """The random id made with the journal."""
        return self.identity.bot_id

    @property
    def failure(self) -> str | None:
        """Why the last write failed, or None when it worked."""
        return self._failure

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit, on the recording thread; it must be quick."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """Stop calling `listener`."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def append(self, entries: list[Entry]) -> list[Recorded]:
        """Record `entries` in one durable transaction.

        Raises:
            JournalError: nothing was recorded, or the message says that it is not known.
        """
        return self.write(lambda writer: [writer.add(entry) for entry in entries])

    def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` in one durable transaction; it may run again on a new file.

        Raises:
            JournalError: nothing was recorded, or the message says that it is not known.
        """
        with self._lock:
            try:
                result = self._write(work)
            except (apsw.Error, OSError, JournalError) as error:
                self._fail(error)
            self._failure = None
        for listener in self._listeners:
            listener()
        return result

    def healthy(self) -> bool:
        """Whether the journal takes events; after a failure asks the disk, once a second."""
        if self._failure is None or self._closed:
            return not self._closed
        if self._clock.monotonic() < self._next_probe:
            return False
        self._next_probe = self._clock.monotonic() + _PROBE_SECONDS
        try:
            self.write(lambda writer: writer.probe(self._clock.now()))
        except JournalError:
            return False
        return True

    def open_connection(self, synchronous: Synchronous) -> apsw.Connection:
        """One more connection to the file, for another thread.

        Raises:
            apsw.Error: as SQLite says.
        """
        return database.connect(
            str(self.path), synchronous=synchronous, busy_seconds=self._busy_seconds, vfs=self._vfs
        )

    def is_current(self, inode: tuple[int, int] | None) -> bool:
        """Whether `inode` is still the file at the journal's path."""
        return self.in_memory or inode == self.current_inode()

    def current_inode(self) -> tuple[int, int] | None:
        """Device and inode of the file at the journal's path, None if there is none."""
        try:
            found = os.stat(self.path)  # three times as fast as Path, on every call
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def report_damage(self) -> None:
        """Another connection found the file damaged: set it aside and begin a new one.

        Raises:
            JournalError: the new file could not be made.
        """
        with self._lock, explained(self.path, "setting the damaged file aside"):
            self._set_aside()

    def close(self) -> None:
        """Close the file; harmless when closed."""
        with self._lock:
            self._closed = True
            self._drop()
        fork.unregister(self)

    # -- writing ---------------------------------------------------------------------

    def _fail(self, error: Exception) -> NoReturn:
        try:
            with explained(self.path, "recording"):
                raise error
        except JournalError as shown:
            self._failure = str(shown)
            raise

    def _write(self, work: Callable[[Writer], T]) -> T:
        try:
            return self._transact(work)
        except Damaged:
            if self.in_memory:
                raise
            self._set_aside()
            return self._transact(work)

    def _transact(self, work: Callable[[Writer], T]) -> T:
        connection = self._begin()
        writer = Writer(connection, self.identity, self._numbers)
        try:
            self._numbers.refresh(connection)
            self._numbers.forget()
            result = work(writer)
        except apsw.Error:
            self._drop_if_stuck(connection)
            raise
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        try:
            connection.execute("COMMIT" if writer.added else "ROLLBACK")
        except apsw.Error as error:
            self._settle(writer, error)
        else:
            self._numbers.committed(connection)
        return result

    def _begin(self) -> apsw.Connection:
        """A connection in a write transaction on the file that is at the path now."""
        connection = self._connection
        if connection is not None:
            connection.execute("BEGIN IMMEDIATE")
            if self.is_current(self._inode):
                return connection
            connection.execute("ROLLBACK")
            self._drop()
        connection = self._ensure_open()
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def _settle(self, writer: Writer, error: apsw.Error) -> None:
        """A failed COMMIT may have worked: look, on a fresh connection."""
        self._drop_broken()
        if self.in_memory or isinstance(error, Damaged):
            raise error
        try:
            fresh = self._ensure_open()
            kept = all(_holds(fresh, item.event_id) for item in writer.added)
            if kept:
                # Seen is not synced: only a commit that works proves the disk takes it.
                fresh.execute("BEGIN IMMEDIATE")
                Writer(fresh, self.identity, self._numbers).probe(self._clock.now())
                fresh.execute("COMMIT")
        except (apsw.Error, JournalError):
            self._drop_broken()
            raise JournalError(
                f"{self.path}: recording failed ({error}), and whether the event was kept is not "
                "known because the disk does not answer reliably; check the disk"
            ) from error
        if not kept:
            raise error

    def _drop_if_stuck(self, connection: apsw.Connection) -> None:
        if not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except apsw.Error:
            self._drop_broken()

    # -- opening ---------------------------------------------------------------------

    def _ensure_open(self) -> apsw.Connection:
        if self._closed:
            raise JournalError(f"{self.path}: the journal is closed; open a new one")
        if self._connection is not None:
            return self._connection
        self._numbers.forget()
        with explained(self.path, "opening the journal"):
            try:
                self._connection = self._open()
            except Damaged:
                self._set_aside()
        assert self._connection is not None
        return self._connection

    def _open(self) -> apsw.Connection:
        if not self.in_memory:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if salvage.is_unfinished(self.path) or walcheck.is_orphaned(self.path):
                raise apsw.CorruptError("its write-ahead log or an earlier repair stands alone")
        connection = self.open_connection(self._synchronous)
        try:
            self._check_log(connection)
            self._make_ready(connection)
            self._identity = database.read_identity(connection)
            self._inode = self.current_inode()
        except BaseException:
            close_untouched(connection)
            raise
        return connection

    def _make_ready(self, connection: apsw.Connection) -> None:
        if database.is_ready(connection, str(self.path)):
            self._check(connection)
            return
        identity = self._identity or database.new_identity(self._ids)
        if self._identity is not None:
            identity = Identity(identity.bot_id, identity.epoch + 1)
            _LOG.error("%s vanished; going on with a new, empty journal", self.path)
        if self.in_memory:
            database.prepare(
                connection, identity, self._ids, self._clock.now(), self.mode, wal=False
            )
            return
        lock = self._preparation_lock()
        lock.acquire(_PREPARE_SECONDS)
        try:
            taken = database.prepare(connection, identity, self._ids, self._clock.now(), self.mode)
        finally:
            lock.release()
        if taken:
            _LOG.info("%s: %d events of the old database were taken over", self.path, taken)

    def _check_log(self, connection: apsw.Connection) -> None:
        """Look for acknowledged commits that SQLite would silently forget."""
        if self.in_memory or not walcheck.wal_path(self.path).exists():
            return
        observer = self.open_connection("full")
        connection.execute("BEGIN IMMEDIATE")
        try:
            if walcheck.is_broken(self.path, observer):
                raise apsw.CorruptError("commits in the write-ahead log can no longer be read")
        finally:
            connection.execute("ROLLBACK")
            close_untouched(observer)

    def _check(self, connection: apsw.Connection) -> None:
        """Look through a file that is small enough for it."""
        if self.in_memory or self.path.stat().st_size > _CHECK_BYTES:
            return
        verdict = connection.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != [("ok",)]:
            raise apsw.CorruptError(str(verdict[0][0]))

    def _preparation_lock(self) -> FileLock:
        return FileLock(self.path.with_name(self.path.name + "-open.lock"))

    def _set_aside(self) -> None:
        """Replace the damaged file by a new one that holds all that can still be read."""
        self._drop_broken()
        lock = self._preparation_lock()
        lock.acquire(_PREPARE_SECONDS)
        try:
            outcome = salvage.replace(
                self.path, self._identity, self._ids, self._clock.now(), self.mode
            )
        finally:
            lock.release()
        if outcome is not None:
            _LOG.critical(
                "%s is damaged: set aside as %s; a new journal (epoch %d) holds the %d events "
                "that could be read. Keep the old file, and check the disk",
                self.path, outcome.aside, outcome.identity.epoch, outcome.saved,
            )  # fmt: skip
        self._connection = self._open()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _drop_broken(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            close_untouched(connection)

    # -- fork ------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Keep every thread out of SQLite while the process is copied."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave the parent's connection alone; the next call opens one of its own."""
        _abandoned.append(self._connection)
        self._connection = None
        self._lock = threading.RLock()


def _holds(connection: apsw.Connection, event_id: str) -> bool:
    found = connection.execute("SELECT 1 FROM events WHERE event_id = ?", (event_id,))
    return found.fetchone() is not None
