"""One thread appends: it takes all that waits, and makes it durable with one commit.

A commit whose answer is lost is neither a success nor a failure: the writer connects
again, takes the log's turn (so that the old transaction is over) and looks.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Final

import psycopg
from psycopg import errors

from motherhaven.contract.errors import (
    MotherhavenError,
    StoreCorrupt,
    StoreError,
    StoreUnavailable,
)
from motherhaven.contract.events import Event
from motherhaven.stores.appending import append
from motherhaven.stores.loaded import LoadedWork
from motherhaven.stores.needs import needs_of
from motherhaven.stores.postgres.connect import Connection, close, connect, is_lost, translated
from motherhaven.stores.postgres.flush import flush
from motherhaven.stores.postgres.load import load, load_payloads
from motherhaven.stores.postgres.location import Location
from motherhaven.stores.protocol import Appended

GROUP_EVENTS: Final = 2_000
"""So many events at most wait for one commit."""

SETTLE_SECONDS: Final = 30.0
"""How long the writer tries to learn what became of a commit."""

_PAUSE_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
_IN_THE_WAY: Final = (errors.DeadlockDetected, errors.SerializationFailure)
_SHARED: Final = (StoreUnavailable, StoreCorrupt)
"""Errors that no single job is to blame for."""


class _Unknown(Exception):
    """The connection was lost during the commit."""


class _Again(Exception):
    """Nothing was kept, and a new attempt may well succeed."""


@dataclass(slots=True)
class _Job:
    events: Sequence[Event]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[list[Appended]]
    results: list[Appended] = field(default_factory=list)
    error: BaseException | None = None

    def answer(self) -> None:
        """Resolve the future in its own loop; a loop that is gone wants no answer."""
        try:
            self.loop.call_soon_threadsafe(self._resolve)
        except RuntimeError:
            return

    def _resolve(self) -> None:
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.results)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Appends in group commits; `committed` is called after each, from the thread."""

    def __init__(
        self, location: Location, identity: tuple[str, int], channel: str,
        committed: Callable[[], None],
    ) -> None:  # fmt: skip
        self._location = location
        self._generation, self._lock = identity
        self._channel = channel
        self._committed = committed
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        self.pid: int | None = None
        """The server's process that writes for us, as its notifications name it."""
        self._thread = threading.Thread(target=self._run, name="motherhaven-store", daemon=True)
        self._thread.start()

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """Keep events; returns once their commit is durable.

        Raises:
            StoreUnavailable: not kept; the same call may work later.
            StoreCorrupt: the database is damaged.
        """
        loop = asyncio.get_running_loop()
        job = _Job(events, loop, loop.create_future())
        with self._gate:
            if self._stopping.is_set():
                raise StoreUnavailable(f"store {self._location.shown}: it is closed; open it first")
            self._queue.put(job)
        return await job.future

    def stop(self) -> None:
        """Finish what was accepted, then close the connection. Blocks; safe to repeat."""
        with self._gate:
            if not self._stopping.is_set():
                self._stopping.set()
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group, stopping = self._group()
            if group:
                self._commit(group)
        self._release()

    def _group(self) -> tuple[list[_Job], bool]:
        """Wait for a job, then take those that wait behind it; and whether to stop after."""
        group: list[_Job] = []
        weight = 0
        job = self._queue.get()
        while job is not None:
            group.append(job)
            weight += len(job.events)
            if weight >= GROUP_EVENTS:
                return group, False
            try:
                job = self._queue.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _commit(self, group: list[_Job]) -> None:
        error = self._settle(group)
        if error is not None and len(group) > 1 and not isinstance(error, _SHARED):
            for job in group:  # one of them is to blame: the others must not suffer
                self._commit([job])
            return
        for job in group:
            job.error = error
            job.answer()
        if error is None:
            self._committed()

    def _settle(self, group: list[_Job]) -> BaseException | None:
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
                    for one in job.results
                    if one.status == "stored"
                )
                error: BaseException = self._unknown(unknown)
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
                    job.results = [_reconciled(one, claimed) for one in job.results]
                return None
            if time.monotonic() > deadline or (self._stopping.is_set() and tries > 9):
                return error
            if tries:
                time.sleep(_PAUSE_SECONDS[min(tries, len(_PAUSE_SECONDS)) - 1])
            tries += 1

    def _attempt(self, group: list[_Job]) -> None:
        """One transaction: lock, read, project, write, commit."""
        if self._connection is None:
            self._connection = connect(self._location, "writer")
            self.pid = self._connection.info.backend_pid
        connection = self._connection
        committing = False
        try:
            events = [event for job in group for event in job.events]
            loaded, numbers = load(connection, self._lock, needs_of(events))
            load_payloads(connection, events, loaded)
            work = LoadedWork(loaded)
            for job in group:
                job.results = append(work, job.events, self._generation)
            committing = True
            flush(connection, work.changes, numbers, self._channel)
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
            self._connection = None

    def _release(self) -> None:
        close(self._connection)
        self._connection = None


def _reconciled(result: Appended, claimed: dict[str, str | None]) -> Appended:
    """A duplicate of our own commit whose answer was lost is what we stored."""
    ours = result.status == "duplicate" and claimed.get(result.event_id) == result.cursor
    return replace(result, status="stored") if ours else result
