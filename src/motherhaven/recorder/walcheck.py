"""Whether a write-ahead log lost acknowledged commits, and how to read past the damage.

SQLite stops at the first frame whose checksum is wrong and silently forgets the rest.
Commits of the same generation behind that point were acknowledged: that is damage.
File format: https://sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

_HEADER: Final = 32
_FRAME: Final = 24
_MAGIC: Final = 0x377F0682


def wal_path(path: Path) -> Path:
    """The write-ahead log beside a database file."""
    return path.with_name(path.name + "-wal")


def is_orphaned(path: Path) -> bool:
    """Whether a log stands beside an empty file: SQLite would delete it unread."""
    log = wal_path(path)
    if not log.exists() or log.stat().st_size < _HEADER + _FRAME:
        return False
    return not path.exists() or path.stat().st_size == 0


def is_broken(path: Path, observer: apsw.Connection) -> bool:
    """Whether commits stand in the log that SQLite no longer sees.

    The caller must hold the write lock (BEGIN IMMEDIATE) on another connection than
    `observer`, so that nothing moves.
    """
    try:
        data = wal_path(path).read_bytes()
    except OSError:
        return False
    if len(data) < _HEADER + _FRAME:
        return False
    if not _header_is_sound(data):
        return any(data[:_HEADER])
    seen, _ = observer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
    salt = data[16:24]
    frames = enumerate(_frames(data))
    return any(commit and own == salt for i, (own, commit) in frames if i >= max(seen, 0))


def repaired(data: bytes) -> bytes:
    """The log with every checksum made anew, so that SQLite reads all of its frames.

    A damaged page stays damaged; the pages behind it become readable again.
    """
    if len(data) < _HEADER + _FRAME:
        return data
    order = "big" if data[3] & 1 else "little"
    page = _page_size(data)
    salt = data[_HEADER + 8 : _HEADER + 16]
    log = bytearray(data)
    struct.pack_into(">III", log, 0, _MAGIC | (order == "big"), 3007000, page)
    log[16:24] = salt
    sums = _checksum(bytes(log[:24]), order, (0, 0))
    struct.pack_into(">II", log, 24, *sums)
    for at in range(_HEADER, len(log) - page - _FRAME + 1, page + _FRAME):
        if log[at + 8 : at + 16] != salt:
            return bytes(log[:at])
        body = at + _FRAME
        sums = _checksum(bytes(log[at : at + 8]), order, sums)
        sums = _checksum(bytes(log[body : body + page]), order, sums)
        struct.pack_into(">II", log, at + 16, *sums)
    return bytes(log)


def _header_is_sound(data: bytes) -> bool:
    magic = int.from_bytes(data[:4], "big")
    if magic & ~1 != _MAGIC:
        return False
    order = "big" if magic & 1 else "little"
    return struct.pack(">II", *_checksum(data[:24], order, (0, 0))) == data[24:32]


def _page_size(data: bytes) -> int:
    """The page size of the header, or, if that is damaged, the one that fits the frames."""
    told = int.from_bytes(data[8:12], "big")
    salt = data[_HEADER + 8 : _HEADER + 16]
    for size in (told, 4096, *(1 << n for n in range(9, 17))):
        second = _HEADER + _FRAME + size
        if size >= 512 and data[second + 8 : second + 16] in (salt, b""):
            return size
    return 4096


def _frames(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Salt and whether it commits, for each frame."""
    page = _page_size(data)
    for at in range(_HEADER, len(data) - page - _FRAME + 1, page + _FRAME):
        yield data[at + 8 : at + 16], data[at + 4 : at + 8] != b"\0\0\0\0"


def _checksum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    words = struct.unpack(f"{'>' if order == 'big' else '<'}{len(data) // 4}I", data)
    first, second = start
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
