"""Prices and volumes as files write them, to exact decimals; bounded before anything is counted."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from motherhaven.bot.market.bars.faults import BadCell

HUGE: Final = Decimal("1e20")
TINY: Final = Decimal("1e-18")
LONGEST_CELL: Final = 64
NAMES: Final = ("open", "high", "low", "close", "volume")
ZERO: Final = Decimal(0)

Prices = tuple[Decimal, Decimal, Decimal, Decimal, Decimal]
"""open, high, low, close, volume."""

_GROUPED: Final = re.compile(
    r"[+-]?\d{1,3}(?:[ '\u00a0\u2009\u202f\u2019]\d{3})+(?:[.,]\d*)?"  # 95 061,01 and 95'061.01
    r"|[+-]?\d{1,3}(?:\.\d{3})+,\d*|[+-]?\d{1,3}(?:,\d{3})+\.\d*"  # 95.061,01 and 95,061.01
    r"|[+-]?\d{1,3}(?:,\d{3}){2,}|[+-]?\d{1,3}(?:\.\d{3}){2,}"  # 1,234,567 and 1.234.567
)
_ONE_GROUP: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")


class NumberReader:
    """Reads the numbers of one file, which has one decimal sign; the first cell with one decides.

    `commas_between` says that commas stand between the cells too, so that a quoted 95,013
    is taken for thousands.
    """

    def __init__(self, *, commas_between: bool) -> None:
        self._commas_between = commas_between
        self._sign: str | None = None

    @property
    def has_decimal_commas(self) -> bool:
        """Whether the file writes 0,5 for a half."""
        return self._sign == ","

    def read(self, cells: Sequence[str]) -> Prices:
        """Open, high, low, close and volume of a row's five cells.

        Raises:
            BadCell: the numbers cannot be read, or no bar can have them.
        """
        joined = ";".join(cells)
        try:
            if joined.isascii() and "," not in joined and "_" not in joined:
                start, high, low, close, volume = map(Decimal, cells)
                # One chain for the common case; what breaks it is looked at closely below.
                if (
                    TINY <= low <= start <= high < HUGE
                    and low <= close <= high
                    and (not volume or TINY <= volume < HUGE)
                    and (self._sign == "." or "." not in joined)
                    and max(map(len, cells)) <= LONGEST_CELL
                ):
                    return start, high, low, close, volume or ZERO
        except (InvalidOperation, ValueError):
            pass
        return self._closely(cells)

    def _closely(self, cells: Sequence[str]) -> Prices:
        values = [self._one(name, cell.strip()) for name, cell in zip(NAMES, cells, strict=True)]
        start, high, low, close, volume = values
        for name, value in zip(NAMES[:4], values, strict=False):
            if value <= 0:
                raise BadCell(f"{name} is {value}, and a price must be above 0; mend or drop it")
            if not TINY <= value < HUGE:
                raise BadCell(f"{name} does not lie between 1e-18 and 1e20; mend or drop it")
        if volume < 0:
            raise BadCell(f"volume is {volume}, below 0; mend or drop the bar")
        if volume and not TINY <= volume < HUGE:
            raise BadCell("volume does not lie between 1e-18 and 1e20; mend or drop the bar")
        if high < low:
            raise BadCell(f"high {high} is below low {low}; mend or drop the bar")
        for name, value in (("open", start), ("close", close)):
            if not low <= value <= high:
                raise BadCell(
                    f"{name} {value} lies outside low {low} to high {high}; mend or drop the bar"
                )
        return start, high, low, close, volume or ZERO

    def _one(self, name: str, cell: str) -> Decimal:
        if not cell:
            raise BadCell(f"{name} is empty; fill it in or drop the line")
        if len(cell) > LONGEST_CELL:
            raise BadCell(f"{name} has {len(cell)} characters, over {LONGEST_CELL}; shorten it")
        shown = f"{name} {cell!r}"
        grouped = _GROUPED.fullmatch(cell) or (
            self._commas_between and _ONE_GROUP.fullmatch(cell) is not None
        )
        if grouped:
            raise BadCell(
                f"{shown} has a thousands separator, which cannot be told from a decimal sign; "
                "save the file without thousands separators"
            )
        if not cell.isascii() or "_" in cell:
            raise BadCell(f"{shown} is not a plain number; mend or drop the line")
        self._keep_sign(shown, cell)
        try:
            value = Decimal(cell.replace(",", "."))
        except InvalidOperation:
            raise BadCell(f"{shown} is not a number; mend or drop the line") from None
        if not value.is_finite():
            raise BadCell(f"{shown}: NaN and infinity are no prices; mend or drop the line")
        return value

    def _keep_sign(self, shown: str, cell: str) -> None:
        for sign in ".,":
            if sign in cell:
                if self._sign not in (None, sign):
                    raise BadCell(
                        f"{shown} has the decimal sign {sign!r}, the numbers before have "
                        f"{self._sign!r}; write all numbers alike"
                    )
                self._sign = sign
