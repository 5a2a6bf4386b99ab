"""Lines of a bot's log as they travel to the server: few, short, and no part of the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.times import format_time, parse_instant

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LEVELS: Final[tuple[str, ...]] = get_args(LogLevel)

MAX_LINE_BYTES: Final = 2_048
"""UTF-8 bytes of a line's text; the rest is cut off and said to be."""

MAX_KEPT: Final = 500
"""Lines of one bot that the server keeps, and that the bot holds until they are sent."""

MAX_BATCH: Final = 100
"""Lines in one request."""

_MAX_LOGGER: Final = 64
_CUT: Final = " …"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: when by the bot's clock, how serious, who says it, and what."""

    time: datetime
    level: LogLevel
    logger: str
    text: str

    def encoded(self) -> list[str]:
        """The line as it travels."""
        return [format_time(self.time), self.level, self.logger, self.text]


def line_of(time: datetime, level: str, logger: str, text: str) -> LogLine:
    """A line within the bounds; a level that is not known counts as INFO."""
    return LogLine(time, level_of(level), plain(logger)[:_MAX_LOGGER], cut(plain(text)))


def level_of(name: str) -> LogLevel:
    """The level that a name stands for."""
    return next((one for one in get_args(LogLevel) if one == name.upper()), "INFO")


def cut(text: str) -> str:
    """`text` with at most MAX_LINE_BYTES of UTF-8."""
    data = text.encode("utf-8", "replace")
    if len(data) <= MAX_LINE_BYTES:
        return text
    room = MAX_LINE_BYTES - len(_CUT.encode())
    return data[:room].decode("utf-8", "ignore") + _CUT


def plain(text: str) -> str:
    """`text` as every store keeps it: no NUL, no halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def read_line(given: Any) -> LogLine:
    """A line that came in a request.

    Raises:
        InvalidEvent: it is none; says what is wrong.
    """
    if not isinstance(given, list) or len(given) != 4 or not all(isinstance(o, str) for o in given):
        raise InvalidEvent("lines: send each as [time, level, logger, text], all of them texts")
    time, level, logger, text = given
    if level.upper() not in LEVELS:
        raise InvalidEvent(f"lines: the level {level[:20]!r} is none of {', '.join(LEVELS)}")
    return line_of(parse_instant(time, "lines: time"), level, logger, text)


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Lines that follow one another: `first` is the number of the first in this `run`.

    A run is one process of a bot. `lost`: so many were dropped by the bot in this run.
    """

    run: str
    first: int
    lines: tuple[LogLine, ...]
    lost: int = 0

    def encoded(self) -> dict[str, Any]:
        """The batch as it travels."""
        lines = [line.encoded() for line in self.lines]
        return {"run": self.run, "first": self.first, "lost": self.lost, "lines": lines}


def read_batch(body: Any) -> LogBatch:
    """A batch that came in a request.

    Raises:
        InvalidEvent: names the field that is wrong.
    """
    if not isinstance(body, Mapping):
        raise InvalidEvent("log: send an object with run, first and lines")
    run, lines = body.get("run"), body.get("lines")
    if not isinstance(run, str) or not 1 <= len(run) <= 64 or not run.isalnum():
        raise InvalidEvent("run: send 1 to 64 letters and digits that this process has chosen")
    if not isinstance(lines, list) or len(lines) > MAX_BATCH:
        raise InvalidEvent(f"lines: send a list of at most {MAX_BATCH} lines")
    return LogBatch(
        run,
        _count(body.get("first"), "first"),
        tuple(read_line(line) for line in lines),
        _count(body.get("lost", 0), "lost"),
    )


def _count(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise InvalidEvent(f"{field}: send a whole number from 0 on")
    return value
