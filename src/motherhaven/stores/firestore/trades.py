"""Reading a bot's closed trades and signals from its lists, which cost a read a hundred rows."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from motherhaven.contract.views import PositionPage
from motherhaven.stores.cursors import page_cursor
from motherhaven.stores.firestore import documents, pages, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import key_text
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import records_of
from motherhaven.stores.keys import Key, kept_moment, micros
from motherhaven.stores.records import Record, named
from motherhaven.stores.rows import POSITION
from motherhaven.stores.signals import Signal
from motherhaven.stores.states import PositionState
from motherhaven.stores.views import position_row, signal_of

CLOSED: Final = Shape(paths.POSITIONS, ("bot_id",), "exit", descending=True)
DECIDED: Final = Shape(paths.EVENTS, ("kind", "bot_id"), "key", descending=True)
_STEP: Final = 500


async def closed(database: Database, bot_id: str, before: Key | None, limit: int) -> PositionPage:
    """A page of a bot's closed positions, newest first by exit."""
    bot = (await database.known.some([bot_id])).get(bot_id)
    if bot is None:
        return PositionPage(items=(), next=None)
    found: list[PositionState] = []
    last: Key | None = before
    async for rows in pages.newest_pages(database, bot, "trades"):
        states = database.unreadable.each(
            rows, lambda row: (bot_id, f"position {row[0]}"),
            lambda row: documents.trade_of(bot_id, row),
        )  # fmt: skip
        told = [one for one in states if one.exit and (before is None or one.exit < before)]
        found += told
        last = min((one.exit for one in states if one.exit), default=last)
        if len(found) > limit:
            break
    if len(found) <= limit and not bot.get("whole"):
        found += await _older(database, bot_id, last, before, limit + 1 - len(found))
    items = database.unreadable.each(
        found[:limit],
        lambda state: (bot_id, f"position {state.id}"),
        lambda state: position_row(state, bot.get("name"), None, closed=True),
    )
    if len(found) <= limit:
        return PositionPage(items=tuple(items), next=None)
    edge = found[limit - 1]
    return PositionPage(items=tuple(items), next=page_cursor("closed", edge.exit or edge.entry))


async def _older(
    database: Database, bot_id: str, last: Key | None, before: Key | None, limit: int
) -> list[PositionState]:
    """Positions that were closed before the bot had lists."""
    bounds = [key for key in (last, before) if key is not None]
    after = key_text(min(bounds)) if bounds else None

    async def ask() -> Any:
        return await database.query(CLOSED, (bot_id,), after=after, limit=limit)

    found = await database.known.answer(bot_id, ("closed", after, limit), ask)
    return database.unreadable.each(
        found,
        lambda one: (bot_id, f"position {one.id}"),
        lambda one: documents.position_of(one.to_dict() or {}),
    )


async def signals(
    database: Database, bot_id: str, start: datetime, end: datetime, limit: int
) -> list[Signal]:
    """A bot's decisions in [start, end), newest first."""
    bot = (await database.known.some([bot_id])).get(bot_id)
    if bot is None:
        return []
    first, last = micros(start), micros(end)
    found: list[Signal] = []
    async for rows in pages.newest_pages(database, bot, "signals"):
        inside = [row for row in rows if first <= row[1] < last]
        found += database.unreadable.each(inside, lambda row: (bot_id, str(row[0])), _signal)
        # The order never falls behind the time, so what comes before is earlier too.
        if len(found) >= limit or (rows and rows[0][-1] < first):
            return found[:limit]
    if bot.get("whole"):
        return found[:limit]
    return found + await _older_signals(database, bot, (first, last), limit - len(found))


def _signal(row: list[Any]) -> Signal:
    event_id, time, coin, signal, model = row[:5]
    return Signal(event_id, kept_moment(time), coin, signal, model)


async def _older_signals(
    database: Database, bot: KnownBot, span: tuple[int, int], limit: int
) -> list[Signal]:
    """Decisions from before the bot had lists."""
    skip = pages.listed(database, bot, "signals")
    listed: set[str] = set()
    if skip:
        async for rows in pages.newest_pages(database, bot, "signals"):
            listed |= {str(row[0]) for row in rows}
    found: list[Signal] = []
    after: str | None = None
    lowest = key_text(Key(max(span[0], 0), 0, 0, 0))
    while len(found) < limit:
        step = await database.query(
            DECIDED, ("decision", bot.id), after=after, since=lowest, limit=_STEP,
            only=documents.LEAN,
        )  # fmt: skip
        records: list[Record] = [
            one for one in await records_of(database, step)
            if one.event_id not in listed and span[0] <= one.shown < span[1]
        ]  # fmt: skip
        found += database.unreadable.each(records, named, signal_of)
        if len(step) < _STEP:
            break
        after = str(step[-1].get("key"))
    return found[:limit]


async def stated(
    database: Database, bot_id: str, decision_ids: Collection[str]
) -> dict[str, float | None]:
    """The confidence of decisions behind closed positions; those not listed are left out."""
    bot = (await database.known.some([bot_id])).get(bot_id)
    wanted = set(decision_ids)
    found: dict[str, float | None] = {}
    if bot is None:
        return found
    place = POSITION.index("entry_decision_id")
    async for rows in pages.newest_pages(database, bot, "trades"):
        found |= {row[place]: row[-1] for row in rows if row[place] in wanted}
        if len(found) == len(wanted):
            break
    return found
