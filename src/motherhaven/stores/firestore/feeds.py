"""The feeds: decisions and errors by keyset, one decision with its neighbours."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import Kind
from motherhaven.contract.views import (
    DecisionDetail,
    DecisionPage,
    DecisionRow,
    ErrorRow,
    EventPage,
    EventRow,
    Execution,
)
from motherhaven.stores.firestore import documents, faults, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import key_of, key_text
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import records_of, text_lengths, the_record
from motherhaven.stores.firestore.work import live_number_of
from motherhaven.stores.keys import Key, micros
from motherhaven.stores.protocol import DecisionFilter
from motherhaven.stores.records import Record, named, no_event
from motherhaven.stores.rejected import UNKNOWN
from motherhaven.stores.states import ErrorState
from motherhaven.stores.unreadable import one
from motherhaven.stores.views import decision_detail, decision_row, error_row, event_page, event_row

_POSTINGS: Final = Shape(paths.EVENTS, ("posting",))
_KEY: Final = ("key",)
_LATER: Final = Shape(paths.EVENTS, ("kind", "bot_id"), "key")


async def decisions(
    database: Database, where: DecisionFilter, before: Key | None, limit: int
) -> DecisionPage:
    """A page, newest first.

    Whether a decision was executed is no field of the indexes, and the order is that of
    receipt: so that filter and those of time are applied here.
    """
    asked = _asked(where)
    rows: list[DecisionRow] = []
    if asked is None:
        return DecisionPage(items=(), next=None)
    since = None if where.since is None else _first_key(where.since)
    after = None if before is None else key_text(before)
    while len(rows) <= limit:
        step = limit + 1
        found = await _events(database, "decision", asked, after, step, since)
        keys = {int(doc.get("n")): key_of(str(doc.get("key"))) for doc in found}
        told = await _rows(database, found, keys)
        rows += [row for row in told if _is_within(row, where)]
        if len(found) < step:
            break
        after = str(found[-1].get("key"))
    items = tuple(rows[:limit])
    return DecisionPage(items=items, next=items[-1].cursor if len(rows) > limit else None)


def _asked(where: DecisionFilter) -> dict[str, Any] | None:
    """The fields that must be equal; None if nothing can match."""
    filters: dict[str, Any] = {"bot_id": where.bot_id, "coin": where.coin}
    if where.verdict is not None:
        filters["allowed"] = where.verdict == "allowed"
    if where.signal is not None:
        filters["signal"] = where.signal
        if where.signal == "hold" and (where.only_trades or where.executed):
            return None
    elif where.only_trades or where.executed:
        filters["trade"] = True
    return {name: value for name, value in filters.items() if value is not None}


def _is_within(row: DecisionRow, where: DecisionFilter) -> bool:
    return (
        (not where.executed or _was_executed(row))
        and (where.since is None or row.time >= where.since)
        and (where.until is None or row.time < where.until)
    )


def _was_executed(row: DecisionRow) -> bool:
    return row.execution is not None and row.execution.status in ("executed", "partial")


def _first_key(at: datetime) -> str:
    return key_text(Key(micros(at), 0, 0, 0))


async def newest(database: Database, kind: str, bot_id: str | None, limit: int) -> list[Record]:
    """The newest events of a kind, newest first."""
    asked = {} if bot_id is None else {"bot_id": bot_id}
    return await records_of(database, await _events(database, kind, asked, None, limit))


async def postings(database: Database, kind: Kind, bot_id: str, position_id: str) -> list[Record]:
    """The fills or funding payments of a position, oldest first."""
    value = documents.posting(kind, bot_id, position_id)
    records = await records_of(database, await database.query(_POSTINGS, (value,)))
    asked = database.unreadable.each(records, named, lambda one: (one, _position_of(one)))
    own = [record for record, named_position in asked if named_position == position_id]
    return sorted(own, key=lambda record: record.key)


def _position_of(record: Record) -> Any:
    return json.loads(record.payload).get("position_id")


async def _events(
    database: Database, kind: str, asked: dict[str, Any], after: str | None, limit: int,
    since: str | None = None,
) -> list[DocumentSnapshot[Any]]:  # fmt: skip
    shape = Shape(paths.EVENTS, ("kind", *asked), "key", descending=True)
    return await database.query(
        shape, (kind, *asked.values()), after=after, since=since, limit=limit,
        only=documents.LEAN,
    )  # fmt: skip


async def _rows(
    database: Database, snapshots: list[DocumentSnapshot[Any]], keys: dict[int, Key]
) -> list[DecisionRow]:
    records = await records_of(database, snapshots)
    executed = await _executions(database, snapshots)
    names = await bot_names(database, {record.bot_id for record in records})

    def read(record: Record) -> DecisionRow:
        execution = _execution(database, executed, record)
        return decision_row(record, names[record.bot_id], execution, keys[record.n])

    return database.unreadable.each(records, named, read)


async def _executions(
    database: Database, snapshots: Iterable[DocumentSnapshot[Any]]
) -> dict[str, documents.Document]:
    """The executions of decisions: in their own documents, in older ones apart."""
    found: dict[str, documents.Document] = {}
    apart: dict[paths.Path, str] = {}
    for snapshot in snapshots:
        document, event_id = snapshot.to_dict() or {}, str(snapshot.id)
        if "execution" in document:
            found[event_id] = document["execution"]
        elif "v" not in document:
            apart[paths.execution(str(document.get("bot_id")), event_id)] = event_id
    for path, kept in (await database.get(apart)).items() if apart else ():
        found[apart[path]] = kept.to_dict() or {}
    return found


def _execution(
    database: Database, found: dict[str, documents.Document], record: Record
) -> Execution | None:
    """The execution of a decision; unknown where it cannot be read."""
    document = found.get(record.event_id)
    if document is None:
        return None
    return database.unreadable.maybe(
        record.bot_id,
        f"execution of {record.event_id}",
        lambda: documents.executed_of(document).execution,
    )


async def find(database: Database, event_id: str) -> DocumentSnapshot[Any]:
    """The document of an event.

    Raises:
        NotFound: it was never kept.
    """
    snapshot = await database.one(paths.event(event_id)) if paths.is_id(event_id) else None
    if snapshot is None:
        raise no_event(event_id)
    return snapshot


async def decision(database: Database, decision_id: str, floor: int) -> DecisionDetail:
    """One decision with its neighbours of the same bot; texts below the floor are gone.

    Raises:
        NotFound: no such decision.
    """
    snapshot = await find(database, decision_id)
    record = await the_record(database, snapshot)
    if record.kind != "decision":
        raise NotFound(f"{decision_id} is not a decision but a {record.kind} event")
    executed = await _executions(database, [snapshot])
    names = await bot_names(database, [record.bot_id])
    is_pruned = live_number_of(snapshot) <= floor
    values, key = ("decision", record.bot_id), str(snapshot.get("key"))
    earlier = Shape(paths.EVENTS, ("kind", "bot_id"), "key", descending=True)
    previous = await database.query(earlier, values, after=key, limit=1, only=_KEY)
    following = await database.query(_LATER, values, after=key, limit=1, only=_KEY)
    return one(
        decision_id,
        lambda: decision_detail(
            record,
            names[record.bot_id],
            _execution(database, executed, record),
            key_of(key),
            texts={} if is_pruned else text_lengths(snapshot.to_dict() or {}),
            previous=_first_id(previous),
            following=_first_id(following),
        ),
    )


async def event(database: Database, event_id: str, floor: int) -> EventRow:
    """One event of any kind; texts below the floor are gone.

    Raises:
        NotFound: it was never kept.
    """
    snapshot = await find(database, event_id)
    record = await the_record(database, snapshot)
    names = await bot_names(database, [record.bot_id])
    is_pruned = live_number_of(snapshot) <= floor
    lengths = {} if is_pruned else text_lengths(snapshot.to_dict() or {})
    return one(event_id, lambda: event_row(record, names[record.bot_id], lengths))


async def listed(
    database: Database, bot_id: str, kind: Kind, before: Key | None, limit: int,
    floor: Callable[[], Awaitable[int]],
) -> EventPage:  # fmt: skip
    """The bot's events of a kind, newest first; the floor is asked for where there are texts."""
    after = None if before is None else key_text(before)
    found = await _events(database, kind, {"bot_id": bot_id}, after, limit + 1)
    records = await records_of(database, found)
    names = await bot_names(database, [bot_id])
    documents_of = {str(one.id): one for one in found if (one.to_dict() or {}).get("texts")}
    pruned = await floor() if documents_of else 0

    def read_one(record: Record) -> EventRow:
        document = documents_of.get(record.event_id)
        is_kept = document is not None and live_number_of(document) > pruned
        lengths = text_lengths(document.to_dict() or {}) if document and is_kept else {}
        return event_row(record, names.get(bot_id), lengths)

    def read(page: Sequence[Record]) -> list[EventRow]:
        return database.unreadable.each(page, named, read_one)

    return event_page(records, limit, read)


