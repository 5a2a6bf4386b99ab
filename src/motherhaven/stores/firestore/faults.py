"""Reading the newest errors of many bots from their lists: a read a bot, and one each page."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from motherhaven.stores.firestore import documents, pages, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import key_text
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.keys import Key
from motherhaven.stores.states import ErrorState

OF_BOT: Final = Shape(paths.ERRORS, ("bot_id",), "key", descending=True)
REFUSED: Final = Shape(paths.ERRORS, ("kind",), "key", descending=True)
REFUSED_OF: Final = Shape(paths.ERRORS, ("bot_id", "kind"), "key", descending=True)
_AHEAD: Final = 32
"""So many rows are looked at together: kinds of events have orders of their own, and those
of one bot differ by moments."""

_STEP: Final = 200


class Faults:
    """The errors of one bot, newest first, of a kind and from a time on (microseconds)."""

    def __init__(
        self, database: Database, bot: KnownBot, kind: str | None, since: int | None
    ) -> None:
        self._bot = bot
        self._database = database
        self._kind = kind
        self._since = since
        self._pages = self._read()
        self._rows: list[ErrorState] = []
        self._ended = False

    async def newest(self) -> ErrorState | None:
        """The newest that is left."""
        while len(self._rows) < _AHEAD and not self._ended:
            step = await anext(self._pages, None)
            self._ended = step is None
            self._rows += step or ()
            self._rows.sort(key=lambda state: state.key, reverse=True)
        return self._rows[0] if self._rows else None

    def drop(self) -> None:
        """The newest was taken."""
        del self._rows[0]

    async def _read(self) -> AsyncIterator[list[ErrorState]]:
        last: Key | None = None
        async for rows in pages.newest_pages(self._database, self._bot, "faults"):
            told = self._states(rows)
            yield [state for state in told if self._is_asked(state)]
            last = min((state.key for state in told), default=last)
            if self._is_past(told):
                return
        while not self._bot.get("whole"):  # older ones were not listed
            after = None if last is None else key_text(last)
            step = await self._database.query(OF_BOT, (self._bot.id,), after=after, limit=_STEP)
            older = [_of(self._database, one) for one in step]
            told = [state for state in older if state is not None]
            yield [state for state in told if self._is_asked(state) and state.kind != "ingest"]
            last = min((state.key for state in told), default=last)
            if len(step) < _STEP or self._is_past(told):
                return

    def _states(self, rows: Sequence[list[Any]]) -> list[ErrorState]:
        return self._database.unreadable.each(
            rows,
            lambda row: (self._bot.id, f"error of {row[4]}"),
            lambda row: documents.fault_of(self._bot.id, row),
        )

    def _is_asked(self, state: ErrorState) -> bool:
        return (self._kind is None or state.kind == self._kind) and (
            self._since is None or state.at >= self._since
        )

    def _is_past(self, states: Sequence[ErrorState]) -> bool:
        """Whether all of them, and so all before, are too old."""
        if self._since is None or not states:
            return False
        return max(state.key.time for state in states) < self._since


async def merged(lists: Sequence[Faults], limit: int) -> list[ErrorState]:
    """The newest of all."""
    found: list[ErrorState] = []
    heads = [(one, await one.newest()) for one in lists]
    while len(found) < limit:
        waiting = [(head.key, place) for place, (_, head) in enumerate(heads) if head is not None]
        if not waiting:
            break
        place = max(waiting)[1]
        one, head = heads[place]
        if head is not None:
            found.append(head)
        one.drop()
        heads[place] = (one, await one.newest())
    return found


async def refused(
    database: Database, bot_id: str | None, since: int | None, limit: int
) -> list[ErrorState]:
    """The newest refused ingest."""
    shape = REFUSED if bot_id is None else REFUSED_OF
    values = ("ingest",) if bot_id is None else (bot_id, "ingest")
    first = None if since is None else key_text(Key(since, 0, 0, 0))
    found = await database.query(shape, values, since=first, limit=limit)
    told = [_of(database, one) for one in found]
    return [state for state in told if state is not None and (since is None or state.at >= since)]


def _of(database: Database, snapshot: Any) -> ErrorState | None:
    data = snapshot.to_dict() or {}
    name = f"error {snapshot.id}"
    return database.unreadable.maybe(
        str(data.get("bot_id")), name, lambda: documents.error_of(data)
    )
