"""At which cursor an answer is read, for figures that are kept from one answer to the next.

What is kept is as of the answer that it was worked out for. An answer that it is used in
again is no newer than that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from motherhaven.stores.cursors import is_reached


class ReadPlace:
    """The cursor up to which an answer has everything."""

    def __init__(self, cursor: str) -> None:
        self.begun = self.cursor = cursor

    def is_as_old_as(self, kept: str) -> None:
        """A part of the answer was worked out at `kept`."""
        if is_reached(kept, self.cursor):
            self.cursor = kept


_PLACE: Final[ContextVar[ReadPlace | None]] = ContextVar("read_place", default=None)


@contextmanager
def read_at(cursor: str) -> Iterator[ReadPlace]:
    """All that is asked within it, and by tasks begun within it, is asked after `cursor`."""
    place = ReadPlace(cursor)
    token = _PLACE.set(place)
    try:
        yield place
    finally:
        _PLACE.reset(token)


def cursor_now() -> str | None:
    """What to keep beside what is worked out now; None where nobody asks for it."""
    place = _PLACE.get()
    return None if place is None else place.begun


def note_kept(cursor: str | None) -> None:
    """Something that was kept at `cursor` is in the answer, as it was then."""
    place = _PLACE.get()
    if place is not None and cursor is not None:
        place.is_as_old_as(cursor)
