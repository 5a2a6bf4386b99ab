"""Finds events in the raw bytes of a damaged journal, without its trees and indexes.

A row of `events` is known by its record header, is read along its chain of overflow
pages, and is believed only if its digests fit. So the time is linear in the bytes, and
no damage elsewhere in the file hides a row.
File format: https://sqlite.org/fileformat2.html#record_format
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from mmap import mmap
from typing import Final

from motherhaven.recorder.digest import Row, intact
from motherhaven.recorder.repair import wal

Buffer = bytes | mmap

_START: Final = re.compile(rb"\x00[\x0f-\xff]")
"""The first two columns of a record: a row number kept elsewhere, and a text."""

_HEADER_SIZES: Final = range(14, 49)
_COLUMNS: Final = (13, 14)
_TEXTS: Final = frozenset((1, 2, 3, 5, 9, 10, 11, 12))
_INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
_VERSIONS: Final = 6
_USUAL_PAGE: Final = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was found: in the log or the file, and its first byte."""

    in_log: bool
    at: int


@dataclass(slots=True)
class Files:
    """The bytes of a journal and of its log, and where each version of a page stands.

    `page` is the size of a page in bytes; 0: as the headers say.
    """

    main: Buffer
    log: bytes
    page: int = 0
    _frames: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page = self.page or _guessed_page(self.main, self.log)
        for number, at in wal.frame_pages(self.log, self.page):
            self._frames.setdefault(number, []).append(at)

    def versions(self, number: int) -> Iterator[bytes]:
        """The page with this number: newest first, as far as the bytes are there."""
        frames = self._frames.get(number, [])
        for at in reversed(frames[-2:]):
            yield self.log[at : at + self.page]
        start = (number - 1) * self.page
        over = len(self.main) % self.page  # bytes were put in, or taken out, further ahead
        for at in (start, start + over, start + over - self.page) if over else (start,):
            if at >= 0:
                yield self.main[at : at + self.page]
        for at in reversed(frames[:-2]):
            yield self.log[at : at + self.page]

    def rows(self, log_from: int = 0) -> Iterator[tuple[Row, Place]]:
        """Every intact row, older versions too; later ones are newer.

        Of the log, those whose record begins at byte `log_from` or later.
        """
        for in_log, buffer in ((False, self.main), (True, self.log)):
            if len(buffer) == 0:
                continue
            for match in _START.finditer(buffer, log_from if in_log else 0):
                place = Place(in_log, match.start() - 1)
                row = self.row(place)
                if row is not None:
                    yield row, place

    def row(self, place: Place) -> Row | None:
        """The row whose record begins at `place`, if it is one and intact."""
        buffer: Buffer = self.log if place.in_log else self.main
        types = _types(buffer, place.at)
        if types is None:
            return None
        sizes = [_size(kind) for kind in types]
        head = buffer[place.at]
        total = head + sum(sizes)
        seq = _row_number(buffer, place.at, total)
        if seq is None:
            return None
        for body in self._bodies(buffer, place.at, total):
            row = intact((seq, *_values(body[head:], types, sizes)))
            if row is not None:
                return row
        return None

    def _bodies(self, buffer: Buffer, at: int, total: int) -> Iterator[bytes]:
        """The record's bytes, for each version that its overflow pages may have."""
        local = local_size(total, self.page)
        if local == total:
            yield buffer[at : at + total]
            return
        first = int.from_bytes(buffer[at + local : at + local + 4], "big")
        for age in range(_VERSIONS):
            pieces = [buffer[at : at + local]]
            number, left = first, total - local
            while left > 0:
                page = next(islice(self.versions(number), age, None), None)
                if page is None:
                    page = next(self.versions(number), b"")
                pieces.append(page[4 : 4 + left])
                if len(pieces[-1]) < min(left, self.page - 4):
                    break
                left -= len(pieces[-1])
                number = int.from_bytes(page[:4], "big")
            else:
                yield b"".join(pieces)


def every_row(main: Buffer, log: bytes, log_from: int = 0) -> Iterator[tuple[Row, Place, Files]]:
    """As Files.rows, for the size of a page that the headers tell, and for the usual one."""
    told = Files(main, log)
    for files in (told,) if told.page == _USUAL_PAGE else (told, Files(main, log, _USUAL_PAGE)):
        for row, place in files.rows(log_from):
            yield row, place, files


def _guessed_page(main: Buffer, log: bytes) -> int:
    if len(log) > wal.HEADER:
        return wal.page_size(log)
    told = int.from_bytes(main[16:18], "big")
    size = 65536 if told == 1 else told
    return size if size >= 512 and size & (size - 1) == 0 else 4096


def record_size(buffer: Buffer, at: int) -> int | None:
    """How many bytes the record of `events` that begins at `at` has; None if none begins."""
    types = _types(buffer, at)
    return None if types is None else buffer[at] + sum(map(_size, types))


def _types(buffer: Buffer, at: int) -> list[int] | None:
    """The serial types of a record of `events`, if its header begins here."""
    if at < 2 or buffer[at] not in _HEADER_SIZES:
        return None
    end = at + buffer[at]
    at += 1
    types: list[int] = []
    while at < end and len(types) <= _COLUMNS[1]:
        number, length = _varint(buffer, at)
        types.append(number)
        at += length
    if at != end or len(types) not in _COLUMNS:
        return None
    types += [0] * (_COLUMNS[1] - len(types))
    for column, kind in enumerate(types):
        is_text = kind >= 13 and kind % 2 == 1
        if column in _TEXTS:
            fits = is_text
        elif column in (4, 6, 7):
            fits = kind in _INTEGER_BYTES
        else:
            fits = kind == 0 or (is_text if column == 13 else kind in _INTEGER_BYTES)
        if not fits:
            return None
    return types


def _size(kind: int) -> int:
    return (kind - 13) // 2 if kind >= 13 else _INTEGER_BYTES.get(kind, 0)


def _values(body: bytes, types: list[int], sizes: list[int]) -> Iterator[object]:
    """The columns after the first."""
    at = 0
    for kind, size in zip(types[1:], sizes[1:], strict=True):
        piece = body[at : at + size]
        at += size
        if kind >= 13:
            yield piece
        elif kind in (8, 9):
            yield kind - 8
        else:
            yield int.from_bytes(piece, "big", signed=True) if kind else None


def _row_number(buffer: Buffer, at: int, total: int) -> int | None:
    """The row's number, which stands before its record after the record's length."""
    wanted = _varint_bytes(total)
    for length in range(1, 10):
        start = at - length
        if start < len(wanted):
            return None
        number, used = _varint(buffer, start)
        if used == length and buffer[start - len(wanted) : start] == wanted:
            return number
    return None


def local_size(total: int, page: int) -> int:
    """How many bytes of a record stand in the leaf itself."""
    if total <= page - 35:
        return total
    least = (page - 12) * 32 // 255 - 23
    kept = least + (total - least) % (page - 4)
    return kept if kept <= page - 35 else least


def _varint(buffer: Buffer, at: int) -> tuple[int, int]:
    number = 0
    for length in range(1, 9):
        byte = buffer[at + length - 1] if at + length <= len(buffer) else 0
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, length
    byte = buffer[at + 8] if at + 9 <= len(buffer) else 0
    return number << 8 | byte, 9


def _varint_bytes(number: int) -> bytes:
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))
