"""Small records that all servers of one store share, such as keys and told alerts.

They are changed by compare-and-set: whoever read a record that was replaced since is told
so, and reads again.
"""

import re
from typing import Final, NamedTuple, Protocol

from motherhaven.contract.errors import StoreError

MAX_CHARS: Final = 200_000
"""Longest text of a record, in characters."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


class Shared(NamedTuple):
    """A record's text, and its revision: 1 at first, one more with each change."""

    text: str
    revision: int


class SharedRecords(Protocol):
    """The part of a store that keeps shared records."""

    async def get_shared_record(self, name: str) -> Shared | None:
        """See Store.get_shared_record."""
        ...

    async def put_shared_record(self, name: str, text: str, revision: int | None) -> bool:
        """See Store.put_shared_record."""
        ...


def check_record(name: str, text: str = "") -> None:
    """Refuse what no store could keep.

    Raises:
        StoreError: the name is not a lower-case word, or the text is longer than MAX_CHARS,
            or not plain Unicode without NUL.
    """
    if _NAME.fullmatch(name) is None:
        raise StoreError(f"record {name[:70]!r}: names are lower-case letters, digits and '-'")
    if len(text) > MAX_CHARS:
        raise StoreError(f"record {name}: {len(text)} characters, but {MAX_CHARS} is the most")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise StoreError(f"record {name}: the text holds NUL or half a surrogate pair")


def replaced(records: dict[str, Shared], name: str, text: str, revision: int | None) -> bool:
    """Change `records` if `name` still has this revision (None: is not there); else False."""
    check_record(name, text)
    known = records.get(name)
    if (known.revision if known else None) != revision:
        return False
    records[name] = Shared(text, (revision or 0) + 1)
    return True


async def put_own_record(store: SharedRecords, name: str, text: str, revision: int | None) -> bool:
    """As Store.put_shared_record, for a `text` that nobody else would write (it holds a random id).

    A store that lost the answer to a commit and asked again says False to its own success;
    here that is recognised.
    """
    if await store.put_shared_record(name, text, revision):
        return True
    known = await store.get_shared_record(name)
    return known is not None and known.text == text
