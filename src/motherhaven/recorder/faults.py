"""What was wrong with the values given to a log call, as it is kept beside the record."""

from dataclasses import dataclass, field
from typing import Any, Final

from motherhaven.contract.errors import InvalidEvent
from motherhaven.recorder.text import clean_text

FAULTS: Final = "faults"
"""The payload field that lists them: [{"field": …, "problem": …, "value": …}, …]."""

MOST: Final = 50
_FIELD_CHARS: Final = 200
_VALUE_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that could not be recorded as it was given, and what was done instead."""

    code: str
    field: str
    problem: str
    value: str | None = None
    fix: str = "give a value of the documented type"

    def error(self) -> InvalidEvent:
        """The same as an exception, for a strict logger."""
        shown = "" if self.value is None else f" ({self.value[:60]!r})"
        message = f"{self.field}: {self.problem}{shown}; {self.fix}"
        return InvalidEvent(message, code=self.code, field=self.field, fix=self.fix)


@dataclass(slots=True)
class Faults:
    """The faults of one event. A strict one raises at the first instead of collecting."""

    strict: bool = False
    found: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(
        self,
        code: str,
        where: str,
        problem: str,
        value: str | None = None,
        fix: str = "give a value of the documented type",
    ) -> None:
        """Note a fault.

        Raises:
            InvalidEvent: this collection is strict.
        """
        kept = None if value is None else clean_text(value[:_VALUE_CHARS])
        place = clean_text((where or "payload")[:_FIELD_CHARS])
        fault = Fault(code, place, clean_text(problem[:_FIELD_CHARS]), kept, fix)
        if self.strict:
            raise fault.error()
        self.count += 1
        if len(self.found) < MOST:
            self.found.append(fault)

    def listed(self) -> list[dict[str, Any]]:
        """The payload's form; with more than MOST the last entry says how many."""
        items: list[dict[str, Any]] = [
            {"field": fault.field, "problem": fault.problem, "value": fault.value}
            for fault in self.found
        ]
        if self.count > len(self.found):
            more = self.count - len(self.found)
            items.append({"field": "payload", "problem": f"and {more} more", "value": None})
        return items

    def summary(self) -> str:
        """One line for the log: the first three."""
        told = [f"{fault.field}: {fault.problem}" for fault in self.found[:3]]
        more = f" (and {self.count - 3} more)" if self.count > 3 else ""
        return "; ".join(told) + more
