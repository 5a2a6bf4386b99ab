"""A file of bars, whoever wrote it, to checked bars in order, with what was done to it told."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Final

from motherhaven.bot.market.bars.faults import BadCell, bad_file, bad_row
from motherhaven.bot.market.bars.grid import LONGEST, SECOND, OffGrid, find_interval, told
from motherhaven.bot.market.bars.layout import FORMATS, Layout, NoLayout, find_layout
from motherhaven.bot.market.bars.numbers import NumberReader
from motherhaven.bot.market.bars.source import Row, Source, open_source
from motherhaven.bot.market.bars.times import NO_ZONE, TimeReader

MOST_BARS: Final = 3_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD: Final = 3
_SAMPLE: Final = 1_000

Values = tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]
"""Microseconds since 1970 of the bar's start, open, high, low, close, volume."""


@dataclass(frozen=True, slots=True)
class BarFile:
    """The bars of one file, oldest first, on a grid of `interval`; `notes` is for people.

    `form` is one of FORMATS but auto; `missing` are holes as the first missing time and
    the next one there, in microseconds since 1970.
    """

    path: Path
    form: str
    rows: tuple[Values, ...]
    interval: timedelta
    missing: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]

    @property
    def missing_bars(self) -> int:
        """How many bars the holes have room for."""
        step = self.interval // timedelta(microseconds=1)
        return sum((end - start) // step for start, end in self.missing)


def read_bar_file(path: Path, form: str = "auto") -> BarFile:
    """Read a file of bars; `form` other than auto says what it must be.

    Raises:
        MarketError: it cannot be read, is of another form, or a row cannot be true, is
            repeated, out of order or off the grid; the message names file and line.
    """
    with open_source(path) as source:
        return _Reading(path, source, form).result()


class _Reading:
    """One file while it is read: rows in the file's own order, with their numbers."""

    def __init__(self, path: Path, source: Source, form: str) -> None:
        self._path, self._unit = path, source.unit
        head = list(islice(source.rows, _HEAD))
        self._layout = self._found(head, source, form)
        self._times = TimeReader(self._layout.time_name)
        self._numbers = NumberReader(commas_between=source.delimiter == ",")
        self._notes: list[str] = []
        self._lines = array("q")
        self._rows: list[Values] = []
        self._take(chain(head[self._layout.header :], source.rows))

    def _found(self, head: Sequence[Row], source: Source, form: str) -> Layout:
        try:
            layout = find_layout([cells for _, cells in head], bare=source.unit == "entry")
        except NoLayout as error:
            number = head[0][0] if head else 1
            raise bad_row(self._path, self._unit, max(number, 1), str(error)) from None
        found = source.form or layout.form
        if form not in FORMATS:
            raise bad_file(self._path, f"--format {form} is unknown; use {', '.join(FORMATS)}")
        if form not in ("auto", "csv", found) and found != "csv":
            raise bad_file(
                self._path, f"looks like {found}, not like {form}; leave out --format or mend it"
            )
        self._form = found if form == "auto" else form
        return layout

    def _take(self, rows: Iterator[Row]) -> None:
        layout = self._layout
        time, width = layout.time, layout.width
        columns = (*layout.prices, *(() if layout.volume is None else (layout.volume,)))
        none = () if layout.volume is not None else ("0",)
        read_time, read_numbers = self._times.read, self._numbers.read
        for number, cells in rows:
            if len(cells) != width:
                raise self._bad(number, self._odd_width(cells))
            try:
                values = read_numbers([*[cells[column] for column in columns], *none])
                self._rows.append((read_time(cells[time]), *values))
            except BadCell as error:
                raise self._bad(number, str(error)) from None
            self._lines.append(number)
            if len(self._rows) > MOST_BARS:
                raise bad_file(
                    self._path, f"more than {MOST_BARS} bars; split it, or use longer bars"
                )

    def _odd_width(self, cells: Sequence[str]) -> str:
        fault = f"{len(cells)} columns, not {self._layout.width}"
        if len(cells) > self._layout.width:
            fault += " (decimal commas or thousands separators? save the file with semicolons)"
        return f"{fault}; mend or drop the line"

    def _bad(self, number: int, fault: str) -> Exception:
        return bad_row(self._path, self._unit, number, fault)

    def result(self) -> BarFile:
        """The checked bars."""
        if not self._rows:
            raise bad_file(self._path, "no bars below the header; give a file with data")
        self._take_days()
        self._turn()
        self._check_order()
        stamps = [row[0] for row in self._rows]
        step = self._interval(stamps)
        missing = tuple(
            (earlier + step, later)
            for earlier, later in pairwise(stamps)
            if later - earlier != step
        )
        self._tell()
        interval = timedelta(microseconds=step)
        return BarFile(
            self._path, self._form, tuple(self._rows), interval, missing, tuple(self._notes)
        )

    def _take_days(self) -> None:
        """Days of a zone with summer time are days: their midnights are taken as UTC's."""
        offsets = self._times.day_offsets
        if offsets is not None:
            self._rows = [
                (row[0] + offset, *row[1:]) for row, offset in zip(self._rows, offsets, strict=True)
            ]
            self._notes.append("days of a zone with summer time: each starts at 00:00 UTC now")

    def _turn(self) -> None:
        """Bring bars that come newest first into order."""
        rows = self._rows[:_SAMPLE]
        falling = sum(later[0] < earlier[0] for earlier, later in pairwise(rows))
        if 2 * falling > len(rows) - 1 and self._rows[-1][0] < self._rows[0][0]:
            self._rows.reverse()
            self._lines.reverse()
            self._notes.append("newest first: read from its end")

    def _check_order(self) -> None:
        before: Values | None = None
        for index, row in enumerate(self._rows):
            if before is not None and row[0] <= before[0]:
                first, line = self._lines[index - 1], self._lines[index]
                if row[0] < before[0]:
                    fault = f"is older than {self._unit} {first}, against the order of the others"
                    raise self._bad(line, f"{fault}; sort the file by time")
                same = "with the same numbers" if row == before else "with other numbers"
                raise self._bad(line, f"repeats the time of {self._unit} {first} {same}; drop one")
            before = row

    def _interval(self, stamps: Sequence[int]) -> int:
        try:
            step = find_interval(stamps)
        except OffGrid as off:
            if off.interval > LONGEST:
                step = off.interval
            else:
                when = "late" if off.late > 0 else "early"
                shown = _EPOCH + timedelta(microseconds=stamps[off.index])
                raise self._bad(
                    self._lines[off.index],
                    f"bar {off.index} (counted from 0), at {shown:%Y-%m-%d %H:%M:%S} UTC, comes "
                    f"{told(abs(off.late))} {when} on the grid of {told(off.interval)} that the "
                    "others keep; mend its time or drop it",
                ) from None
        if step > LONGEST:
            raise bad_file(
                self._path,
                f"a bar every {told(step)}: months have no fixed length; give bars of a week at "
                "most",
            )
        if step % SECOND:
            raise bad_file(self._path, f"a bar every {told(step)}; bars must last whole seconds")
        if len(stamps) == 1:
            self._notes.append("a single bar: taken to last a minute")
        return step

    def _tell(self) -> None:
        if self._times.kind == NO_ZONE:
            self._notes.append("its times have no zone: taken as UTC")
        if self._numbers.has_decimal_commas:
            self._notes.append("decimal commas")
        if self._layout.volume is None:
            self._notes.append("it has no volume: taken as 0")
        if self._layout.ignored:
            self._notes.append(f"left out: {', '.join(self._layout.ignored)}")
        if self._times.kind in ("s", "µs", "ns"):
            self._notes.append(f"times in {self._times.kind}")
