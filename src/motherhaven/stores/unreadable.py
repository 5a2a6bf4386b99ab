"""Kept rows that cannot be read back: lists pass them over, and count what they passed over.

A row may be damaged, or kept by a version that took what none can read (a number of a
million digits). One such row must not fail a list, a stream or a copy of all the others.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from motherhaven.contract.errors import ContractError, Unreadable

UNREADABLE: Final = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RecursionError,
    ContractError,
    Unreadable,
)
"""What reading a damaged row raises; anything else is a fault of the store or of ours."""

MAX_REMEMBERED: Final = 10_000
MAX_NEWS: Final = 100
_CHARS: Final = 200

Kept = TypeVar("Kept")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """One row that was passed over: whose it is, what it is called, and why."""

    bot_id: str
    name: str
    why: str


class UnreadableRows:
    """Counts the rows of one store that reads passed over since it was opened.

    Each counts once, MAX_REMEMBERED at most. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[tuple[str, str]] = set()
        self._counts: Counter[str] = Counter()
        self._news: list[UnreadableRow] = []

    def note(self, bot_id: str, name: str, error: BaseException) -> None:
        """A row of a bot could not be read."""
        with self._lock:
            if (bot_id, name) in self._seen or len(self._seen) >= MAX_REMEMBERED:
                return
            self._seen.add((bot_id, name))
            self._counts[bot_id] += 1
            if len(self._news) < MAX_NEWS:
                self._news.append(UnreadableRow(bot_id, name, reason(error)))

    def count(self, bot_id: str | None = None) -> int:
        """How many rows of a bot, or of all, were passed over."""
        with self._lock:
            return self._counts.total() if bot_id is None else self._counts[bot_id]

    def news(self) -> list[UnreadableRow]:
        """Those that this did not tell before, MAX_NEWS at most."""
        with self._lock:
            told, self._news = self._news, []
        return told

    def each(
        self,
        kept: Iterable[Kept],
        named: Callable[[Kept], tuple[str, str]],
        read: Callable[[Kept], Row],
    ) -> list[Row]:
        """`read` of each that can be read; `named` gives the bot and the name of the others."""
        rows: list[Row] = []
        for one in kept:
            try:
                rows.append(read(one))
            except UNREADABLE as error:
                self.note(*named(one), error)
        return rows

    def maybe(self, bot_id: str, name: str, read: Callable[[], Row]) -> Row | None:
        """`read()`, or None where the row cannot be read."""
        try:
            return read()
        except UNREADABLE as error:
            self.note(bot_id, name, error)
            return None


def one(name: str, read: Callable[[], Row]) -> Row:
    """`read()` of a row that was asked for by its name.

    Raises:
        Unreadable: it is kept, but cannot be read.
    """
    try:
        return read()
    except UNREADABLE as error:
        raise unreadable(name, error) from None


def unreadable(name: str, error: BaseException) -> Unreadable:
    """The error for a row that cannot be read, whatever was wrong with it."""
    if isinstance(error, Unreadable):
        return error
    return Unreadable(
        f"{name[:60]} is kept here, but cannot be read: {reason(error)}; lists leave it out. "
        "Look at it in the database itself, or restore a backup"
    )


def reason(error: BaseException) -> str:
    """Why a row cannot be read, in one line that quotes little of it."""
    told: Any = getattr(error, "errors", None)
    if callable(told):  # of a validation: the whole text would quote every value
        try:
            first = told(include_url=False, include_input=False)[0]
        except TypeError:
            return type(error).__name__
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg']}"[:_CHARS]
    return f"{type(error).__name__}: {error}"[:_CHARS]
