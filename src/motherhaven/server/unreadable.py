"""Tells of kept rows that no list can show: in the log, and among the errors of their bot."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.server.background import beside
from motherhaven.stores.protocol import Store

LOG: Final = logging.getLogger("motherhaven.server")


class UnreadableWatch:
    """Looks every `seconds` for rows that reads passed over since the last look.

    `tell` is called when the list of errors has grown. The store keeps a few an hour of each
    bot, as of refused ingest; the whole count is `stats.unreadable` of its bot.
    """

    def __init__(
        self, store: Store, clock: Clock, seconds: float, tell: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._tell = tell

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look on while the context lasts."""
        async with beside(self._run):
            yield

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.look()
            except StoreError as error:
                LOG.warning(
                    "unreadable rows could not be reported and are reported later: %s", error
                )

    async def look(self) -> int:
        """Tell of each new one; returns how many there were.

        Raises:
            StoreError: the store cannot keep it now; the log has it.
        """
        news = self._store.unreadable.news()
        kept = False
        for row in news:
            text = f"{row.name} is kept, but cannot be read and is left out: {row.why}"
            LOG.warning("bot %.128r: %s", row.bot_id, text)
            kept |= await self._store.report_rejected(
                bot_id=row.bot_id, at=self._clock.now(), message=text, code="unreadable"
            )
        if kept:
            self._tell()
        return len(news)
