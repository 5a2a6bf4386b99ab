"""The Store on one SQLite file: a writer thread with group commit, a few readers."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.stores.relational import log
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.readers import Answer
from motherhaven.stores.relational.store import RelationalStore
from motherhaven.stores.sqlite.readers import Readers
from motherhaven.stores.sqlite.writer import Writer


class SqliteStore(RelationalStore[Writer, Readers]):
    """Keeps everything in the file `path`. Several stores and processes may share it."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        super().__init__(str(path), clock=clock)
        self._path = path

    async def open(self) -> None:
        """Create or migrate the file, and start the threads; does nothing if it is open.

        Raises:
            StoreUnavailable, StoreCorrupt: the file cannot be used now, or is damaged.
            ConfigError: the file is another program's, or a newer Motherhaven's.
        """
        if self._writer is not None:
            return
        writer = await asyncio.to_thread(
            Writer, self._path, secrets.token_hex(6), self._notifier.wake
        )
        readers = Readers(self._path)
        try:
            self._generation = await readers.ask(log.identity)
            await readers.ask(log.head)  # a damaged log is noticed here
        except StoreError:
            await asyncio.to_thread(readers.stop)
            await asyncio.to_thread(writer.stop)
            raise
        writer.generation = self._generation
        self._writer, self._readers = writer, readers

    async def _change(self, operation: Callable[[Session], Answer], *, weight: int = 1) -> Answer:
        return await self._write.do(operation, weight=weight)
