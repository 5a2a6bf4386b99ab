"""A thread that runs what no signal handler may interrupt.

Signal handlers run on the main thread between any two of its instructions, and may
raise, or log through the same logger. The journal's work runs here instead: a caller
only hands it over and waits, so an exception ends the waiting, never a transaction.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, Generic, TypeVar, cast

from motherhaven.contract.errors import JournalError

T = TypeVar("T")

_LOG: Final = logging.getLogger("motherhaven")
_LOOK_SECONDS: Final = 1.0


class _Job(Generic[T]):
    """One piece of work and what came of it; waiting takes no lock that could stay held."""

    def __init__(self, work: Callable[[], T], after: Callable[[], None] | None) -> None:
        self._work: Callable[[], T] | None = work
        self._after = after
        self.later: list[Callable[[], None]] = []
        self._result: T | None = None
        self._error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def run(self) -> None:
        """Do the work, let the caller go, then do what comes after."""
        work, self._work = self._work, None
        try:
            if work is not None:
                self._result = work()
            if self._after is not None:
                self.later.append(self._after)
        except BaseException as error:  # noqa: BLE001  # raised again in the caller
            self._error = error
        finally:
            del work
            self._done.release()
        for after in self.later:
            after()

    def wait(self, alive: Callable[[], bool]) -> T:
        """The result, or the error, of the work."""
        while not self._done.acquire(timeout=_LOOK_SECONDS):
            if not alive() and not self._done.acquire(timeout=_LOOK_SECONDS):
                raise JournalError(
                    "the process was forked, or ended, inside a log call; "
                    "whether its event was kept is not known: log it again in the child"
                )
        if self._error is None:
            return cast("T", self._result)
        error, self._error = self._error, None
        try:
            raise error
        finally:
            del error


class Worker:
    """Runs work in order on a thread of its own, made on first use and after a fork."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job[object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._inside: dict[int, _Job[object]] = {}

    def __del__(self) -> None:
        """A forgotten worker ends its thread, which holds no reference to it."""
        self._jobs.put(None)

    def run(self, work: Callable[[], T], after: Callable[[], None] | None = None) -> T:
        """Run `work` and wait for it; then, without waiting, `after` unless it raised.

        Whatever interrupts the waiting, the work is done whole. Called on the thread
        itself, or when no thread can be made (the interpreter is ending), it runs at once.
        """
        outer = self._inside.get(threading.get_ident())
        if outer is not None:
            result = work()
            if after is not None:
                outer.later.append(after)
            return result
        job = _Job(work, after)
        if self._start():
            self._jobs.put(cast("_Job[object]", job))
        else:
            job.run()
        return job.wait(self._lives)

    def stop(self) -> None:
        """End the thread when all that was handed over is done."""
        self._thread = None
        self._jobs.put(None)

    def _lives(self) -> bool:
        return self._pid == os.getpid() and self._thread is not None and self._thread.is_alive()

    def _start(self) -> bool:
        if self._lives():
            return not sys.is_finalizing()
        if self._pid != os.getpid():
            self._jobs, self._inside = SimpleQueue(), {}  # those of the parent stay its own
        thread = threading.Thread(
            target=_serve, args=(self._jobs, self._inside), name=self._name, daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            return False
        self._pid, self._thread = os.getpid(), thread
        return True


def _serve(jobs: "SimpleQueue[_Job[object] | None]", inside: "dict[int, _Job[object]]") -> None:
    here = threading.get_ident()
    while (job := jobs.get()) is not None:
        inside[here] = job
        try:
            job.run()
        except Exception:  # noqa: BLE001  # the thread's boundary; the record is kept
            _LOG.exception("What follows a record failed; going on")
        del inside[here], job
