"""One sender for one account: a request at a time, what reduces risk before what adds it."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SerialSender:
    """A turn for each request; of those that wait, exits go first, then in order of arrival."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._count = 0

    @asynccontextmanager
    async def turn(self, *, reduces: bool) -> AsyncIterator[None]:
        """A block in which nothing else is sent; `reduces` lets it overtake entries."""
        await self._take(reduces=reduces)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, *, reduces: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._waiting, (not reduces, self._count, mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, next_ = heapq.heappop(self._waiting)
            if not next_.done():
                next_.set_result(None)
                return
        self._busy = False
