"""One thread writes: it takes all that waits, and makes it durable with one commit."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

import apsw

from motherhaven.contract.errors import MotherhavenError, StoreCorrupt, StoreUnavailable
from motherhaven.stores.sqlite.connect import connect_writer, translated
from motherhaven.stores.sqlite.work import SqliteWork

GROUP_WEIGHT: Final = 2_000
"""So many events at most wait for one commit."""

_SHARED: Final = (StoreUnavailable, StoreCorrupt)
"""Errors that no single job is to blame for."""

Deed = Callable[[SqliteWork], Any]


@dataclass(slots=True)
class _Job:
    deed: Deed
    weight: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = field(default=None)

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
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Runs deeds in group commits; a future resolves only when its commit is on the disk."""

    def __init__(self, path: Path, generation: str, committed: Callable[[], None]) -> None:
        self._path = path
        self._generation = generation
        self._committed = committed
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._stopped = False
        self._connection: apsw.Connection | None = connect_writer(path, generation)
        self._thread = threading.Thread(target=self._run, name="motherhaven-store", daemon=True)
        self._thread.start()

    async def do(self, deed: Deed, *, weight: int = 1) -> Any:
        """Run `deed` within a commit and give its result once that is durable.

        Raises:
            StoreUnavailable: not kept; the same call may work later.
            StoreCorrupt: the database is damaged.
        """
        loop = asyncio.get_running_loop()
        job = _Job(deed, weight, loop, loop.create_future())
        with self._gate:
            if self._stopped:
                raise StoreUnavailable(f"store {self._path}: it is closed; call open() first")
            self._queue.put(job)
        return await job.future

    def stop(self) -> None:
        """Finish what was accepted, then close the connection. Blocks; safe to repeat."""
        with self._gate:
            if not self._stopped:
                self._stopped = True
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
            weight += job.weight
            if weight >= GROUP_WEIGHT:
                return group, False
            try:
                job = self._queue.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _commit(self, group: list[_Job]) -> None:
        error = self._attempt(group)
        if error is not None and len(group) > 1 and not isinstance(error, _SHARED):
            for job in group:  # one of them is to blame: the others must not suffer
                self._commit([job])
            return
        for job in group:
            job.error = error
            job.answer()
        if error is None:
            self._committed()

    def _attempt(self, group: list[_Job]) -> BaseException | None:
        try:
            connection = self._ready()
            connection.execute("BEGIN IMMEDIATE")
            work = SqliteWork(connection)
            for job in group:
                job.result = job.deed(work)
            work.flush()
            connection.execute("COMMIT")
        except apsw.Error as error:
            # What a failed COMMIT left behind is unknown: reopen and look.
            self._release()
            return translated(error, self._path)
        except MotherhavenError as error:
            self._roll_back()
            return error
        except Exception as error:  # noqa: BLE001  thread boundary: goes to whoever waits
            self._roll_back()
            return error
        return None

    def _ready(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = connect_writer(self._path, self._generation)
        return self._connection

    def _roll_back(self) -> None:
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            self._release()

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.close(True)
            self._connection = None
