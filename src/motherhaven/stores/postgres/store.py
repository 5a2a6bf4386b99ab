"""The Store on PostgreSQL: a writer thread with group commit, a few readers, a listener."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, StoreError
from motherhaven.contract.events import Event
from motherhaven.stores.changes import Commit
from motherhaven.stores.cursors import read_live_cursor
from motherhaven.stores.postgres.listener import Listener
from motherhaven.stores.postgres.location import locate
from motherhaven.stores.postgres.migrate import migrate
from motherhaven.stores.postgres.readers import Readers
from motherhaven.stores.postgres.replica import Replica, replica_of
from motherhaven.stores.postgres.space import free_space
from motherhaven.stores.postgres.writer import Writer
from motherhaven.stores.protocol import Appended, Tail
from motherhaven.stores.relational import log
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.readers import Answer, Answering
from motherhaven.stores.relational.store import RelationalStore

_FAR: Final = 1 << 62


class PostgresStore(RelationalStore[Writer, Readers]):
    """Keeps everything in one schema of the database at `url`; many servers may share it.

    Raises ConfigError if the URL is not one. It never shows the URL's password.
    """

    def __init__(self, url: str, *, clock: Clock, read_url: str | None = None) -> None:
        """`read_url`: a standby of the same database that answers the dashboard's questions."""
        self._location = locate(url)
        self._read_location = None if read_url is None else locate(read_url)
        self._replica: Replica | None = None
        self._known = 0
        self._known_lock = threading.Lock()
        """The newest commit number that this server acknowledged or streamed."""
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
        if self._read_location is not None:
            replica = replica_of(self._read_location, lock, readers, lambda: self._known)
            try:
                await replica.check(self._generation)
            except ConfigError:
                for one in (replica, readers):
                    await asyncio.to_thread(one.stop)
                raise
            self._replica = replica
        writer = Writer(self._location, identity, channel, self._committed)
        self._listener = Listener(self._location, channel, self._notifier.wake, lambda: writer.pid)
        self._listener.start()
        self._writer, self._readers = writer, readers

    async def close(self) -> None:
        """Finish what was accepted, then close every connection and thread."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop()
        replica, self._replica = self._replica, None
        if replica is not None:
            await asyncio.to_thread(replica.stop)
        await super().close()

    def _committed(self, commits: Sequence[Commit]) -> None:
        self._know(commit.last for commit in commits)
        self._notifier.wake(commits)

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """As Store.append; whoever was answered finds the events in every answer."""
        results = await super().append(events)
        numbers = [
            read_live_cursor(self._generation, one.cursor, floor=0, head=_FAR)
            for one in results
            if one.cursor is not None
        ]
        self._know(numbers)
        return results

    async def tail(self, after: str, limit: int) -> Tail:
        """As Store.tail; who was told of these events finds them in every answer."""
        found = await super().tail(after, limit)
        number = read_live_cursor(self._generation, found.cursor, floor=0, head=_FAR)
        self._know([number])
        return found

    async def read_cursor(self) -> str:
        """As Lists.read_cursor; no standby that is further behind answers after it."""
        cursor = await super().read_cursor()
        self._know([read_live_cursor(self._generation, cursor, floor=0, head=_FAR)])
        return cursor

    def _know(self, numbers: Iterable[int]) -> None:
        """No answer may be older than these; the writer's thread says so too."""
        with self._known_lock:
            self._known = max([self._known, *numbers])

    @property
    def _asked(self) -> Answering:
        return self._replica or self._read

    async def prune(self, before: datetime) -> int:
        """As Store.prune; then what it dropped is made free for new rows at once."""
        dropped = await super().prune(before)
        if dropped:
            await asyncio.to_thread(free_space, self._location)
        return dropped

    async def _change(self, operation: Callable[[Session], Answer], *, weight: int = 1) -> Answer:
        return await self._read.change(operation)

    def _poll_seconds(self) -> tuple[float, float] | None:
        """Looks are only needed while nothing is heard."""
        is_heard = self._listener is not None and self._listener.listening.is_set()
        return None if is_heard else super()._poll_seconds()
