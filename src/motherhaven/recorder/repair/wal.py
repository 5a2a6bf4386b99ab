"""Whether a write-ahead log lost acknowledged commits, and how to read past the damage.

SQLite stops at the first frame whose checksum is wrong and silently forgets the rest.
Commits of the same generation behind that point were acknowledged: that is damage,
unless it is the very last one, which a loss of power may have cut off.
File format: https://sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import apsw

State = Literal["sound", "torn", "broken"]

HEADER: Final = 32
FRAME: Final = 24
_LEAST_PAGES: Final = 3
"""A record changes the rows and two indexes of `events` at least."""

_MAGIC: Final = 0x377F0682


def wal_path(path: Path) -> Path:
    """The write-ahead log beside a database file."""
    return path.with_name(path.name + "-wal")


def is_orphaned(path: Path) -> bool:
    """Whether a log stands beside an empty file: SQLite would delete it unread.

    SQLite counts a file of one byte as empty too: it writes one itself, on old Macs.
    """
    log = wal_path(path)
    if not log.exists() or log.stat().st_size < HEADER + FRAME:
        return False
    return not path.exists() or path.stat().st_size <= 1


class Log(NamedTuple):
    """A log's bytes, and from which on SQLite reads them no more."""

    data: bytes
    unread: int
    seen: int
    is_torn: bool


def read(path: Path, observer: apsw.Connection) -> Log:
    """The log beside the database at `path`.

    The caller must hold the write lock (BEGIN IMMEDIATE) on another connection than
    `observer`, so that nothing moves.

    Raises:
        apsw.CorruptError: acknowledged commits stand in it that SQLite no longer sees.
    """
    try:
        data = wal_path(path).read_bytes()
    except FileNotFoundError:
        return Log(b"", 0, 0, False)
    if len(data) < HEADER + FRAME:
        return Log(data, 0, 0, False)
    if not _header_is_sound(data):
        if any(data[:HEADER]):
            raise apsw.CorruptError("the header of its write-ahead log is damaged")
        return Log(data, 0, 0, False)
    seen = max(observer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)[0], 0)
    state = _state_after(data, seen, _marks_page(observer))
    if state == "broken":
        raise apsw.CorruptError("commits in the write-ahead log can no longer be read")
    return Log(data, HEADER + seen * (FRAME + page_size(data)), seen, state == "torn")


def _state_after(data: bytes, seen: int, marks_page: int) -> State:
    """A record that another commit was written behind was synced before, so acknowledged.

    The last one may have been cut off by a loss of power: nobody was promised it. The
    shipper's commits are not synced; they write its marks, or few pages.
    """
    salt = data[16:24]
    found: State = "sound"
    pages: list[int] = []
    for number, (page, own, commit) in enumerate(_frames(data)):
        if number < seen or own != salt:
            continue
        found = "torn"
        pages.append(page)
        if not commit:
            continue
        is_record = len(pages) >= _LEAST_PAGES and marks_page not in pages
        if is_record and _continues(data, number + 1):
            return "broken"
        pages.clear()
    if _rest(data)[8:16] == salt:
        found = "torn"
    return "broken" if _is_shifted(data, seen) else found


def _marks_page(observer: apsw.Connection) -> int:
    """The page of the shipper's marks."""
    found = observer.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'lanes'").get
    return found if isinstance(found, int) else 0


def _rest(data: bytes) -> bytes:
    """What stands behind the last whole frame: one that was cut off."""
    size = FRAME + page_size(data)
    return data[HEADER + (len(data) - HEADER) // size * size :]


def _is_shifted(data: bytes, seen: int) -> bool:
    """Whether frames stand where none can: bytes were put in, or taken out, before them."""
    size = FRAME + page_size(data)
    salt = data[16:24]
    at = HEADER + seen * size
    while (at := data.find(salt, at)) >= 0:
        if (at - 8 - HEADER) % size:
            return True
        at += 8
    return False


def _continues(data: bytes, number: int) -> bool:
    """Whether this frame is whole and was written behind the one that stands before it."""
    page = page_size(data)
    at = HEADER + number * (FRAME + page)
    if number < 1 or len(data) < at + FRAME + page or data[at + 8 : at + 16] != data[16:24]:
        return False
    order = "big" if data[3] & 1 else "little"
    before = at - page - FRAME
    first, second = struct.unpack(">II", data[before + 16 : before + 24])
    sums = _checksum(data[at : at + 8], order, (first, second))
    sums = _checksum(data[at + FRAME : at + FRAME + page], order, sums)
    return struct.pack(">II", *sums) == data[at + 16 : at + 24]


def frame_pages(data: bytes, page: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """Page number, and where the page's bytes begin, of each frame from `first` on."""
    size = FRAME + page
    for at in range(HEADER + first * size, len(data) - size + 1, size):
        yield int.from_bytes(data[at : at + 4], "big"), at + FRAME


def repaired(data: bytes) -> bytes:
    """The log with every checksum made anew, so that SQLite reads all of its frames.

    A damaged page stays damaged; the pages behind it become readable again.
    """
    if len(data) < HEADER + FRAME:
        return data
    order = "big" if data[3] & 1 else "little"
    page = page_size(data)
    salt = data[HEADER + 8 : HEADER + 16]
    log = bytearray(data)
    struct.pack_into(">III", log, 0, _MAGIC | (order == "big"), 3007000, page)
    log[16:24] = salt
    sums = _checksum(bytes(log[:24]), order, (0, 0))
    struct.pack_into(">II", log, 24, *sums)
    for at in range(HEADER, len(log) - page - FRAME + 1, page + FRAME):
        if log[at + 8 : at + 16] != salt:
            return bytes(log[:at])
        body = at + FRAME
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


def page_size(data: bytes) -> int:
    """The page size of the header, or, if that is damaged, the one that fits the frames."""
    told = int.from_bytes(data[8:12], "big")
    if _header_is_sound(data):
        return told
    salt = data[HEADER + 8 : HEADER + 16]
    for size in (told, 4096, *(1 << n for n in range(9, 17))):
        second = HEADER + FRAME + size
        if size >= 512 and data[second + 8 : second + 16] in (salt, b""):
            return size
    return 4096


def _frames(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Page number, salt and whether it commits, for each frame."""
    page = page_size(data)
    for at in range(HEADER, len(data) - page - FRAME + 1, page + FRAME):
        number = int.from_bytes(data[at : at + 4], "big")
        yield number, data[at + 8 : at + 16], data[at + 4 : at + 8] != b"\0\0\0\0"


def _checksum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    words = struct.unpack(f"{'>' if order == 'big' else '<'}{len(data) // 4}I", data)
    first, second = start
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
