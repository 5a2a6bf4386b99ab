"""A few threads that read, each with a connection of its own."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import apsw

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.sqlite.connect import connect_reader, translated

THREADS: Final = 3

_Answer = TypeVar("_Answer")


class Readers:
    """Runs queries, each on one consistent snapshot, without ever waiting for the writer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="motherhaven-store-read")
        self._idle: list[apsw.Connection] = []
        self._lock = threading.Lock()
        self._stopped = False

    async def ask(self, query: Callable[[apsw.Connection], _Answer]) -> _Answer:
        """The answer of `query`.

        Raises:
            StoreUnavailable: the store is closed, or cannot be read now.
            StoreCorrupt: the database is damaged.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._stopped:
                raise StoreUnavailable(f"store {self._path}: it is closed; call open() first")
            answer = loop.run_in_executor(self._pool, self._answer, query)
        return await answer

    def stop(self) -> None:
        """Wait for the running queries, then close every connection. Blocks; safe to repeat."""
        with self._lock:
            self._stopped = True
        self._pool.shutdown(wait=True)
        while self._idle:
            self._idle.pop().close(True)

    def _answer(self, query: Callable[[apsw.Connection], _Answer]) -> _Answer:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = connect_reader(self._path)
        try:
            connection.execute("BEGIN")
            return query(connection)
        except apsw.Error as error:
            connection.close(True)
            raise translated(error, self._path) from error
        finally:
            self._give_back(connection)

    def _give_back(self, connection: apsw.Connection) -> None:
        """Keep the connection for the next query, unless an error closed it."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except apsw.Error:
            connection.close(True)
            return
        with self._lock:
            self._idle.append(connection)
