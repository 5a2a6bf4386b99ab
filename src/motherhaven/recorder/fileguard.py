"""Locks that another SQLite library in this process can neither take nor drop.

POSIX locks belong to the process: when any code closes any handle of the database file
(`sqlite3.connect(…).close()`, `shutil.copy`), ours are gone, and that library, seeing no
locks, checkpoints and unlinks the write-ahead log under our feet. Locks of an open file
description (Linux; macOS has them too) belong to a handle. Two shared ones, held while
connections are open, keep every other closer from the exclusive lock that unlinking
needs, and every other opener from making the log's index anew. Where the system has no
such locks the journal only notices the loss, and writes again (see rescue.py).
"""

import contextlib
import errno
import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import apsw

from motherhaven.recorder import fork

if sys.platform != "win32":
    import fcntl

_SHARED_FIRST: Final = 0x40000002
_SHARED_SIZE: Final = 510
_INDEX_IN_USE: Final = 128
"""Byte ranges of SQLite's own locks: os_unix.c, SHARED_FIRST and UNIX_SHM_DMS."""

_WRITER: Final = 0x40000400
"""A byte that SQLite does not use: one writer at a time among Motherhaven's processes."""

_COMMANDS: Final = {"linux": 37, "darwin": 90}  # F_OFD_SETLK
_READ, _WRITE, _FREE = (0, 1, 2) if sys.platform == "linux" else (1, 3, 2)

_guard = threading.RLock()
_held: "dict[tuple[int, int], _Locks]" = {}
_parked: list[tuple[tuple[int, int], int]] = []
"""Handles that may not be closed yet: closing would drop the locks of other connections."""


def _lock(handle: int, kind: int, start: int, length: int) -> bool:
    """Set or free a lock of this handle; False if another holds it, OSError if unsupported."""
    command = _COMMANDS.get(sys.platform)
    if command is None:
        raise OSError(errno.ENOTSUP, "no locks of open file descriptions")
    if sys.platform == "linux":
        what = struct.pack("hhqqi", kind, 0, start, length, 0)
    else:
        what = struct.pack("qqihh", start, length, 0, kind, 0)
    try:
        fcntl.fcntl(handle, command, what.ljust(32, b"\0"))
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


class _Locks:
    """The locks on one file, whatever its name; shared by the process's connections."""

    def __init__(self, path: Path, key: tuple[int, int]) -> None:
        self.key = key
        self.users = 0
        self.writer = threading.Lock()
        self.handle: int | None = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.index: int | None = None

    def free(self) -> None:
        for handle in (self.handle, self.index):
            if handle is not None:
                with contextlib.suppress(OSError):
                    _lock(handle, _FREE, 0, 0)

    def close(self) -> None:
        handles = (self.handle, self.index)
        self.handle = self.index = None
        for handle in handles:
            if handle is not None:
                os.close(handle)


class Guard:
    """One user of the locks on a database file; `release` closes its connection too."""

    def __init__(self, locks: _Locks | None, path: Path) -> None:
        self._locks = locks
        self._path = path

    def __del__(self) -> None:
        """One that was forgotten frees its locks; its connection closes by itself."""
        locks, self._locks = self._locks, None
        if locks is not None:
            _release(locks, None)

    @property
    def active(self) -> bool:
        """Whether the locks are held; False where the system has none of this kind."""
        return self._locks is not None

    def hold_index(self) -> None:
        """Hold the log's index as well; call when a connection has it open."""
        locks = self._locks
        if locks is None:
            return
        name = f"{self._path}-shm"
        with _guard, contextlib.suppress(OSError):
            if locks.index is not None and os.path.samestat(os.stat(name), os.fstat(locks.index)):
                return
            index = os.open(name, os.O_RDWR | os.O_CLOEXEC)
            if locks.index is not None:
                _parked.append((locks.key, locks.index))
            locks.index = index
            _lock(index, _READ, _INDEX_IN_USE, 1)

    @contextlib.contextmanager
    def writing(self, seconds: float) -> Iterator[None]:
        """Be the only writer among Motherhaven's processes and threads.

        SQLite's own lock is not enough: another library in the process may drop it.

        Raises:
            apsw.BusyError: another kept it for `seconds`.
        """
        locks = self._locks
        if locks is None or locks.handle is None:
            yield
            return
        if not locks.writer.acquire(timeout=seconds):
            raise apsw.BusyError("another thread is writing")
        try:
            _wait(locks.handle, _WRITE, _WRITER, 1, seconds)
            try:
                yield
            finally:
                if locks.handle is not None:
                    _lock(locks.handle, _FREE, _WRITER, 1)
        finally:
            locks.writer.release()

    def release(self, connection: apsw.Connection) -> None:
        """Close `connection` and, if it was the last, free the locks."""
        locks, self._locks = self._locks, None
        if locks is None:
            connection.close(True)
        else:
            _release(locks, connection)


