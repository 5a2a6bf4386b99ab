"""One thread writes: it takes all that waits, and makes it durable with one commit."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, cast

from motherhaven.contract.errors import StoreCorrupt, StoreUnavailable
from motherhaven.contract.events import Event
from motherhaven.stores.appending import append
from motherhaven.stores.changes import Commit
from motherhaven.stores.cursors import live_cursor
from motherhaven.stores.loaded import Loaded, LoadedWork
from motherhaven.stores.protocol import Appended
from motherhaven.stores.ready import OwnEvents
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.load import kept_payload

GROUP_WEIGHT: Final = 2_000
"""So many events at most wait for one commit."""

_SHARED: Final = (StoreUnavailable, StoreCorrupt)
"""Errors that no single job is to blame for."""

Operation = Callable[[Session], Any]
Committed = Callable[[Sequence[Commit]], None]


@dataclass(slots=True)
class Job:
    """Events to append, or an operation of its own; `result` is what its caller gets."""

    events: Sequence[Event]
    operation: Operation | None
    weight: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
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
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer(ABC):
    """Runs jobs in group commits; a future resolves only when its commit is durable.

    `committed` gets what each commit kept, from the thread. `shown` names the store.
    """

    def __init__(self, shown: str, committed: Committed) -> None:
        self._shown = shown
        self._committed = committed
        self._kept: list[Commit] = []
        """What the attempt under way keeps; who begins one empties it."""
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="motherhaven-store", daemon=True)

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """Keep events; returns once their commit is durable.

        Raises:
            StoreUnavailable: not kept; the same call may work later.
            StoreCorrupt: the database is damaged.
        """
        return cast("list[Appended]", await self._submit(events, None, len(events)))

    async def _submit(
        self, events: Sequence[Event], operation: Operation | None, weight: int
    ) -> Any:
        loop = asyncio.get_running_loop()
        job = Job(events, operation, weight, loop, loop.create_future())
        with self._gate:
            if self._stopping.is_set():
                raise closed(self._shown)
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

    def _group(self) -> tuple[list[Job], bool]:
        """Wait for a job, then take those that wait behind it; and whether to stop after."""
        group: list[Job] = []
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

    def _commit(self, group: list[Job]) -> None:
        error = self._settle(group)
        if error is not None and len(group) > 1 and not isinstance(error, _SHARED):
            for job in group:  # one of them is to blame: the others must not suffer
                self._commit([job])
            return
        for job in group:
            job.error = error
            job.answer()
        if error is None:
            self._committed(tuple(self._kept))

    @abstractmethod
    def _settle(self, group: list[Job]) -> BaseException | None:
        """Do all of the group in one commit; None once it is durable, else nothing is kept."""

    @abstractmethod
    def _release(self) -> None:
        """Close the connection, whatever state it is in."""


def append_all(
    session: Session, jobs: Sequence[Job], loaded: Loaded, generation: str
) -> LoadedWork:
    """Append the events of each job to what was loaded for all; gives each its result."""
    work = LoadedWork(loaded, lambda n: kept_payload(session, n))
    for job in jobs:
        job.result = append(work, job.events, generation)
    return work


def commit_of(work: LoadedWork, generation: str) -> Commit:
    """What `work` keeps, for those who follow."""
    events = OwnEvents(work, lambda record: live_cursor(generation, record.n))
    return Commit(*work.numbers, events)


def closed(shown: str) -> StoreUnavailable:
    """The error of a store that is not open."""
    return StoreUnavailable(f"store {shown}: it is closed; call open() first")
