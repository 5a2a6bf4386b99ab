"""One line of `doctor`: how something is, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Grade = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it is, what was looked at, what was seen; `fix` unless it is ok."""

    grade: Grade
    what: str
    seen: str
    fix: str = ""
