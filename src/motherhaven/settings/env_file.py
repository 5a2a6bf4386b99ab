"""What stands in a `.env` file, line by line, and what cannot be read of it."""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

from motherhaven.contract.errors import ConfigError

MAX_BYTES: Final = 1 << 20
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
"""Byte order marks that UTF-8 does not have."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is neither empty nor a comment; `name` None when it means nothing."""

    number: int
    name: str | None
    value: str | None
    text: str


def read_lines(path: Path) -> list[Line]:
    """The lines of a `.env` file; none when there is no such file.

    Raises:
        ConfigError: the file cannot be read, is too large, or is not UTF-8; names the line.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path}: {len(data)} bytes are no file of settings; at most {MAX_BYTES}")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ConfigError(_undecodable(path, data, error)) from None
    _without_nul(path, data)
    found = []
    for binding in parse_stream(StringIO(text)):
        shown = binding.original.string.strip()
        if binding.error or binding.key is not None:
            first = len(binding.original.string) - len(binding.original.string.lstrip())
            number = binding.original.line + binding.original.string[:first].count("\n")
            name = None if binding.error else binding.key
            found.append(Line(number, name, binding.value, shown))
    return found


def require_text(*paths: Path) -> None:
    """Refuse files whose names nobody could read, though they decode as UTF-8.

    Raises:
        ConfigError: a file holds a NUL byte, as UTF-16 without its mark does at every other.
    """
    for path in paths:
        try:
            _without_nul(path, path.read_bytes())
        except OSError:
            continue


def _without_nul(path: Path, data: bytes) -> None:
    at = data.find(b"\x00")
    if at >= 0 and not data.startswith(_MARKS):
        number = data.count(b"\n", 0, at) + 1
        raise ConfigError(
            f"{path}: line {number}: byte 0x00 (number {at + 1} of the file): UTF-16 or a damaged "
            "file; save the file as UTF-8"
        )


def not_text(*paths: Path) -> ConfigError:
    """The error for the one of `paths` that is not UTF-8, with its line and byte."""
    for path in paths:
        try:
            data = path.read_bytes()
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            return ConfigError(_undecodable(path, data, error))
        except OSError:
            continue
    return ConfigError(f"{', '.join(map(str, paths))}: not UTF-8; save it as UTF-8")


def _undecodable(path: Path, data: bytes, error: UnicodeDecodeError) -> str:
    if data.startswith(_MARKS):
        return f"{path}: line 1: UTF-16 or UTF-32, not UTF-8; save it as UTF-8"
    number = data.count(b"\n", 0, error.start) + 1
    return (
        f"{path}: line {number}: byte 0x{data[error.start]:02x} (number {error.start + 1} of the "
        "file) is not UTF-8; save the file as UTF-8"
    )
