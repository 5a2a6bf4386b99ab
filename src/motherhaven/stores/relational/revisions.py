"""The newest commit of each bot, read on from where the last look ended."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

import threading
from collections.abc import Sequence
from typing import Final

from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.log import ends
from motherhaven.stores.rows import Row

MOST_READ: Final = 20_000
"""Events that one look reads on; after more, every bot counts as changed instead."""

_NEWEST: Final = """
    SELECT b.id, max(e.n) FROM events e JOIN bots b ON b.no = e.bot
    WHERE e.n > ? AND e.n <= ? GROUP BY b.id
"""


class Revisions:
    """What the store of one process has seen of its bots' commits; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._least = 0
        """Bots of which no newer number is known have none above this."""
        self._newest: dict[str, int] = {}

    def look(self, session: Session, bot_ids: Sequence[str] | None) -> tuple[int, dict[str, str]]:
        """The log's newest number, and the revision of each bot that is known."""
        head, pruned = ends(session)
        seen = self._seen
        if seen is None or head - seen > MOST_READ:
            self._begin(head)
        elif head > seen:
            self._read_on(session.rows(_NEWEST, (seen, head)), head)
        known = _known(session, bot_ids)
        with self._lock:
            numbers = {name: max(self._newest.get(name, 0), self._least) for name in known}
        return head, {name: f"{pruned}:{number}" for name, number in numbers.items()}

    def _begin(self, head: int) -> None:
        with self._lock:
            if head > self._least:
                self._least = head
            self._seen = max(self._seen or 0, head)

    def _read_on(self, rows: Sequence[Row], head: int) -> None:
        """Take what was read; another thread may have read further meanwhile."""
        with self._lock:
            for name, number in rows:
                self._newest[name] = max(self._newest.get(name, 0), number)
            self._seen = max(self._seen or 0, head)


def _known(session: Session, bot_ids: Sequence[str] | None) -> list[str]:
    """Those of the ids that are bots; None: all."""
    if bot_ids is None:
        return [str(row[0]) for row in session.rows("SELECT id FROM bots")]
    if not bot_ids:
        return []
    marks = ", ".join("?" * len(bot_ids))
    found = session.rows(f"SELECT id FROM bots WHERE id IN ({marks})", tuple(bot_ids))
    return [str(row[0]) for row in found]
