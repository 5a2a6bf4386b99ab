"""The time of a bar as files write it: a number of s, ms, µs or ns, or a text; one kind a file."""

import re
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from motherhaven.bot.market.bars.faults import BadCell

FIRST_SECOND: Final = 31_536_000
"""1971-01-01: before it no number can be told from one of another unit."""
LAST_SECOND: Final = 7_258_118_400
"""2200-01-01."""

NO_ZONE: Final = "text without a zone"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_UNITS: Final = (("s", 1), ("ms", 10**3), ("µs", 10**6), ("ns", 10**9))
_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?))? ?(Z|UTC|[+-]\d\d:?\d\d)?"
)
_DOTTED: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})(?: (\d{1,2}:\d\d(?::\d\d)?))?")
_WHOLE: Final = re.compile(r"(\d{1,19})\.0{1,9}")
_ROUNDED: Final = re.compile(r"\d[.,]\d+[eE]\+?\d+")
_SLASHED: Final = re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}.*")


class TimeReader:
    """Reads the times of one file to microseconds since 1970; the first decides their kind."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kind: str | None = None
        self._factor = 1
        self._low = self._high = 0
        self._offsets = array("q")
        self._all_midnight = True

    @property
    def kind(self) -> str:
        """s, ms, µs or ns; "text with a zone" or "text without a zone"; "none" before any."""
        return self._kind or "none"

    @property
    def day_offsets(self) -> Sequence[int] | None:
        """Microseconds to add to each time where they are days of a zone with summer time."""
        if self._all_midnight and len(set(self._offsets)) > 1:
            return self._offsets
        return None

    def read(self, text: str) -> int:
        """Microseconds since 1970.

        Raises:
            BadCell: no time, not of the years 1971 to 2199, or of another kind than before.
        """
        if text.isdigit() and len(text) <= 19 and text.isascii():
            return self._number(int(text))
        cell = text.strip()
        whole = _WHOLE.fullmatch(cell)
        if whole is not None:
            return self._number(int(whole[1]))
        if cell.isascii() and cell.isdigit() and len(cell) <= 19:
            return self._number(int(cell))
        return self._text(cell)

    def _number(self, value: int) -> int:
        if not self._low <= value < self._high:
            self._settle(value)
        if self._factor <= 10**6:
            return value * (10**6 // self._factor)
        if value % 1000:
            raise BadCell(f"{self._name} {value} ns is not a whole microsecond; round the times")
        return value // 1000

    def _settle(self, value: int) -> None:
        """Find the unit of the first number; a later one that has another is a fault."""
        found = next(
            (one for one in _UNITS if FIRST_SECOND * one[1] <= value < LAST_SECOND * one[1]), None
        )
        if found is None:
            raise BadCell(
                f"{self._name} {value} lies in none of the years 1971 to 2199, whether it counts "
                "s, ms, µs or ns; mend the time"
            )
        unit, factor = found
        self._same(unit)
        self._factor = factor
        self._low, self._high = FIRST_SECOND * factor, LAST_SECOND * factor

    def _same(self, kind: str) -> None:
        if self._kind not in (None, kind):
            raise BadCell(
                f"its time is in {kind}, those before are in {self._kind}; "
                "write all times of the file alike"
            )
        self._kind = kind

    def _text(self, cell: str) -> int:
        found = _ISO.fullmatch(cell)
        if found is not None:
            day, clock, zone = found.groups()
        else:
            dotted = _DOTTED.fullmatch(cell)
            if dotted is None:
                raise BadCell(_no_time(self._name, cell))
            day, clock, zone = f"{dotted[3]}-{dotted[2]}-{dotted[1]}", dotted[4], None
        try:
            hours = "0" if clock is None or clock[1] == ":" else ""  # spreadsheets write 9:30
            moment = datetime.fromisoformat(f"{day}T{hours}{clock or '0:00'}")
            if not 1971 <= moment.year <= 2199:
                raise BadCell(f"{self._name} {cell} lies in none of the years 1971 to 2199")
            offset = _offset(zone)
        except ValueError as error:
            raise (
                error
                if isinstance(error, BadCell)
                else BadCell(f"{self._name} {cell[:40]!r} is no day and time that exists; mend it")
            ) from None
        self._same(NO_ZONE if zone is None else "text with a zone")
        local = (moment.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
        self._offsets.append(offset)
        if clock is not None and (moment.hour or moment.minute or moment.second):
            self._all_midnight = False
        return local - offset


def _offset(zone: str | None) -> int:
    """Microseconds east of UTC."""
    if zone in (None, "Z", "UTC") or zone is None:
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        raise BadCell(f"{zone} is no offset from UTC; mend it")
    return (hours * 3600 + minutes * 60) * 10**6 * (-1 if zone[0] == "-" else 1)


def _no_time(name: str, cell: str) -> str:
    if not cell:
        return f"{name} is empty; fill it in or drop the line"
    if _ROUNDED.fullmatch(cell):
        return (
            f"{name} {cell[:40]} was rounded by a spreadsheet; show the column as a whole number "
            "there and save again"
        )
    if _SLASHED.fullmatch(cell):
        return (
            f"{name} {cell[:40]!r} does not tell day from month; write it as 2025-01-31 00:00 "
            "or in milliseconds"
        )
    return f"{name} {cell[:40]!r} is no time; write milliseconds, or 2025-01-31 00:00:00 in UTC"
