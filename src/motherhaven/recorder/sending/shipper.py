"""The shipping thread: one per journal across all processes, never in the bot's way."""

import atexit
import logging
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from motherhaven.contract.errors import JournalError
from motherhaven.recorder import fork
from motherhaven.recorder.filelock import FileLock
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.sending.batch_sender import BatchSender
from motherhaven.recorder.sending.outbox import Outbox
from motherhaven.recorder.sending.stats import ShippingStats
from motherhaven.recorder.sending.transport import Transport

_LOG: Final = logging.getLogger("motherhaven")

IDLE_SECONDS: Final = 0.5
"""How often to look for events that other processes recorded, and for a free lock."""

EXIT_SECONDS: Final = 5.0
_NOTIFY_SECONDS: Final = 0.1
_JOURNAL_RETRY_SECONDS: Final = 5.0
_SLICE_SECONDS: Final = 1.0
"""How often a thread that waits looks whether its shipper was forgotten."""

_REPEAT_SECONDS: Final = 60.0


class _Signal:
    """What the thread and the others tell each other; the thread keeps it, not the shipper."""

    def __init__(self) -> None:
        self.mutex = threading.RLock()  # entering a Condition can be interrupted half-way
        self.changed = threading.Condition(self.mutex)
        self.news = 0
        self.rounds = 0
        self.asleep = False
        self.stopping = False

    def wait(self, delay: float | None, seen: int, *, idle: bool) -> None:
        """Wait until the next step is due, or for news when nothing waits."""
        with self.mutex:
            self.rounds += 1
            self.changed.notify_all()
            if self.stopping or delay == 0 or (idle and self.news != seen):
                return
            self.asleep = idle
            longest = IDLE_SECONDS if idle else _SLICE_SECONDS
            self.changed.wait(longest if delay is None else min(delay, longest))
            self.asleep = False


