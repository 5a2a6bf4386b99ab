"""Giving memory back to the system after clients were dropped that held much of it."""

import asyncio
import ctypes
import gc
from typing import Final

_AFTER_SECONDS: Final = 1.0


class MemoryRelease:
    """Called for each client that is dropped; gives memory back once, a little later."""

    def __init__(self) -> None:
        self._due: asyncio.TimerHandle | None = None
        self.rounds = 0

    def __call__(self) -> None:
        """A client was dropped that did not read."""
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(_AFTER_SECONDS, self._release)

    def _release(self) -> None:
        self._due = None
        self.rounds += 1
        gc.collect()
        trim_heap()


def trim_heap() -> bool:
    """Ask the C library to return what it has free; whether it has that call (glibc does)."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return False
    trim(0)
    return True
