"""The known name that an unknown one was probably meant to be."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

MAX_LENGTH = 64


def closest(word: str, known: Iterable[str], at_least: float = 0.75) -> str | None:
    """The most similar of `known`, without regard to case; None when none is near.

    `at_least` is the similarity from 0 to 1 that counts as near. Longer words than
    MAX_LENGTH resemble nothing.
    """
    if not word or len(word) > MAX_LENGTH:
        return None
    by_fold: dict[str, str] = {}
    for name in known:
        by_fold.setdefault(name.casefold(), name)
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=at_least)
    return by_fold[found[0]] if found else None


def similarity(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1, without regard to case."""
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()
