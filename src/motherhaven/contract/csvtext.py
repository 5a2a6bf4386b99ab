"""The one way to write CSV: exact values that no spreadsheet takes for a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b")
"""What begins a formula somewhere, full-width, small and mathematical forms too."""

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_CONTROLS: Final = frozenset("\t\r\n")
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing."""


def safe_cell(value: object) -> str:
    """A value as a spreadsheet may open it: text that would be a formula begins with '.

    Also after any leading white space, seen or not. Numbers stay numbers, a minus sign
    included; None is an empty cell. `stored_cell` gives the text back.
    """
    if value is None:
        return ""
    text = str(value).replace("\x00", "\ufffd")
    return "'" + text if _would_run(text) else text


def stored_cell(cell: str) -> str:
    """The text that `safe_cell` made the cell of."""
    return cell[1:] if cell.startswith("'") and _would_run(cell[1:]) else cell


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as RFC 4180 in UTF-8; each value through `safe_cell`."""
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _would_run(text: str) -> bool:
    """Whether it could be a formula, or (after apostrophes) look like one that was escaped."""
    if _NUMBER.fullmatch(text):
        return False
    for char in text:
        if char in _FORMULA or (char in _CONTROLS and char == text[0]):
            return True
        if char != "'" and not _is_blank(char):
            return False
    return False


def _is_blank(char: str) -> bool:
    return char in _BLANK or unicodedata.category(char) in {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"}
