"""Bodies that are not whole yet: few for each caller, and the oldest make room for new ones."""

import asyncio
from collections import deque

from starlette.types import Message, Receive

from motherhaven.server.wire.problems import Problem


class Upload:
    """One body on its way."""

    __slots__ = ("_task", "is_ended", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_ended = False
        self._task: asyncio.Task[object] | None = None

    async def wait(self, receive: Receive) -> Message:
        """The next piece.

        Raises:
            Problem: 408, the body had to make room or came too late.
        """
        if self.is_ended:
            raise _too_slow()
        task = self._task = asyncio.current_task()
        try:
            return await receive()
        except asyncio.CancelledError:
            if self.is_ended and task is not None and task.uncancel() == 0:
                raise _too_slow() from None
            raise
        finally:
            self._task = None

    def end(self) -> None:
        """Refuse the rest, whoever waits for it."""
        self.is_ended = True
        if self._task is not None:
            self._task.cancel()


class Uploads:
    """The unfinished bodies of one class of callers.

    Where there are `most`, or `most_of_one` of one caller, the oldest of whoever has most is
    ended: who sends a whole request at once always gets through, however many bodies hang.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._by_name: dict[str, deque[Upload]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def begin(self, name: str) -> Upload:
        """Register a body of the caller `name`."""
        if len(self._by_name.get(name, ())) >= self._most_of_one:
            self._end_oldest(name)
        elif self._count >= self._most:
            self._end_oldest(max(self._by_name, key=lambda one: len(self._by_name[one])))
        upload = Upload(name)
        self._by_name.setdefault(name, deque()).append(upload)
        self._count += 1
        return upload

    def finish(self, upload: Upload) -> None:
        """The body is whole or given up; safe to repeat."""
        mine = self._by_name.get(upload.name)
        if mine is None or upload not in mine:
            return
        mine.remove(upload)
        self._count -= 1
        if not mine:
            del self._by_name[upload.name]

    def _end_oldest(self, name: str) -> None:
        oldest = self._by_name[name][0]
        self.finish(oldest)
        oldest.end()


def _too_slow() -> Problem:
    return Problem(
        408,
        "too_slow",
        "the body did not arrive in time while other requests waited",
        "send the head and the body of a request at once, over a faster connection",
        {"connection": "close"},
    )
