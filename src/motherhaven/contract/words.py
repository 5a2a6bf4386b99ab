"""Words of a fixed list whose text is read quickly: they are written out at every order."""

from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING


class Word(StrEnum):
    """A StrEnum whose `value` is read without two calls of Python code."""

    if not TYPE_CHECKING:  # a type checker would take it for a member
        value = property(attrgetter("_value_"))
