"""Work that goes on beside something else, and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any


@asynccontextmanager
async def beside(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run `work` in a task while the context lasts; what it raises ends the task alone."""
    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Wanted:
    """Whether anybody needs something kept fresh just now; on one event loop."""

    def __init__(self) -> None:
        self._holders = 0
        self._event = asyncio.Event()

    @contextmanager
    def held(self) -> Iterator[None]:
        """It is wanted while the context lasts."""
        self._holders += 1
        self._event.set()
        try:
            yield
        finally:
            self._holders -= 1
            if not self._holders:
                self._event.clear()

    async def wait(self) -> None:
        """Until somebody wants it."""
        await self._event.wait()
