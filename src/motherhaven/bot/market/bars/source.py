"""The rows of a file of bars as texts, one at a time, whatever the file is packed in."""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from motherhaven.bot.market.bars import columnar, jsonlist
from motherhaven.bot.market.bars.faults import bad_file, bad_row

MOST_BYTES: Final = 1 << 30
"""Of a file after unpacking: some ten million bars."""
LONGEST_LINE: Final = 8_192

Packed = IO[bytes] | gzip.GzipFile

Row = tuple[int, list[str]]
"""The row's number in its file, from 1 on, and its cells."""

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Source:
    """`unit` is what its rows are called; `delimiter` None where the rows are no text lines.

    `form` is "freqtrade" where the packing says so, None where the columns must.
    """

    rows: Iterator[Row]
    unit: str = "line"
    delimiter: str | None = None
    form: str | None = None


class _Counted(io.RawIOBase):
    """Bytes of an unpacking stream, refused past the bound."""

    def __init__(self, inner: Packed, path: Path) -> None:
        self._inner = inner
        self._path = path
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # typeshed has no name for it
        data = self._inner.read(len(view))
        view[: len(data)] = data
        self._left -= len(data)
        if self._left < 0:
            raise bad_file(self._path, f"more than {MOST_BYTES >> 20} MiB; split it by year")
        return len(data)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a file: text in UTF-8 or UTF-16, .zip, .gz, JSON, feather or parquet.

    Raises:
        MarketError: it cannot be read or is none of these; also while its rows are read.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > MOST_BYTES:
                raise bad_file(path, f"{size >> 20} MiB, over {MOST_BYTES >> 20}; split it by year")
            magic = file.read(8)
            file.seek(0)
            if magic.startswith((*columnar.FEATHER, columnar.PARQUET)):
                yield Source(columnar.rows(path, magic), "row", form="freqtrade")
            elif magic.startswith(b"PK\x03\x04"):
                with zipfile.ZipFile(file) as archive, archive.open(_member(path, archive)) as one:
                    yield _text(path, one)
            elif magic.startswith(b"\x1f\x8b"):
                with gzip.open(file) as unpacked:
                    yield _text(path, unpacked)
            else:
                yield _text(path, file)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError,
            NotImplementedError) as error:  # fmt: skip
        raise bad_file(path, f"cannot be read ({error}); give a readable file of bars") from None


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file of bars in an archive."""
    members = [one for one in archive.infolist() if not one.is_dir()]
    if any(one.filename.startswith("xl/") for one in members):
        raise bad_file(path, "an Excel workbook; save the sheet as CSV")
    if len(members) != 1:
        raise bad_file(path, f"holds {len(members)} files; unpack it and give one of them")
    if members[0].flag_bits & 1:
        raise bad_file(path, "is encrypted; unpack it and give the file inside")
    return members[0]


def _text(path: Path, packed: Packed) -> Source:
    stream = io.BufferedReader(_Counted(packed, path))
    head = stream.peek(4096)[:4096]
    if head.startswith(_UTF16):
        encoding = "utf-16"
    elif b"\x00" in head:
        raise bad_file(path, "is not text, or UTF-16 without its mark; save it as CSV in UTF-8")
    else:
        encoding = "utf-8-sig"
    if head.decode(encoding, "ignore").lstrip()[:1] in ("[", "{"):
        data = stream.read(jsonlist.MOST_BYTES + 1)
        return Source(jsonlist.rows(path, data, encoding), "entry", form="freqtrade")
    text = io.TextIOWrapper(stream, encoding=encoding)
    lines = _lines(path, text)
    held: list[tuple[int, str]] = []
    delimiter = None
    for number, line in lines:
        if line.lower().startswith("sep=") and number == 1 and len(line) == 5:
            delimiter = line[4]  # Excel's own word for what stands between the cells
            continue
        held.append((number, line))
        break
    if delimiter is None:
        delimiter = _delimiter(held[0][1] if held else "")
    return Source(_split(path, held, lines, delimiter), delimiter=delimiter)


def _delimiter(line: str) -> str:
    """What stands between the cells of a first line."""
    for mark in (";", "\t"):
        if mark in line:
            return mark
    return ","


def _lines(path: Path, text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    number = 0
    while True:
        try:
            line = text.readline(LONGEST_LINE + 1)
        except UnicodeDecodeError as error:
            byte = f"byte {error.object[error.start]:#x}"
            raise bad_file(
                path, f"is not UTF-8 text near line {number + 1} ({byte}); save it as CSV in UTF-8"
            ) from None
        if not line:
            return
        number += 1
        if len(line) > LONGEST_LINE:
            raise bad_row(path, "line", number, f"over {LONGEST_LINE} characters; is it a table?")
        if line.strip():
            yield number, line.rstrip("\n")


def _split(
    path: Path, held: list[tuple[int, str]], rest: Iterable[tuple[int, str]], delimiter: str
) -> Iterator[Row]:
    for number, line in held:
        yield number, _cells(path, number, line, delimiter)
    for number, line in rest:
        if '"' in line:
            yield number, _cells(path, number, line, delimiter)
        else:
            yield number, line.split(delimiter)


def _cells(path: Path, number: int, line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise bad_row(path, "line", number, "a quotation mark is not closed; mend it") from None
