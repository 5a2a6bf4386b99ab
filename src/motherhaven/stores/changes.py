"""Wakes those who wait for commits; several commits may be one wake-up."""

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Self

POLL_SECONDS = 0.5
"""How often a store whose file others may write looks for their commits."""


class Subscription:
    """An iterator over commits. It misses none from its making on, and may merge several."""

    def __init__(self, poll: Callable[[], Awaitable[bool]] | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._flag = asyncio.Event()
        self._poll = poll
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> None:
        """Wait for the next commit; ends when the store closes."""
        while not self._ended:
            if self._poll is None:
                await self._flag.wait()
            else:
                await self._wait_or_poll(self._poll)
            if self._flag.is_set() and not self._ended:
                self._flag.clear()
                return
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop waiting; safe to repeat."""
        self.end()

    def wake(self) -> None:
        """A commit happened; from any thread."""
        self._set()

    def end(self) -> None:
        """No commit will follow; from any thread."""
        self._ended = True
        self._set()

    def _set(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._flag.set)
        except RuntimeError:
            self._ended = True  # its event loop is gone, and with it whoever waited

    async def _wait_or_poll(self, poll: Callable[[], Awaitable[bool]]) -> None:
        try:
            # Not wait_for: in Python 3.11 it can swallow a cancellation, and a shutdown hangs.
            async with asyncio.timeout(POLL_SECONDS):
                await self._flag.wait()
        except TimeoutError:
            if await poll():
                self._flag.set()


class Hub:
    """All subscriptions of one store; those that are dropped vanish by themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: weakref.WeakSet[Subscription] = weakref.WeakSet()

    def subscribe(self, poll: Callable[[], Awaitable[bool]] | None = None) -> Subscription:
        """A new subscription of the running event loop."""
        subscription = Subscription(poll)
        with self._lock:
            self._all.add(subscription)
        return subscription

    def wake(self) -> None:
        """Tell all that a commit happened; from any thread."""
        for subscription in self._snapshot():
            subscription.wake()

    def end(self) -> None:
        """Tell all that the store closes; from any thread."""
        for subscription in self._snapshot():
            subscription.end()

    def _snapshot(self) -> list[Subscription]:
        with self._lock:
            return list(self._all)
