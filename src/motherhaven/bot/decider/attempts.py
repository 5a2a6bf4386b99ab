"""The answers that one question got, as one text for the record, and back again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from motherhaven.bot.decider.types import Attempt

_LONGEST: Final = 1_000_000
_REFUSED: Final = 2_000


def joined(attempts: Sequence[Attempt]) -> str | None:
    """Every answer with what was refused of it, oldest first; None when none came.

    A single answer is its own text, exactly.
    """
    if not attempts:
        return None
    if len(attempts) == 1:
        return cut(attempts[0].raw)
    parts = []
    for number, attempt in enumerate(attempts, 1):
        why = "" if attempt.refused is None else f", refused: {attempt.refused[:_REFUSED]}"
        parts.append(f"--- answer {number} of {len(attempts)}{why} ---\n{cut(attempt.raw)}")
    return "\n\n".join(parts)


def described(attempts: Sequence[Attempt]) -> list[dict[str, Any]] | None:
    """For each of several answers its length and why it was refused; None for a single one."""
    if len(attempts) < 2:
        return None
    return [
        {"characters": len(cut(attempt.raw)), "refused": (attempt.refused or "")[:_REFUSED]}
        for attempt in attempts
    ]


def last_of(raw: str, attempts: object) -> str:
    """The last answer in what `joined` wrote; `attempts` is what `described` said of it."""
    if not isinstance(attempts, list) or not attempts or not isinstance(attempts[-1], Mapping):
        return raw
    length = attempts[-1].get("characters")
    if not isinstance(length, int) or not 0 <= length <= len(raw):
        return raw
    return raw[len(raw) - length :]


def cut(text: str) -> str:
    """At most a million characters, with a mark where more was cut."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}\n… cut: the answer has {len(text)} characters"
