"""Order keys as text that sorts as they do, and the numbers behind the live cursors."""

from datetime import UTC, datetime
from typing import Any, Final

from motherhaven.stores.keys import Key, micros, moment

COMMIT_SECONDS: Final = 8.0
"""After this long a commit is given up; see log.LATE for why it must be short."""

_DIGITS: Final = 16
_DAWN: Final = micros(datetime(2025, 1, 1, tzinfo=UTC))
_RANKS: Final = 1_000


def key_text(key: Key) -> str:
    """Four numbers of 16 hex digits; text compares as the key does."""
    return "".join(f"{number:0{_DIGITS}x}" for number in key)


def key_of(text: str) -> Key:
    """The key behind `key_text`."""
    return Key(*(int(text[at : at + _DIGITS], 16) for at in range(0, 4 * _DIGITS, _DIGITS)))


def live_number(committed: Any, rank: int) -> int:
    """The live cursor's number of the event that is `rank`th (from 1) in a commit.

    `committed` is Firestore's commit time in whole microseconds; at most 999 events each. In
    several commits of one microsecond the ranks go on; see commits.in_order.
    """
    return (micros(committed) - _DAWN) * _RANKS + rank


def last_number(moment_read: Any) -> int:
    """The highest live number that a read of this time can have seen."""
    return live_number(moment_read, _RANKS - 1)


def committed_at(number: int) -> datetime:
    """The commit time behind a live number."""
    return moment(number // _RANKS + _DAWN)
