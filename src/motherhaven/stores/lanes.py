"""Bounds on the questions that a store answers at once, so that no kind takes all its hands."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

LONG: Final = frozenset(
    {"decisions", "positions", "fills", "fundings", "candles", "equity", "deposits", "errors",
     "full_payload"}
)  # fmt: skip
"""Questions that may take long, whatever is asked; the others look up a few rows."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """At once: questions of one kind, and long ones of all kinds; the rest is for short ones."""

    of_a_kind: int
    long: int


class Lanes:
    """The places that questions of each kind wait for, for each event loop its own."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._places: WeakKeyDictionary[
            asyncio.AbstractEventLoop, defaultdict[str, asyncio.Semaphore]
        ] = WeakKeyDictionary()

    @asynccontextmanager
    async def place(self, kind: str) -> AsyncIterator[None]:
        """A place for one question of a kind; who is cancelled gives it back."""
        async with self._of(kind, self._bounds.of_a_kind):
            if kind not in LONG:
                yield
                return
            async with self._of("", self._bounds.long):
                yield

    def _of(self, name: str, most: int) -> asyncio.Semaphore:
        own = self._places.setdefault(asyncio.get_running_loop(), defaultdict())
        if name not in own:
            own[name] = asyncio.Semaphore(most)
        return own[name]
