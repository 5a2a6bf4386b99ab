"""Reading money: bots and positions."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, Literal

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import BotRow, PositionPage, PositionRow
from motherhaven.stores.cursors import page_cursor
from motherhaven.stores.firestore import documents, paths, trades
from motherhaven.stores.firestore.current import is_current, marks_of
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import key_of, key_text
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import records_of
from motherhaven.stores.keys import Key
from motherhaven.stores.records import Record
from motherhaven.stores.states import BotState, Marked, PositionState
from motherhaven.stores.unreadable import one, unreadable
from motherhaven.stores.views import bot_row, position_row

PAGED: Final = Shape(paths.BOTS, (), "first_seen")
_OPENED: Final = Shape(paths.POSITIONS, ("opener",))
_LATEST: Final = ("status", "account")


def _states_of(database: Database, found: Iterable[KnownBot]) -> list[tuple[BotState, KnownBot]]:
    """The bots that can be read, by first_seen and id."""
    read = database.unreadable.each(
        found,
        lambda bot: (bot.id, "bot"),
        lambda bot: (documents.bot_of(bot.data), bot),
    )
    return sorted(read, key=lambda pair: (pair[0].first_seen, pair[0].id))


async def _chosen(
    database: Database, ids: Sequence[str] | None, after: str | None, limit: int | None
) -> list[tuple[BotState, KnownBot]]:
    if ids is not None:
        found = list((await database.known.some(ids)).values())
        return sorted(
            [(documents.bot_of(bot.data), bot) for bot in found],
            key=lambda pair: (pair[0].first_seen, pair[0].id),
        )
    known = sorted(await database.known.all(), key=_place)
    if after is not None:
        last = next((_place(bot) for bot in known if bot.id == after), None)
        known = [] if last is None else [bot for bot in known if _place(bot) > last]
    elif limit is None:
        return _states_of(database, known)
    return [(documents.bot_of(bot.data), bot) for bot in known[:limit]]


def _place(bot: KnownBot) -> tuple[int, str]:
    """Where a bot stands in lists, whatever else of it can be read."""
    first = bot.get("first_seen")
    return (first if isinstance(first, int) else 0, bot.id)


async def bots(
    database: Database,
    ids: Sequence[str] | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[BotRow]:
    """Bots, by first_seen and id."""
    found = await _chosen(database, ids, after, limit)
    # A long payload, or one of an older layout, stands in its event's document alone.
    apart = [bot.get(f"{name}_id") for _, bot in found for name in _LATEST if bot.get(name) is None]
    events = await database.get(paths.event(event_id) for event_id in apart if event_id)
    records = {record.event_id: record for record in await records_of(database, events.values())}

    def latest(bot: KnownBot, name: str) -> Record | None:
        if bot.get(name) is None:
            return records.get(bot.get(f"{name}_id"))
        return database.unreadable.maybe(
            bot.id, str(bot.get(f"{name}_id")), lambda: documents.embedded_of(bot.get(name))
        )

    def read(pair: tuple[BotState, KnownBot]) -> BotRow:
        state, bot = pair
        status, account = (latest(bot, name) for name in _LATEST)
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
    if status == "closed" and bot_id is not None and paths.is_id(bot_id):
        return await trades.closed(database, bot_id, before, limit)
    if status == "open":
        asked["open"] = True
    order = "exit" if status == "closed" else "entry"
    shape = Shape(paths.POSITIONS, tuple(asked), order, descending=True)
    after = None if before is None else key_text(before)

    async def ask() -> list[DocumentSnapshot[Any]]:
        values = tuple(asked.values())
        return await database.query(shape, values, after=after, limit=limit + 1)

    found = await _remembered(database, bot_id, (status, after, limit), ask)
    states = _states(database, found[:limit])
    items = tuple(await _rows(database, states, closed=status == "closed"))
    if len(found) <= limit:
        return PositionPage(items=items, next=None)
    last = key_of(found[limit - 1].get(order))
    return PositionPage(
        items=items, next=page_cursor("closed" if status == "closed" else "positions", last)
    )


async def _remembered(
    database: Database, bot_id: str | None, key: Any,
    ask: Callable[[], Awaitable[list[DocumentSnapshot[Any]]]],
) -> list[DocumentSnapshot[Any]]:  # fmt: skip
    """The rows of one bot are asked for again once it has written a row."""
    if bot_id is None:
        return await ask()
    await database.known.look()
    return await database.known.answer(bot_id, ("positions", *key), ask)


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
    known = await database.known.some({state.bot_id for state in states})
    marked = [known[name] for name in {s.bot_id for s in states if s.exit is None} if name in known]
    apart = [paths.marks(bot.id) for bot in marked if not is_current(bot.data)]
    older = await database.get(apart) if apart else {}
    marks: dict[str, dict[str, list[Any]]] = {}
    for bot in marked:
        told = older.get(paths.marks(bot.id))
        read = database.unreadable.maybe(bot.id, "marks", partial(_marks, bot, told))
        marks[bot.id] = read or {}
    names = {name: bot.get("name") for name, bot in known.items()}
    return database.unreadable.each(
        states,
        lambda state: (state.bot_id, f"position {state.id}"),
        lambda state: position_row(
            state, names.get(state.bot_id), _mark(database, marks, state), closed=closed
        ),
    )


def _marks(bot: KnownBot, told: DocumentSnapshot[Any] | None) -> dict[str, list[Any]]:
    if is_current(bot.data):
        return marks_of(bot.data)
    return documents.marks_in(None if told is None else told.to_dict())


def _mark(
    database: Database, marks: dict[str, dict[str, list[Any]]], state: PositionState
) -> Marked | None:
    values = marks.get(state.bot_id, {}).get(state.ref or state.id)
    if values is None:
        return None
    name = f"mark of position {state.id}"
    return database.unreadable.maybe(state.bot_id, name, lambda: documents.marked_of(values))