def _release(locks: _Locks, connection: apsw.Connection | None) -> None:
    """Take one user from the locks, closing its connection; the last one frees them."""
    with _guard:
        locks.users -= 1
        if locks.users > 0:
            if connection is not None:
                connection.close(True)
            return
        if _held.get(locks.key) is locks:
            del _held[locks.key]
        locks.free()
        if connection is not None:
            connection.close(True)
        _close_or_park(locks)


def hold(path: Path, seconds: float) -> Guard:
    """Lock the database file at `path`, which a connection has open, for one more user.

    Raises:
        apsw.BusyError: another process keeps it exclusively for `seconds`.
    """
    with _guard:
        try:
            found = os.stat(path)
            _close_parked()
            locks = _held.get((found.st_dev, found.st_ino))
            if locks is None:
                locks = _Locks(path, (found.st_dev, found.st_ino))
                try:
                    _wait(locks.handle or 0, _READ, _SHARED_FIRST, _SHARED_SIZE, seconds)
                except BaseException:
                    _close_or_park(locks)
                    raise
                _held[locks.key] = locks
        except OSError:
            return Guard(None, path)
        locks.users += 1
        return Guard(locks, path)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a database file for reading without dropping locks when it is closed.

    Raises:
        OSError: it cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with os.fdopen(handle, "rb", closefd=False) as raw:
            yield raw
    finally:
        with _guard:
            _parked.append((_inode(handle), handle))
            _close_parked()


def _wait(handle: int, kind: int, start: int, length: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    pause = 0.001
    while not _lock(handle, kind, start, length):
        if time.monotonic() >= deadline:
            raise apsw.BusyError("another process keeps the file locked")
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def _close_or_park(locks: _Locks) -> None:
    """Close the handles, unless other connections to the file would lose their locks."""
    _parked.extend((locks.key, h) for h in (locks.handle, locks.index) if h is not None)
    locks.handle = locks.index = None
    _close_parked()


def _close_parked() -> None:
    """Close the handles to files that no connection has open any more."""
    kept = [(key, handle) for key, handle in _parked if is_open_here(key)]
    for key, handle in _parked:
        if (key, handle) not in kept:
            os.close(handle)
    _parked[:] = kept


def is_open_here(key: tuple[int, int]) -> bool:
    """Whether a connection of this process is open to the file with this device and inode."""
    for connection in apsw.connections():
        try:
            found = os.stat(connection.db_filename("main"))
        except apsw.ConnectionClosedError:
            continue
        except apsw.Error:  # busy in another thread
            return True
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == key:
            return True
    return False


def _inode(handle: int) -> tuple[int, int]:
    found = os.fstat(handle)
    return found.st_dev, found.st_ino


class _Forked:
    """A child has no connections: it closes the handles, and frees none of the locks."""

    def before_fork(self) -> None:
        _guard.acquire()

    def after_fork_in_parent(self) -> None:
        _guard.release()

    def after_fork_in_child(self) -> None:
        _guard.release()  # held by the thread that forked, the only one here
        for locks in _held.values():
            locks.close()
        _held.clear()


_forked = _Forked()
fork.register(_forked, rank=3)
