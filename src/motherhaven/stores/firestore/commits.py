"""The document of a commit: its place in the order, and its events ready for the live stream.

So who follows reads one document a commit, however many events it has. A commit whose events
are too long for one, or of an earlier version, has their ids alone: then they are read.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import PositionClosed, PositionOpened
from motherhaven.contract.views import DecisionRow, Execution, PositionRow
from motherhaven.stores.cursors import live_cursor
from motherhaven.stores.firestore import feeds, money, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import live_number
from motherhaven.stores.firestore.own_commits import Changed
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import records_of
from motherhaven.stores.loaded import LoadedWork
from motherhaven.stores.protocol import Stored
from motherhaven.stores.ready import own_row
from motherhaven.stores.records import Prepared, Record, named
from motherhaven.stores.unreadable import UNREADABLE
from motherhaven.stores.views import decision_row, event_of

LIVE: Final = "live"
LIVE_BYTES: Final = 700_000
"""Longer than this the events do not stand in their commit; a document takes 1 MiB."""

_RECORD: Final = (
    "n", "event_id", "bot_id", "bot_name", "mode", "kind", "epoch", "seq", "time", "recorded",
    "received",
)  # fmt: skip
_AT_ONCE: Final = 16
_EXITS: Final = Shape(paths.POSITIONS, ("exit_n",))
_FLOOR: Final = 0
"""Rows need no texts, so it does not matter what was pruned."""


def commit_document(work: LoadedWork) -> dict[str, Any]:
    """What a commit tells of its events, beside its stamp."""
    kept = work.changes.kept
    document: dict[str, Any] = {
        "bots": sorted(work.changes.bots),
        "ids": [record.event_id for record, _ in kept],
        "received": [record.received for record, _ in kept],
    }
    live = json.dumps([_told(work, *pair) for pair in kept], ensure_ascii=False)
    if len(live.encode()) <= LIVE_BYTES:
        document[LIVE] = live
    return document


def _told(work: LoadedWork, record: Record, prepared: Prepared) -> list[Any]:
    """An event: its record, the name of its bot, and what its row needs beside these."""
    more: str | None = None
    if record.kind == "decision":
        executed = work.execution(record.bot_id, record.event_id)
        if executed is not None:
            more = executed.execution.model_dump_json()
    else:
        try:
            row = own_row(work, record, prepared.event)
        except UNREADABLE:  # a position that was damaged before: reading it tells of it
            row = None
        if isinstance(row, PositionRow):
            more = row.model_dump_json()
    values = [getattr(record, name) for name in _RECORD]
    name = work.changes.bots[record.bot_id].name
    return [*values, record.payload.decode(), record.order, name, more]


def _record_of(told: Sequence[Any]) -> Record:
    width = len(_RECORD)
    values = dict(zip(_RECORD, told[:width], strict=True))
    return Record(**values, payload=told[width].encode(), order=told[width + 1])


def _stored(cursor: str, told: Sequence[Any]) -> Stored:
    record, name, more = _record_of(told), told[-2], told[-1]
    row: DecisionRow | PositionRow | None = None
    if record.kind == "decision":
        execution = None if more is None else Execution.model_validate_json(more)
        row = decision_row(record, name, execution, record.key)
    elif more is not None:
        row = PositionRow.model_validate_json(more)
    return Stored(cursor, event_of(record), row)


@dataclass(frozen=True, slots=True)
class Placed:
    """A commit in the log; `before` events of other commits have the same commit time."""

    commit: Changed
    before: int

    @property
    def numbers(self) -> range:
        """The live numbers of its events."""
        first = live_number(self.commit.created, self.before + 1)
        return range(first, first + len(self.commit.data["ids"]))

    @property
    def last(self) -> int:
        """The live number of its last event."""
        return self.numbers[-1]


def as_changed(snapshot: DocumentSnapshot[Any]) -> Changed:
    """A commit that a query found, as a listener would give it."""
    return Changed(str(snapshot.id), snapshot.create_time, snapshot.to_dict() or {})


def in_order(commits: Iterable[Changed]) -> list[Placed]:
    """Commits in commit order; all of a commit time must be among them.

    Firestore promises no two commits different times: those of one time go by their ids, so
    that every reader has the same order and no two events the same number.
    """
    placed: list[Placed] = []
    for commit in sorted(commits, key=lambda one: (one.created, one.id)):
        last = placed[-1] if placed else None
        is_tied = last is not None and last.commit.created == commit.created
        before = last.before + len(last.commit.data["ids"]) if last and is_tied else 0
        placed.append(Placed(commit, before))
    return placed


async def events_of(
    database: Database, generation: str, commits: Iterable[Placed], start: int, limit: int
) -> tuple[list[Stored], int, bool]:
    """The events of commits after the number `start`, `limit` at most.

    Gives the number after the last of them too, and whether there were more.
    """
    ready: list[Stored] = []
    reached, count = start, 0
    for placed in commits:
        commit, numbers = placed.commit, placed.numbers
        wanted = [rank for rank, number in enumerate(numbers) if number > start]
        chosen = wanted[: limit - count]
        if chosen:
            cursors = {rank: live_cursor(generation, numbers[rank]) for rank in chosen}
            ready += await _events(database, commit, cursors)
            reached, count = numbers[chosen[-1]], count + len(chosen)
        if len(chosen) < len(wanted):
            return ready, reached, True
    return ready, reached, False


async def _events(database: Database, commit: Changed, cursors: dict[int, str]) -> list[Stored]:
    ids, live = commit.data["ids"], commit.data.get(LIVE)
    if live is None:
        return await _read(database, {ids[rank]: cursor for rank, cursor in cursors.items()})
    told = database.unreadable.maybe("", f"commit {commit.id}", lambda: list(json.loads(live)))
    if told is None or len(told) != len(ids):
        return await _read(database, {ids[rank]: cursor for rank, cursor in cursors.items()})
    return database.unreadable.each(
        cursors,
        lambda rank: (str(told[rank][2]), str(ids[rank])),
        lambda rank: _stored(cursors[rank], told[rank]),
    )


async def _read(database: Database, cursors: dict[str, str]) -> list[Stored]:
    """Events by their ids; what somebody deleted by hand is passed over."""
    found = await database.get(paths.event(event_id) for event_id in cursors)
    ordered = [found[paths.event(name)] for name in cursors if paths.event(name) in found]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def whole(record: Record) -> tuple[Record, DecisionRow | PositionRow | None]:
        async with gate:
            return record, await _row(database, record)

    rows = await asyncio.gather(*map(whole, await records_of(database, ordered)))
    return database.unreadable.each(
        rows,
        lambda pair: named(pair[0]),
        lambda pair: Stored(cursors[pair[0].event_id], event_of(pair[0]), pair[1]),
    )


async def _row(database: Database, record: Record) -> DecisionRow | PositionRow | None:
    try:
        if record.kind == "decision":
            detail = await feeds.decision(database, record.event_id, _FLOOR)
            return DecisionRow.model_construct(
                **{name: getattr(detail, name) for name in DecisionRow.model_fields}
            )
        if record.kind in ("position_opened", "position_closed"):
            return await _position(database, record)
    except NotFound:  # damaged too
        return None
    return None


async def _position(database: Database, record: Record) -> PositionRow | None:
    body = database.unreadable.maybe(*named(record), lambda: event_of(record).body)
    if isinstance(body, PositionClosed):
        found = await database.query(_EXITS, (record.n,))
        rows = await money.rows_of(database, found, closed=True)
        if rows:
            return rows[0]
    if not isinstance(body, PositionOpened | PositionClosed):
        return None
    return await money.position(database, record.bot_id, body.position_id or record.event_id)
