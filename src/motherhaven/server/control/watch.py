"""Who waits for commands is woken by them: at once by this server's, within a look by others'."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from motherhaven.contract.errors import StoreError
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.commands import CommandStore
from motherhaven.stores.protocol import Store

LOOK_SECONDS: Final = 1.0
"""So soon after its commit a command that another server took is handed out here."""

BILLED_LOOK_SECONDS: Final = 20.0
"""The same where each look at the store is billed."""


class CommandWatch:
    """One look at the store for all who wait, and none while nobody does.

    A waiting request holds a place in `_waiting` and nothing else: no thread, and no
    connection of the store.
    """

    def __init__(self, store: Store, commands: CommandStore, ending: asyncio.Event) -> None:
        """`ending` is set when the server stops: then nobody waits any longer."""
        self.commands = commands
        self._ending = ending
        self._every = BILLED_LOOK_SECONDS if capabilities_of(store).billed else LOOK_SECONDS
        self._waiting: set[asyncio.Event] = set()
        self._wanted = asyncio.Event()
        self._known: int | None = None
        self.closed = False
        self.looks = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def wake(self) -> None:
        """Let everybody who waits look at the commands of its bot."""
        for event in self._waiting:
            event.set()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait up to `seconds` until there may be news; `event` was given to `joined` before."""
        if self.closed or seconds <= 0:
            return False
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return not self.closed

    def join(self) -> asyncio.Event:
        """One more who waits. What comes from now on sets its event, so look after this."""
        event = asyncio.Event()
        self._waiting.add(event)
        self._wanted.set()
        return event

    def leave(self, event: asyncio.Event) -> None:
        """One less."""
        self._waiting.discard(event)
        if not self._waiting:
            self._wanted.clear()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look while the context lasts; then nobody waits any longer."""
        tasks = [asyncio.create_task(part) for part in (self._look(), self._end())]
        try:
            yield
        finally:
            self._close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _close(self) -> None:
        self.closed = True
        self.wake()

    async def _end(self) -> None:
        await self._ending.wait()
        self._close()

    async def _look(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                news = await self.commands.news()
            except StoreError:
                pass  # who waits asks the store itself at the end of its time
            else:
                self.looks += 1
                if self._known not in (None, news):
                    self.wake()
                self._known = news
            await asyncio.sleep(self._every)
