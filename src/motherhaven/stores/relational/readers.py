"""A few threads that read, each with a connection of its own."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.writer import closed
from motherhaven.stores.unreadable import UnreadableRows

Answer = TypeVar("Answer")


class Closeable(Protocol):
    """A connection."""

    def close(self) -> None:
        """Let go of it, whatever state it is in."""
        ...


class Answering(Protocol):
    """Whoever answers questions."""

    async def ask(self, query: Callable[[Session], Answer]) -> Answer:
        """The answer of `query`, which only reads."""
        ...


Connection = TypeVar("Connection", bound=Closeable)


class Asking:
    """One question while it is answered, so that who asked can have it end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self.is_cancelled = False

    @contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """While the context lasts, `stop` ends the statement that runs; from any thread.

        Raises:
            StoreUnavailable: nobody waits for the answer any more.
        """
        with self._lock:
            self.check()
            self._stop = stop
        try:
            yield
        finally:
            with self._lock:
                self._stop = None

    def check(self) -> None:
        """Go on only if somebody waits.

        Raises:
            StoreUnavailable: nobody waits for the answer any more.
        """
        if self.is_cancelled:
            raise StoreUnavailable("the request was cancelled before the store was read; ask again")

    def cancel(self) -> None:
        """Nobody waits any more: end the statement that runs, and let none follow."""
        with self._lock:
            self.is_cancelled = True
            if self._stop is not None:
                self._stop()


class Readers(ABC, Generic[Connection]):
    """Runs queries, each on one consistent snapshot, without ever waiting for the writer."""

    threads: int

    def __init__(self, shown: str) -> None:
        self.unreadable = UnreadableRows()
        self._shown = shown
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="motherhaven-store-read")
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._stopped = False

    async def ask(self, query: Callable[[Session], Answer]) -> Answer:
        """The answer of `query`, which only reads.

        Raises:
            StoreUnavailable: the store is closed, or cannot be read now.
            StoreCorrupt: the database is damaged.
        """

        def noting(session: Session) -> Answer:
            session.unreadable = self.unreadable
            return query(session)

        return await self._submit(lambda asking: self._answer(noting, asking))

    async def _submit(self, work: Callable[["Asking"], Answer]) -> Answer:
        loop, asking = asyncio.get_running_loop(), Asking()
        with self._lock:
            if self._stopped:
                raise closed(self._shown)
            answer = loop.run_in_executor(self._pool, work, asking)
        try:
            return await answer
        except asyncio.CancelledError:
            # In a thread of its own: to stop a statement may take a connection to a server.
            threading.Thread(target=asking.cancel, daemon=True).start()
            raise

    def stop(self) -> None:
        """Wait for what runs, then close every connection. Blocks; safe to repeat."""
        with self._lock:
            self._stopped = True
        self._pool.shutdown(wait=True)
        self._drop_idle()

    @abstractmethod
    def _answer(self, query: Callable[[Session], Answer], asking: "Asking") -> Answer:
        """Run `query` in a transaction on a connection of this thread's own, within `asking`."""

    def _take(self) -> Connection | None:
        """A connection that nobody uses, if there is one."""
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, connection: Connection) -> None:
        """Keep the connection for the next query."""
        with self._lock:
            self._idle.append(connection)

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
