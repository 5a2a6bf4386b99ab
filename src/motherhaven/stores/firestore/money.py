"""Reading money: bots, positions and equity curves."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Literal

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import BotRow, EquityPoint, EquitySeries, PositionPage, PositionRow
from motherhaven.stores.cursors import page_cursor
from motherhaven.stores.firestore import documents, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.feeds import bot_names
from motherhaven.stores.firestore.keytext import key_of, key_text
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import records_of
from motherhaven.stores.keys import Key
from motherhaven.stores.states import BotState, Marked, PositionState
from motherhaven.stores.unreadable import UNREADABLE, one, unreadable
from motherhaven.stores.views import bot_row, equity_point, position_row

EVERY_BOT: Final = Shape(paths.BOTS)
PAGED: Final = Shape(paths.BOTS, (), "first_seen")
_OPENED: Final = Shape(paths.POSITIONS, ("opener",))
_LATEST: Final = ("status", "account")
_AT_ONCE: Final = 16
"""Curves read at the same time."""


async def _bot_snapshots(database: Database) -> list[tuple[BotState, DocumentSnapshot[Any]]]:
    found = database.unreadable.each(
        await database.query(EVERY_BOT),
        lambda snapshot: (str((snapshot.to_dict() or {}).get("id")), "bot"),
        lambda snapshot: (documents.bot_of(snapshot.to_dict() or {}), snapshot),
    )
    return sorted(found, key=lambda pair: (pair[0].first_seen, pair[0].id))


async def _chosen(
    database: Database, ids: Sequence[str] | None, after: str | None, limit: int | None
) -> list[tuple[BotState, DocumentSnapshot[Any]]]:
    if ids is not None:
        wanted = [paths.bot(name) for name in dict.fromkeys(ids) if paths.is_id(name)]
        snapshots = list((await database.get(wanted)).values())
    elif after is None and limit is None:
        return await _bot_snapshots(database)
    else:
        last = None
        if after is not None:
            last = await database.one(paths.bot(after)) if paths.is_id(after) else None
            if last is None:
                return []
        # Firestore's own order, ties included, so that the next page begins where this ends.
        snapshots = await database.query(PAGED, after=last, limit=limit)
        return [(documents.bot_of(one.to_dict() or {}), one) for one in snapshots]
    found = [(documents.bot_of(one.to_dict() or {}), one) for one in snapshots]
    return sorted(found, key=lambda pair: (pair[0].first_seen, pair[0].id))


async def bots(
    database: Database,
    ids: Sequence[str] | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[BotRow]:
    """Bots, by first_seen and id."""
    found = await _chosen(database, ids, after, limit)
    latest = [snapshot.get(f"{name}_id") for _, snapshot in found for name in _LATEST]
    events = await database.get(paths.event(event_id) for event_id in latest if event_id)
    records = {record.event_id: record for record in await records_of(database, events.values())}

    def read(pair: tuple[BotState, DocumentSnapshot[Any]]) -> BotRow:
        state, snapshot = pair
        status, account = (records.get(snapshot.get(f"{name}_id")) for name in _LATEST)
        return bot_row(state, status, account, database.unreadable)

    return database.unreadable.each(found, lambda pair: (pair[0].id, "bot"), read)


async def positions(
    database: Database,
    status: Literal["open", "closed", "all"],
    bot_id: str | None,
    before: Key | None,
    limit: int,
) -> PositionPage:
    """A page, newest first by entry time (open, all) or exit time (closed)."""
    asked: dict[str, Any] = {} if bot_id is None else {"bot_id": bot_id}
    if status == "open":
        asked["open"] = True
    order = "exit" if status == "closed" else "entry"
    shape = Shape(paths.POSITIONS, tuple(asked), order, descending=True)
    after = None if before is None else key_text(before)
    found = await database.query(shape, tuple(asked.values()), after=after, limit=limit + 1)
    states = _states(database, found[:limit])
    items = tuple(await _rows(database, states, closed=status == "closed"))
    if len(found) <= limit:
        return PositionPage(items=items, next=None)
    last = key_of(found[limit - 1].get(order))
    return PositionPage(
        items=items, next=page_cursor("closed" if status == "closed" else "positions", last)
    )


def _states(database: Database, found: Sequence[DocumentSnapshot[Any]]) -> list[PositionState]:
    return database.unreadable.each(
        found,
        lambda snapshot: (str((snapshot.to_dict() or {}).get("bot_id")), f"position {snapshot.id}"),
        lambda snapshot: documents.position_of(snapshot.to_dict() or {}),
    )


async def rows_of(
    database: Database, found: Sequence[DocumentSnapshot[Any]], *, closed: bool
) -> list[PositionRow]:
    """The rows of position documents."""
    return await _rows(database, _states(database, found), closed=closed)


async def position(database: Database, bot_id: str, position_id: str) -> PositionRow:
    """One position.

    Raises:
        NotFound: the bot has no such position.
    """
    snapshot = await database.one(paths.position(bot_id, position_id))
    if snapshot is None:
        raise NotFound(f"bot {bot_id} has no position {position_id}")
    name = f"position {position_id}"
    state = one(name, lambda: documents.position_of(snapshot.to_dict() or {}))
    return await _row(database, state)


async def opened_by(database: Database, bot_id: str, decision_id: str) -> PositionRow | None:
    """The earliest position whose entry names the decision."""
    found = await database.query(_OPENED, (documents.named(bot_id, decision_id),))
    states = _states(database, found)
    own = [state for state in states if state.entry_decision_id == decision_id]
    if not own:
        return None
    earliest = min(own, key=lambda state: (state.entered, state.entry))
    return await _row(database, earliest)


async def _row(database: Database, state: PositionState) -> PositionRow:
    for row in await _rows(database, [state], closed=False):
        return row
    raise unreadable(f"position {state.id}", ValueError("its row has no valid form"))


async def _rows(
    database: Database, states: Sequence[PositionState], *, closed: bool
) -> list[PositionRow]:
    names = await bot_names(database, (state.bot_id for state in states))
    marked = sorted({state.bot_id for state in states if state.exit is None})
    found = await database.get(paths.marks(bot_id) for bot_id in marked)
    marks: dict[str, dict[str, list[Any]]] = {}
    for bot_id in marked:
        snapshot = found.get(paths.marks(bot_id))
        if snapshot is not None:
            marks[bot_id] = _marks(database, bot_id, snapshot)
    return database.unreadable.each(
        states,
        lambda state: (state.bot_id, f"position {state.id}"),
        lambda state: position_row(
            state, names[state.bot_id], _mark(database, marks, state), closed=closed
        ),
    )


def _marks(
    database: Database, bot_id: str, snapshot: DocumentSnapshot[Any]
) -> dict[str, list[Any]]:
    read = database.unreadable.maybe(
        bot_id, "marks", lambda: documents.marks_in(snapshot.to_dict())
    )
    return read or {}


def _mark(
    database: Database, marks: dict[str, dict[str, list[Any]]], state: PositionState
) -> Marked | None:
    values = marks.get(state.bot_id, {}).get(state.ref or state.id)
    if values is None:
        return None
    name = f"mark of position {state.id}"
    return database.unreadable.maybe(state.bot_id, name, lambda: documents.marked_of(values))


async def equity(
    database: Database, bot_ids: Sequence[str] | None, tier: int, first: int, last: int
) -> list[EquitySeries]:
    """The buckets [first, last) of a tier, for each bot."""
    known = {state.id: state for state, _ in await _bot_snapshots(database)}
    wanted = [
        name for name in dict.fromkeys(known if bot_ids is None else bot_ids) if name in known
    ]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def points(bot: BotState) -> tuple[BotState, list[EquityPoint]]:
        async with gate:
            return bot, await _points(database, bot, tier, first, last)

    found = await asyncio.gather(*(points(known[bot_id]) for bot_id in wanted))
    return database.unreadable.each(found, lambda one: (one[0].id, "bot"), _series)


def _series(found: tuple[BotState, list[EquityPoint]]) -> EquitySeries:
    bot, points = found
    return EquitySeries(bot_id=bot.id, bot_name=bot.name, mode=bot.mode, points=tuple(points))


async def _points(
    database: Database, bot: BotState, tier: int, first: int, last: int
) -> list[EquityPoint]:
    spans = first // paths.BUCKETS_PER_DOCUMENT, (last - 1) // paths.BUCKETS_PER_DOCUMENT + 1
    points: list[EquityPoint] = []
    begin, end = (paths.rollup(bot.id, tier, max(span, 0)) for span in spans)
    for snapshot in await database.between(begin, end) if end > begin else []:
        try:
            buckets = sorted(documents.buckets_in(snapshot.to_dict()).items())
        except UNREADABLE as error:
            database.unreadable.note(bot.id, f"equity {snapshot.id}", error)
            continue
        points += database.unreadable.each(
            [bucket for bucket in buckets if first <= bucket[0] < last],
            lambda bucket: (bot.id, f"equity {tier}:{bucket[0]}"),
            lambda bucket: equity_point(tier, bucket[0], documents.bucket_of(bucket[1])),
        )
    return points
