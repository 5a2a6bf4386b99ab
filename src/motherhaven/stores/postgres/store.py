"""The Store on PostgreSQL: a writer thread with group commit, a few readers, a listener."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.stores.postgres.listener import Listener
from motherhaven.stores.postgres.location import locate
from motherhaven.stores.postgres.migrate import migrate
from motherhaven.stores.postgres.readers import Readers
from motherhaven.stores.postgres.space import free_space
from motherhaven.stores.postgres.writer import Writer
from motherhaven.stores.relational import log
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.readers import Answer
from motherhaven.stores.relational.store import RelationalStore


class PostgresStore(RelationalStore[Writer, Readers]):
    """Keeps everything in one schema of the database at `url`; many servers may share it.

    Raises ConfigError if the URL is not one. It never shows the URL's password.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self._location = locate(url)
        super().__init__(self._location.shown, clock=clock)
        self._listener: Listener | None = None

    async def open(self) -> None:
        """Connect, create or migrate the schema, start the threads; nothing if it is open.

        Raises:
            StoreUnavailable, StoreCorrupt: the database cannot be used now, or is damaged.
            ConfigError: it is another program's, or a newer Motherhaven's, or not UTF-8.
        """
        if self._writer is not None:
            return
        identity = await asyncio.to_thread(migrate, self._location, secrets.token_hex(6))
        self._generation, lock = identity
        channel = f"motherhaven_{self._generation}"
        readers = Readers(self._location, lock)
        try:
            await readers.ask(log.head)  # whether it can be read
        except StoreError:
            await asyncio.to_thread(readers.stop)
            raise
        writer = Writer(self._location, identity, channel, self._hub.wake)
        self._listener = Listener(self._location, channel, self._hub.wake, lambda: writer.pid)
        self._listener.start()
        self._writer, self._readers = writer, readers

    async def close(self) -> None:
        """Finish what was accepted, then close every connection and thread."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop()
        await super().close()

    async def prune(self, before: datetime) -> int:
        """As Store.prune; then what it dropped is made free for new rows at once."""
        dropped = await super().prune(before)
        if dropped:
            await asyncio.to_thread(free_space, self._location)
        return dropped

    async def _change(self, deed: Callable[[Session], Answer], *, weight: int = 1) -> Answer:
        return await self._read.change(deed)

    def _poll_seconds(self) -> tuple[float, float] | None:
        """Looks are only needed while nothing is heard."""
        is_heard = self._listener is not None and self._listener.listening.is_set()
        return None if is_heard else super()._poll_seconds()
