"""Hears of other servers' commits through LISTEN, and says whether it can be relied on."""

import asyncio
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg import sql

from motherhaven.stores.postgres.location import Location

CHECK_SECONDS: Final = 10.0
"""A silent connection is tried so often."""

_PAUSE_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)


class Listener:
    """A task with a connection of its own. While `listening` is not set, others must poll."""

    def __init__(
        self, location: Location, channel: str, wake: Callable[[], None],
        own_pid: Callable[[], int | None],
    ) -> None:  # fmt: skip
        self._location = location
        self._channel = channel
        self._wake = wake
        self._own_pid = own_pid
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    def start(self) -> None:
        """Listen from now on, in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="motherhaven-store-listen")

    async def stop(self) -> None:
        """Listen no more; safe to repeat."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **self._location.parameters, autocommit=True
                ) as connection:
                    await connection.execute(
                        sql.SQL("LISTEN {}").format(sql.Identifier(self._channel))
                    )
                    failures = 0
                    self.listening.set()
                    self._wake()  # what was committed before is not announced again
                    await self._listen(connection)
            except (psycopg.Error, OSError):
                failures += 1
            finally:
                if self.listening.is_set():
                    self.listening.clear()
                    self._wake()  # who waited to be told must look from now on
            await asyncio.sleep(_PAUSE_SECONDS[min(failures, len(_PAUSE_SECONDS)) - 1])

    async def _listen(self, connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        while True:
            async for notice in connection.notifies(timeout=CHECK_SECONDS):
                if notice.pid != self._own_pid():  # our own commits wake by themselves
                    self._wake()
            async with asyncio.timeout(CHECK_SECONDS):
                await connection.execute("SELECT 1")
