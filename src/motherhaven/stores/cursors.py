"""Opaque cursors: text that only the store that made it reads."""

import re
from typing import Final, Literal

from motherhaven.contract.errors import CursorGone, InvalidCursor
from motherhaven.stores.keys import Key

ListName = Literal["decisions", "positions", "closed", "errors", "events"]

_LETTERS: Final[dict[ListName, str]] = {
    "decisions": "d",
    "positions": "p",
    "closed": "c",
    "errors": "e",
    "events": "v",
}
_PAGE: Final = re.compile(r"([dpcev])" + r"\.([0-9a-f]{1,16})" * 4)
_LIVE: Final = re.compile(r"([0-9a-f]{1,32})-([0-9]{1,18})")
_TOP: Final = 1 << 63


def page_cursor(name: ListName, key: Key) -> str:
    """The cursor of the row at `key` in the list `name`; a page goes on after it."""
    return f"{_LETTERS[name]}.{key.time:x}.{key.epoch:x}.{key.seq:x}.{key.n:x}"


def read_page_cursor(name: ListName, text: str | None) -> Key | None:
    """The key behind a page cursor; None means the newest row.

    Raises:
        InvalidCursor: not a cursor of this list.
    """
    if text is None:
        return None
    match = _PAGE.fullmatch(text)
    if match is not None and match[1] == _LETTERS[name]:
        key = Key(*(int(group, 16) for group in match.groups()[1:]))
        if max(key) < _TOP:
            return key
    raise InvalidCursor(
        f"before: {text[:60]!r} is not a cursor of the list of {name}; "
        "send the `next` of its last page, or leave it out to start at the newest"
    )


def live_cursor(generation: str, n: int) -> str:
    """The cursor after commit number `n` of the database `generation`."""
    return f"{generation}-{n}"


def read_live_cursor(generation: str, text: str, *, floor: int, head: int) -> int:
    """The commit number behind a live cursor, between `floor` and `head`.

    Raises:
        CursorGone: the history was pruned, or another database made the cursor.
    """
    match = _LIVE.fullmatch(text)
    if match is None or match[1] != generation or int(match[2]) > head:
        raise CursorGone(
            f"the cursor {text[:60]!r} is not of this store; start again from a snapshot and head()"
        )
    n = int(match[2])
    if n < floor:
        raise CursorGone(
            f"the history after {text[:60]!r} is no longer kept (retention); "
            "start again from a snapshot and head()"
        )
    return n


def is_reached(place: str, cursor: str) -> bool:
    """Whether a live cursor is at `place`, another of the same database, or after it."""
    one, other = _LIVE.fullmatch(place), _LIVE.fullmatch(cursor)
    if one is None or other is None or one[1] != other[1]:
        return False
    return int(one[2]) <= int(other[2])
