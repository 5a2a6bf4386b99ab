"""Documents that an old server still adds to the old collections, while somebody follows.

They are heard of by the same listener as the commits, become events at once, and so reach
the stream, the lists and the totals. Bounded: at each beginning the newest MOST of each
query, none older than RECENT; then one read for each that is added. Our own readable copies
stand in the same collections and are among them.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError
from motherhaven.contract.events import Event
from motherhaven.contract.ids import IdSource
from motherhaven.contract.wire import Endpoint
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.adopt import event_of_document
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.own_commits import Changed
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.writer import Writer

RECENT: Final = timedelta(hours=15)
"""Old times are local and without an offset: up to 12 hours behind, and a clock may be slow."""

MOST: Final = 300
_REMEMBERED: Final = 20_000
_LOG: Final = logging.getLogger(__name__)

_QUERIES: Final[dict[str, tuple[Endpoint, Shape]]] = {
    "decisions": ("decision", Shape(paths.OLD_DECISIONS, (), "timestamp", descending=True)),
    "accounts": ("account", Shape(paths.OLD_ACCOUNT, (), "timestamp", descending=True)),
    "statuses": ("status", Shape(paths.OLD_STATUS, (), "timestamp", descending=True)),
    "entries": ("position", Shape(paths.OLD_POSITIONS, (), "entry_time", descending=True)),
    "exits": ("position", Shape(paths.OLD_POSITIONS, (), "exit_time", descending=True)),
}


class OldWriters:
    """Takes over what is added, in the background; a document is taken once."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._ids = IdSource(clock, secrets.token_bytes)
        self._seen: dict[tuple[str, str, bool], None] = {}
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def queries(self) -> dict[str, Callable[[], Any]]:
        """What to listen to."""
        return {name: partial(self._query, shape) for name, (_, shape) in _QUERIES.items()}

    def _query(self, shape: Shape) -> Any:
        first = (self._clock.now() - RECENT).replace(tzinfo=None).isoformat()
        return self._database.since(shape, first).limit(MOST)

    def take(self, state: Mapping[str, Sequence[Changed]]) -> None:
        """Take over the documents of these queries that are an old server's; returns at once."""
        events: list[Event] = []
        for name, (endpoint, shape) in _QUERIES.items():
            for one in state.get(name, ()):
                place = (shape.collection, one.id, one.data.get("status") == "closed")
                if place in self._seen:
                    continue
                self._seen[place] = None
                event = event_of_document(endpoint, one.id, one.created, one.data, self._ids)
                if event is not None:
                    events.append(event)
        while len(self._seen) > _REMEMBERED:
            self._seen.pop(next(iter(self._seen)))
        if events:
            # Exits after entries: they find theirs by its numbers.
            events.sort(key=lambda event: event.kind == "position_closed")
            task = asyncio.create_task(self._append(events))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _append(self, events: Sequence[Event]) -> None:
        async with self._turn:
            try:
                results = await self._writer.append(events, readable=False)
                # An entry's document that its exit was written into has two events.
                changed = [
                    replace(event, event_id=f"{event.event_id}:closed")
                    for event, result in zip(events, results, strict=True)
                    if result.status == "conflict" and event.kind == "position_closed"
                ]
                if changed:
                    await self._writer.append(changed, readable=False)
            except MotherhavenError as error:
                self._seen.clear()  # the next beginning tries again
                _LOG.warning("documents of an old server wait to be taken over: %s", error)

    async def stop(self) -> None:
        """Finish what was begun."""
        if self._tasks:
            await asyncio.wait(self._tasks)
