"""One look for one question: within a request a store need not ask again whether it is current.

A store that keeps answers in memory looks into its database before it uses them. A page's
request makes many calls; the first of them looks, and the others build on it, so that all
of an answer is at least as new as its request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_LOOKED: Final[ContextVar[set[int] | None]] = ContextVar("looked", default=None)


@contextmanager
def one_question() -> Iterator[None]:
    """All that is asked within it, and by tasks begun within it, belongs together."""
    before = _LOOKED.set(set())
    try:
        yield
    finally:
        _LOOKED.reset(before)


def has_looked(store: object) -> bool:
    """Whether this question has had its look at the store."""
    looked = _LOOKED.get()
    return looked is not None and id(store) in looked


def note_look(store: object) -> None:
    """This question has had its look."""
    looked = _LOOKED.get()
    if looked is not None:
        looked.add(id(store))
