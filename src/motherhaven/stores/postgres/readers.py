"""A few threads with connections of their own: they read, and do what needs no log's turn."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar, cast

import psycopg

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.postgres.connect import (
    DURABLE,
    Connection,
    close,
    connect,
    in_transaction,
    is_lost,
    translated,
)
from motherhaven.stores.postgres.location import Location

THREADS: Final = 4

_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

_Answer = TypeVar("_Answer")


class Readers:
    """Runs queries, each on one consistent snapshot.

    A connection that proves dead is replaced, and the query runs again: so a server
    that was restarted is not noticed. Not psycopg_pool, whose waiting is the wrong way
    round here: it retries in the background, and its callers learn no reason.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="motherhaven-store-read")
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._stopped = False

    async def ask(self, query: Callable[[Connection], _Answer]) -> _Answer:
        """The answer of `query`, which only reads.

        Raises:
            StoreUnavailable: the store is closed, or cannot be read now.
            StoreCorrupt: the database is damaged.
        """
        return await self._run(_READ, query)

    async def change(self, deed: Callable[[Connection], _Answer]) -> _Answer:
        """Run `deed`, and return when its commit is durable. It may run twice.

        Raises:
            StoreUnavailable: the store is closed, or cannot be written now.
            StoreCorrupt: the database is damaged.
        """

        def durable(connection: Connection) -> _Answer:
            connection.execute(DURABLE)
            return deed(connection)

        return await self._run(_WRITE, durable)

    async def _run(self, begin: str, deed: Callable[[Connection], _Answer]) -> _Answer:
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._stopped:
                raise StoreUnavailable(f"store {self._location.shown}: it is closed; open it first")
            answer = loop.run_in_executor(self._pool, self._answer, begin, deed)
        return cast("_Answer", await answer)

    def stop(self) -> None:
        """Wait for what runs, then close every connection. Blocks; safe to repeat."""
        with self._lock:
            self._stopped = True
        self._pool.shutdown(wait=True)
        self._drop_idle()

    def _answer(self, begin: str, deed: Callable[[Connection], Any]) -> Any:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        is_new = connection is None
        while True:
            if connection is None:
                connection = connect(self._location, "reader")
            try:
                answer = in_transaction(connection, begin, deed)
            except psycopg.Error as error:
                if not is_lost(error, connection) or is_new:
                    self._give_back(connection)
                    raise translated(error, self._location) from None
                close(connection)
                self._drop_idle()  # the others are of the same age
                connection, is_new = None, True
            except BaseException:
                self._give_back(connection)
                raise
            else:
                self._give_back(connection)
                return answer

    def _give_back(self, connection: Connection) -> None:
        if not connection.closed:
            with self._lock:
                self._idle.append(connection)

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            close(connection)
