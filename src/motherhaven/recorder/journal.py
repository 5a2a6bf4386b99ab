"""The journal: an append-only SQLite file that is the truth about one bot.

One connection for recording, used by one thread that no signal handler interrupts; what
`write` returned for is on disk (WAL, synchronous=FULL), in the files at the path. A
damaged file is set aside and replaced by a new one with the next epoch, holding all
that could be read.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import apsw

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import JournalError
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import IdSource
from motherhaven.recorder import fork
from motherhaven.recorder.database import (
    Damaged,
    Identity,
    Suspect,
    Synchronous,
    explained,
)
from motherhaven.recorder.journal_files import JournalFiles
from motherhaven.recorder.opening import MemoryFiles, Opener, OpenFiles
from motherhaven.recorder.worker import Worker
from motherhaven.recorder.writer import Entry, Recorded, Writer

T = TypeVar("T")

_LOG: Final = logging.getLogger("motherhaven")
_PROBE_SECONDS: Final = 1.0

_abandoned: list[object] = []
"""Connections that a fork carried into a child: never used and never closed there."""


class Journal(JournalFiles):
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
        opener = Opener(
            Path(path), clock=clock, ids=ids, mode=mode, synchronous=synchronous,
            busy_seconds=busy_seconds, vfs=vfs,
        )  # fmt: skip
        super().__init__(Path(path), opener)
        self.mode = mode
        self._clock = clock
        self._worker = Worker("motherhaven-journal")
        self._lock = threading.RLock()
        self._active: Writer | None = None
        self._listeners: list[Callable[[], None]] = []
        self._failure: str | None = None
        self._next_probe = 0.0
        fork.register(self, rank=1)
        self.run(lambda: self._locked(self._ensure_open))

    @property
    def identity(self) -> Identity:
        """Who this journal belongs to; the epoch grows when a damaged file is replaced."""
        assert self._opener.identity is not None
        return self._opener.identity

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
        return self.write(lambda writer: writer.add_all(entries))

    def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` in one durable transaction; it may run again on a new file.

        Raises:
            JournalError: nothing was recorded, or the message says that it is not known.
        """
        return self.run(lambda: self._locked(lambda: self._write(work)), self._tell)

    def run(self, work: Callable[[], T], after: Callable[[], None] | None = None) -> T:
        """Run `work` on the recording thread, where no signal handler interrupts it."""
        if not self.in_memory:
            return self._worker.run(work, after)
        result = work()
        if after is not None:
            after()
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
        return self._opener.connect(synchronous)

    def share(self, synchronous: Synchronous) -> OpenFiles:
        """One more connection that is kept; `on_reopen` must be told how to drop it.

        Raises:
            apsw.Error: as SQLite says.
        """
        return self._opener.share(synchronous)

    def settle_files(self) -> None:
        """Make sure that the open files are those at the path.

        Raises:
            JournalError: they are not, and no journal can be opened there.
        """
        files = self._files
        if files is not None and not files.in_place():
            self.run(lambda: self._locked(self._restore_if_moved))

    def report_damage(self) -> None:
        """Another connection found the file damaged: set it aside and begin a new one.

        Raises:
            JournalError: the new file could not be made.
        """

        def work() -> None:
            with explained(self.path, "setting the damaged file aside"):
                self._set_aside()

        self.run(lambda: self._locked(work))

    def wait_checked(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until a large file was looked through behind recording."""
        while (later := self._opener.later) is not None:
            if not later.finished.wait(timeout):
                return False
            if later is self._opener.later:
                break
        return True

    def close(self) -> None:
        """Close the file; harmless when closed."""

        def work() -> None:
            self._closed = True
            if self._opener.later is not None:
                self._opener.later.stop()
            self._drop()

        self.run(lambda: self._locked(work))
        self._worker.stop()
        fork.unregister(self)

    # -- writing ---------------------------------------------------------------------

    def _fail(self, error: Exception) -> NoReturn:
        try:
            with explained(self.path, "recording"):
                raise error
        except JournalError as shown:
            self._failure = str(shown)
            raise

    def _locked(self, work: Callable[[], T]) -> T:
        with self._lock:
            return work()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()

    def _write(self, work: Callable[[Writer], T]) -> T:
        try:
            result = self._transact_or_replace(work)
        except (apsw.Error, OSError, JournalError) as error:
            self._fail(error)
        self._failure = None
        return result

    def _transact_or_replace(self, work: Callable[[Writer], T]) -> T:
        try:
            return self._transact(work)
        except Suspect:
            if self.in_memory:
                raise
            self._set_aside()
            return self._transact(work)

    def _transact(self, work: Callable[[Writer], T]) -> T:
        if self._active is not None:
            return self._nested(work)
        files = self._ensure_in_place()
        with files.guard.writing(self._opener.busy_seconds):
            connection = self._begin(files)
            writer = self._active = Writer(connection, self.identity, self._numbers)
            try:
                result = self._in_transaction(connection, writer, work)
            finally:
                self._active = None
        if writer.changed and not files.in_place():
            self._write_again(writer)
        return result

    def _nested(self, work: Callable[[Writer], T]) -> T:
        """A log call while another one's event is being made."""
        if self.in_memory and self._active is not None:
            return work(self._active)
        raise JournalError(
            f"{self.path}: a log call was made while another builds its event; log after it"
        )

    def _in_transaction(
        self, connection: apsw.Connection, writer: Writer, work: Callable[[Writer], T]
    ) -> T:
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
            connection.execute("COMMIT" if writer.changed else "ROLLBACK")
        except apsw.Error as error:
            self._settle(writer, error)
        else:
            self._numbers.committed(connection)
        return result

    def _begin(self, files: OpenFiles | MemoryFiles) -> apsw.Connection:
        """The connection, in a write transaction."""
        connection = files.connection
        if connection.in_transaction:  # left by an exception at a bad moment
            connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def _write_again(self, writer: Writer) -> None:
        """The commit is in files that are no longer at the path: make sure of those that are."""
        self._ensure_in_place()
        for known, entry in zip(writer.added, writer.entries, strict=True):
            again = self._transact(lambda fresh, entry=entry: fresh.add(entry))  # type: ignore[misc]
            known.seq, known.row_id = again.seq, again.row_id

    def _settle(self, writer: Writer, error: apsw.Error) -> None:
        """A failed COMMIT may have worked: look, on a fresh connection."""
        self._drop_broken()
        if self.in_memory or isinstance(error, Damaged):
            raise error
        try:
            fresh = self._ensure_open().connection
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

    # -- fork ------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Keep every thread out of SQLite while the process is copied."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave the parent's connection alone; the next call opens one of its own."""
        _abandoned.append(self._files)
        self._files = self._active = None
        self._lock = threading.RLock()


def _holds(connection: apsw.Connection, event_id: str) -> bool:
    found = connection.execute("SELECT 1 FROM events WHERE event_id = ?", (event_id,))
    return found.fetchone() is not None
