"""What the log's index, left behind by a kill, says of commits that are gone.

A log that was cut short or deleted looks like one that never was longer. The index
beside it (`-shm`) still tells how many frames it had. After a restart of the machine it
tells nothing: its pages may have reached the disk before or after those of the log.
Format: https://sqlite.org/walformat.html#the_wal_index_header
"""

import struct
import time
from pathlib import Path
from typing import Final, NamedTuple

from motherhaven.recorder import fileguard
from motherhaven.recorder.repair import wal

_HEADER: Final = struct.Struct("=IIIBBHII2I8s2I")
_BACKFILLED: Final = struct.Struct("=I")
_VERSION: Final = 3007000


class Witness(NamedTuple):
    """How many frames the log had, how many of them the database has, and their salt."""

    frames: int
    backfilled: int
    salt: bytes


def read(path: Path) -> Witness | None:
    """The index beside the database at `path`; None if it is not there or tells nothing.

    Only while no connection of this process is open: reading it would drop its locks.
    """
    try:
        found = path.stat()
        index = path.with_name(path.name + "-shm")
        if fileguard.is_open_here((found.st_dev, found.st_ino)):
            return None
        if index.stat().st_mtime < _booted():
            return None
        with index.open("rb") as raw:
            data = raw.read(136)
    except OSError:
        return None
    size = _HEADER.size
    if len(data) < 2 * size + 4 or data[:size] != data[size : 2 * size]:
        return None
    told = _HEADER.unpack_from(data)
    if told[0] != _VERSION or told[3] != 1:
        return None
    return Witness(told[6], _BACKFILLED.unpack_from(data, 2 * size)[0], told[10])


def missing(path: Path, before: Witness | None, seen: int) -> int:
    """How many frames are gone that the database does not have either, of `seen` in the log."""
    if before is None or before.backfilled >= before.frames:
        return 0
    try:
        with wal.wal_path(path).open("rb") as raw:
            salt = raw.read(wal.HEADER)[16:24]
    except OSError:
        salt = b""
    return (
        max(0, before.frames - max(seen, before.backfilled))
        if salt == before.salt
        else (before.frames - before.backfilled)
    )


def _booted() -> float:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.time() - time.clock_gettime(clock)
