"""One owner at a time across processes, through a lock on a separate file.

Never lock or open the database file itself: closing any handle of it would drop
SQLite's own locks.
"""

import os
import sys
import time
from pathlib import Path
from typing import Final

from motherhaven.contract import private
from motherhaven.contract.errors import JournalLocked

_POLL_SECONDS: Final = 0.01

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class FileLock:
    """An exclusive lock; the system frees it when its process ends in any way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle is not None

    def try_acquire(self) -> bool:
        """Take the lock if it is free; False if another holds it.

        Raises:
            OSError: the lock file cannot be made.
        """
        if self._handle is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, private.FILE_MODE)
        private.tighten(self._path)
        if _try_lock(handle):
            self._handle = handle
            return True
        os.close(handle)
        return False

    def acquire(self, timeout: float) -> None:
        """Take the lock, waiting up to `timeout` seconds.

        Raises:
            JournalLocked: another process kept it for the whole time.
            OSError: the lock file cannot be made.
        """
        deadline = time.monotonic() + timeout
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                raise JournalLocked(
                    f"{self._path}: another process has held this lock for {timeout:g} s; "
                    "end that process, or give this bot its own MOTHERHAVEN_DATA"
                )
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Let go of the lock; harmless when it is not held."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> "FileLock":
        self.acquire(30.0)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
