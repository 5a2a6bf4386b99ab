"""Tells who follows a store of its commits; those of this process come with their events."""

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from motherhaven.stores.protocol import Stored
from motherhaven.stores.unreadable import UnreadableRows

MAX_EVENTS: Final = 4_000
"""So many events of commits wait for a follower; one that is slower reads the store."""

POLL_SECONDS: Final = 0.5
"""How soon a store whose file others may write is looked at for their commits."""

IDLE_POLL_SECONDS: Final = 2.0
"""How late at most, once nothing came for a while."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of this process: the number of the event before it, and that of its last one.

    `events(start, stop, unreadable)` makes some of them, counted from 0, for the stream; only
    if somebody follows. What cannot be read is noted and left out.
    """

    before: int
    last: int
    events: Callable[[int, int, UnreadableRows], Sequence[Stored]]

    @property
    def size(self) -> int:
        """How many events it has."""
        return self.last - self.before


class Subscription:
    """What was committed since its making; several commits may be one wake-up."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._flag = asyncio.Event()
        self._commits: deque[Commit] = deque()
        self._size = 0
        self._others = False
        self.ended = False

    async def wait(self, seconds: float | None) -> bool:
        """Wait for news or the end, `seconds` at most; whether there is any."""
        if seconds is None:
            await self._flag.wait()
            return True
        try:
            # Not wait_for: in Python 3.11 it can swallow a cancellation, and a shutdown hangs.
            async with asyncio.timeout(seconds):
                await self._flag.wait()
        except TimeoutError:
            return False
        return True

    def take(self) -> tuple[list[Commit], bool]:
        """This process' commits since the last call; without some where they were too many.

        And whether the store has to be looked at too: there was news of others' commits.
        """
        self._flag.clear()
        commits, others = list(self._commits), self._others
        self._commits.clear()
        self._size, self._others = 0, False
        return commits, others

    def wake(self, commits: Sequence[Commit] = ()) -> None:
        """These were committed here, or something by others; from any thread."""
        self._call(self._note, commits)

    def end(self) -> None:
        """No commit will follow; from any thread."""
        self._call(self._end)

    def _note(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            self._commits.append(commit)
            self._size += commit.size
        while self._commits and self._size > MAX_EVENTS:
            self._size -= self._commits.popleft().size
        self._others = self._others or not commits
        self._flag.set()

    def _end(self) -> None:
        self.ended = True
        self._flag.set()

    def _call(self, step: Callable[..., None], *values: object) -> None:
        try:
            self._loop.call_soon_threadsafe(step, *values)
        except RuntimeError:
            self.ended = True  # its event loop is gone, and with it whoever waited


class CommitNotifier:
    """All subscriptions of one store; those that are dropped vanish by themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: weakref.WeakSet[Subscription] = weakref.WeakSet()

    def subscribe(self) -> Subscription:
        """A new subscription of the running event loop."""
        subscription = Subscription()
        with self._lock:
            self._all.add(subscription)
        return subscription

    def wake(self, commits: Sequence[Commit] = ()) -> None:
        """Tell all of commits made here, or that others made some; from any thread."""
        for subscription in self._snapshot():
            subscription.wake(commits)

    def end(self) -> None:
        """Tell all that the store closes; from any thread."""
        for subscription in self._snapshot():
            subscription.end()

    def _snapshot(self) -> list[Subscription]:
        with self._lock:
            return list(self._all)
