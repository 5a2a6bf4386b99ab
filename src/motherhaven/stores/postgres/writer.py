"""The thread that appends, one server at a time.

A commit whose answer is lost is neither a success nor a failure: the writer connects
again, takes the log's turn (so that the old transaction is over) and looks.
"""

import time
from dataclasses import replace
from typing import Final

import psycopg
from psycopg import errors

from motherhaven.contract.errors import MotherhavenError, StoreError, StoreUnavailable
from motherhaven.stores.loaded import Changes, Loaded
from motherhaven.stores.needs import Needs, needs_of
from motherhaven.stores.postgres.connect import (
    DURABLE,
    Connection,
    close,
    connect,
    is_lost,
    translated,
)
from motherhaven.stores.postgres.dialect import PostgresSession
from motherhaven.stores.postgres.location import Location
from motherhaven.stores.protocol import Appended
from motherhaven.stores.relational import writer as relational
from motherhaven.stores.relational.flush import flush
from motherhaven.stores.relational.load import Numbers, load
from motherhaven.stores.relational.writer import Committed, Job, append_all, commit_of

SETTLE_SECONDS: Final = 8.0
"""How long the writer tries to learn what became of a commit; clients wait for 10 s."""

_PAUSE_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
_IN_THE_WAY: Final = (errors.DeadlockDetected, errors.SerializationFailure)


class _Unknown(Exception):
    """The connection was lost during the commit."""


class _Again(Exception):
    """Nothing was kept, and a new attempt may well succeed."""


class Writer(relational.Writer):
    """Appends in group commits, on a connection of its own."""

    def __init__(
        self, location: Location, identity: tuple[str, int], channel: str,
        committed: Committed,
    ) -> None:  # fmt: skip
        super().__init__(location.shown, committed)
        self._location = location
        self._generation, self._lock = identity
        self._channel = channel
        self._connection: Connection | None = None
        self.pid: int | None = None
        """The server's process that writes for us, as its notifications name it; not a lost one."""
        self._thread.start()

    def _settle(self, group: list[Job]) -> BaseException | None:
        """Attempt until it is known what became of the group; None if it is kept."""
        claimed: dict[str, str | None] = {}
        deadline, tries = time.monotonic() + SETTLE_SECONDS, 0
        while True:
            try:
                self._attempt(group)
            except _Unknown as unknown:
                claimed.update(
                    (one.event_id, one.cursor)
                    for job in group
                    for one in job.result
                    if one.status == "stored"
                )
                error: BaseException = self._unknown(unknown)
                self._committed(())  # its news may have passed for ours: who follows has to look
            except _Again as again:
                error = again.__cause__ or again
                if tries and not claimed:
                    return error
            except MotherhavenError as failure:
                if not (claimed and isinstance(failure, StoreUnavailable)):
                    return failure
                error = self._unknown(failure)
            except Exception as failure:  # noqa: BLE001  thread boundary: goes to who waits
                self._release()
                return failure
            else:
                for job in group:
                    job.result = [_reconciled(one, claimed) for one in job.result]
                return None
            if time.monotonic() > deadline or (self._stopping.is_set() and tries > 9):
                return error
            if tries:
                self._refuse_waiting()
                time.sleep(_PAUSE_SECONDS[min(tries, len(_PAUSE_SECONDS)) - 1])
            tries += 1

    def _refuse_waiting(self) -> None:
        """Answer who waits behind a commit that cannot be looked up: nothing of theirs is kept."""
        for _ in range(self._queue.qsize()):
            job = self._queue.get()
            if job is None:
                self._queue.put(None)
            else:
                where = self._location.shown
                job.error = StoreUnavailable(f"store {where}: it is away; nothing was kept")
                job.answer()

    def _attempt(self, group: list[Job]) -> None:
        """One transaction: lock, read, project, write, commit."""
        if self._connection is None:
            self._connection = connect(self._location, "writer")
            self.pid = self._connection.info.backend_pid
        connection = self._connection
        committing = False
        try:
            session = PostgresSession(connection, self._lock)
            loaded, numbers = begin(session, needs_of(e for job in group for e in job.events))
            work = append_all(session, group, loaded, self._generation)
            self._kept[:] = [commit_of(work, self._generation)] if work.changes.kept else []
            committing = True
            commit(session, work.changes, numbers, self._channel)
        except psycopg.Error as error:
            lost = is_lost(error, connection)
            self._roll_back()
            meaning = translated(error, self._location)
            if lost and committing:
                raise _Unknown(str(meaning)) from None
            if lost or isinstance(error, _IN_THE_WAY):
                raise _Again from meaning
            raise meaning from None
        except BaseException:
            self._roll_back()
            raise

    def _unknown(self, reason: Exception) -> StoreError:
        return StoreUnavailable(
            f"store {self._location.shown}: the connection was lost during a commit, and the "
            f"server could not be asked since what became of it ({reason}); send the same events "
            "again with their event_id: what was kept is recognised"
        )

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if not connection.closed:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            close(connection)
        if connection.closed:
            self._connection = self.pid = None

    def _release(self) -> None:
        close(self._connection)
        self._connection = self.pid = None


def begin(session: PostgresSession, needs: Needs) -> tuple[Loaded, Numbers]:
    """Begin the transaction, wait for our turn, then read, all in one round trip.

    The lock lets one append at a time commit, over all servers: so numbers are given in
    the order of commits, and no reader of a higher one can miss a lower one.
    """
    with session.connection.pipeline():
        session.connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        session.connection.execute(DURABLE)
        session.take_turn()
        return load(session, needs)


def commit(session: PostgresSession, changes: Changes, numbers: Numbers, channel: str) -> None:
    """Write the changes, tell the other servers, and commit, in one round trip.

    Raises:
        psycopg.Error: not kept; but if the connection is lost, nobody knows.
    """
    with session.connection.pipeline():
        flush(session, changes, numbers)
        if changes.kept:
            session.connection.execute("SELECT pg_notify(%s, '')", (channel,))
        committed = session.connection.execute("COMMIT")
    if committed.statusmessage != "COMMIT":
        raise StoreUnavailable(f"COMMIT answered {committed.statusmessage}; nothing was kept")


def _reconciled(result: Appended, claimed: dict[str, str | None]) -> Appended:
    """A duplicate of our own commit whose answer was lost is what we stored."""
    ours = result.status == "duplicate" and claimed.get(result.event_id) == result.cursor
    return replace(result, status="stored") if ours else result