class Shipper:
    """Ships a journal in the background until it is closed.

    Of all processes that share a journal one ships; the others stand by and take over
    when it ends. After a fork the child makes a thread of its own when it first records.
    One that is forgotten without `close` ends its thread and frees its files by itself.
    """

    def __init__(
        self, journal: Journal, outbox: Outbox, sender: BatchSender, transport: Transport
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._sender = sender
        self._transport = transport
        self._lock = FileLock(journal.path.with_name(journal.path.name + "-ship.lock"))
        self._begin()
        self._closed = False
        fork.register(self, rank=0)
        self._wake = _weak_notify(self)
        journal.subscribe(self._wake)
        self._at_exit = _close_at_exit(self)

    def _begin(self) -> None:
        self._signal = _Signal()
        self._thread: threading.Thread | None = None
        self._owner = False
        self._elsewhere = False
        self._problem = ("", 0.0)

    def start(self) -> None:
        """Begin shipping; harmless when begun."""
        with self._signal.mutex:
            self._start()

    def notify(self) -> None:
        """Something was recorded: wake the thread if it sleeps for want of events."""
        self._signal.news += 1
        if not self._signal.mutex.acquire(timeout=_NOTIFY_SECONDS):
            return  # the thread looks again by itself; a log call never waits for it
        try:
            if self._thread is None:
                self._start()
            elif self._signal.asleep:
                self._signal.changed.notify_all()
        finally:
            self._signal.mutex.release()

    def stats(self) -> ShippingStats:
        """Counts as of now; a journal that cannot be read counts as 0 behind."""
        try:
            if not self._owner:
                self._outbox.reload()
            behind = self._outbox.behind()
        except JournalError:
            behind = 0
        sender = self._sender
        return ShippingStats(
            sent=sender.sent,
            behind=behind,
            quarantined=self._outbox.quarantined,
            not_applicable=self._outbox.not_applicable,
            state="standby" if self._elsewhere else sender.backoff.state,
            last_error=sender.backoff.last_error,
        )

    def flush(self, timeout: float, *, give_up_early: bool = False) -> bool:
        """Wait up to `timeout` seconds until all is at the server; whether that is so.

        False too while anything is set aside: refused (quarantined, or to be sent again) or
        kept until the server is newer. With `give_up_early` one failed try ends the wait.
        """
        with suppress(JournalError):
            self._outbox.refresh()
        drained = self._drain(timeout, give_up_early=give_up_early)
        stats = self.stats()
        return drained and stats.behind + stats.quarantined + stats.not_applicable == 0

    def close(self, timeout: float = EXIT_SECONDS) -> None:
        """Send what can be sent within `timeout` seconds, then stop; the rest is kept.

        Does not wait out an unreachable server: one failed try is enough.
        """
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self._at_exit)
        self._journal.unsubscribe(self._wake)
        thread = self._thread
        if thread is not None:
            self._drain(timeout, give_up_early=True)
        with self._signal.mutex:
            self._signal.stopping = True
            self._signal.changed.notify_all()
        self._transport.close()
        if thread is not None:
            thread.join(timeout=1.0)
        self._lock.release()
        self._outbox.close()
        fork.unregister(self)

    # -- waiting ---------------------------------------------------------------------

    def _drain(self, timeout: float, *, give_up_early: bool) -> bool:
        deadline = time.monotonic() + timeout
        self.start()
        begun = self._sender.backoff.attempts
        while True:
            with self._signal.mutex:
                rounds = self._signal.rounds
                if self._sender.backoff.last_failed <= begun:
                    # No try that saw all events has failed yet: do not wait for the next.
                    self._sender.backoff.retry_now()
                    self._signal.news += 1
                    self._signal.changed.notify_all()
            if self._is_drained():
                return True
            left = deadline - time.monotonic()
            if left <= 0 or (give_up_early and self._is_hopeless(begun)):
                return False
            with self._signal.mutex:
                if self._signal.rounds == rounds:
                    self._signal.changed.wait(min(left, IDLE_SECONDS / 5))

    def _is_drained(self) -> bool:
        try:
            if not self._owner:
                self._outbox.reload()
            return not self._sender.has_work
        except JournalError:
            return False

    def _is_hopeless(self, begun: int) -> bool:
        """Another process ships, the server asked to wait, or a try after `begun` failed."""
        return (
            self._elsewhere
            or self._sender.backoff.server_backoff
            or self._sender.backoff.last_failed > begun
        )

    # -- the thread ------------------------------------------------------------------

    def _start(self) -> None:
        if self._thread is None and not self._signal.stopping:
            release = partial(_release, self._transport, self._outbox, self._lock)
            self._thread = threading.Thread(
                target=_run,
                args=(weakref.ref(self), self._signal, release),
                name="motherhaven-shipper",
                daemon=True,
            )
            self._thread.start()

    def turn(self) -> tuple[float | None, bool]:
        """One step: seconds until the next, None without work; and whether news shortens that."""
        delay = self._work()
        return delay, delay is None or not self._sender.backoff.has_error

    def _work(self) -> float | None:
        try:
            if not self._owner:
                self._elsewhere = not self._lock.try_acquire()
                if self._elsewhere:
                    return None
                self._outbox.reload()
                self._owner = True
            return self._sender.step()
        except (JournalError, OSError) as error:
            self._complain(str(error))
            return _JOURNAL_RETRY_SECONDS
        except Exception:  # noqa: BLE001  # the thread's boundary: a bug must not end shipping
            _LOG.exception("[Motherhaven] Shipping stumbled; trying again")
            return _JOURNAL_RETRY_SECONDS

    def _complain(self, problem: str) -> None:
        """Say why shipping waits, at most once a minute for the same reason."""
        now = time.monotonic()
        if problem != self._problem[0] or now - self._problem[1] > _REPEAT_SECONDS:
            self._problem = (problem, now)
            _LOG.warning("[Motherhaven] Shipping waits for the journal: %s", problem)

    # -- fork ------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Let nobody hold the condition while the process is copied."""
        self._signal.changed.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._signal.changed.release()

    def after_fork_in_child(self) -> None:
        """The thread, the lock and the connection stayed with the parent."""
        self._begin()
        self._lock.release()
        abandon = getattr(self._transport, "abandon", None)
        if abandon is not None:
            abandon()


def _close_at_exit(shipper: Shipper) -> Callable[[], None]:
    """Register a bounded close at exit that does not keep the shipper alive."""
    reference = weakref.ref(shipper)

    def close() -> None:
        alive = reference()
        if alive is not None:
            alive.close()

    return atexit.register(close)


def _run(reference: "weakref.ref[Shipper]", signal: _Signal, release: Callable[[], None]) -> None:
    """The thread. It holds the shipper only during a step, so that one can be forgotten."""
    while True:
        shipper = reference()
        if shipper is None:
            release()
            return
        if signal.stopping:
            return
        seen = signal.news
        delay, idle = shipper.turn()
        del shipper
        signal.wait(delay, seen, idle=idle)


def _release(transport: Transport, outbox: Outbox, lock: FileLock) -> None:
    transport.close()
    lock.release()
    outbox.close()


def _weak_notify(shipper: Shipper) -> Callable[[], None]:
    reference = weakref.ref(shipper)

    def notify() -> None:
        alive = reference()
        if alive is not None:
            alive.notify()

    return notify