def _first_id(found: list[DocumentSnapshot[Any]]) -> str | None:
    return str(found[0].id) if found else None


async def errors(
    database: Database, bot_id: str | None, kind: str | None, before: Key | None, limit: int,
    since: datetime | None,
) -> list[ErrorRow]:  # fmt: skip
    """What went wrong, newest first."""
    filters = {"bot_id": bot_id, "kind": kind}
    asked = {name: value for name, value in filters.items() if value is not None}
    shape = Shape(paths.ERRORS, tuple(asked), "key", descending=True)
    after = None if before is None else key_text(before)
    first = None if since is None else _first_key(since)
    states: list[ErrorState] = []
    while len(states) < limit:
        found = await database.query(
            shape, tuple(asked.values()), after=after, since=first, limit=limit
        )
        told = database.unreadable.each(
            found,
            lambda one: (str((one.to_dict() or {}).get("bot_id")), f"error {one.id}"),
            lambda one: documents.error_of(one.to_dict() or {}),
        )
        states += [state for state in told if since is None or state.at >= micros(since)]
        if len(found) < limit:
            break
        after = str(found[-1].get("key"))
    states = states[:limit]
    names = await bot_names(database, (one.bot_id for one in states if one.bot_id != UNKNOWN))
    return database.unreadable.each(
        states,
        lambda state: (state.bot_id, f"error of {state.event_id}"),
        lambda state: error_row(state, names.get(state.bot_id)),
    )


async def newest_errors(
    database: Database, bot_id: str | None, kind: str | None, since: datetime | None, limit: int
) -> list[ErrorRow]:
    """The newest errors from the bots' lists, and the refused ingest; newest first."""
    known = database.known
    bots = await known.all() if bot_id is None else list((await known.some([bot_id])).values())
    first = None if since is None else micros(since)
    found: list[ErrorState] = []
    if kind != "ingest":
        lists = [faults.Faults(database, bot, kind, first) for bot in bots]
        found = await faults.merged(lists, limit)
    if kind in (None, "ingest"):
        found += await faults.refused(database, bot_id, first, limit)
    states = sorted(found, key=lambda state: state.key, reverse=True)[:limit]
    names = {bot.id: bot.get("name") for bot in bots}
    return database.unreadable.each(
        states,
        lambda state: (state.bot_id, f"error of {state.event_id}"),
        lambda state: error_row(state, names.get(state.bot_id)),
    )


async def bot_names(database: Database, bot_ids: Iterable[str]) -> dict[str, str | None]:
    """The names of some bots."""
    wanted = sorted(set(bot_ids))
    found = await database.known.some(wanted)
    return {name: found[name].get("name") if name in found else None for name in wanted}
