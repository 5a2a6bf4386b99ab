"""Reading a bot's lists: the newest rows from its document, then page by page."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.current import Recent, What, is_current, recent_of
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.firestore.packed import unpack
from motherhaven.stores.unreadable import UNREADABLE

Rows = list[list[Any]]


async def newest_pages(database: Database, bot: KnownBot, what: What) -> AsyncIterator[Rows]:
    """The pages of a list, the newest first, each newest row first."""
    recent = _recent(database, bot, what)
    if recent.rows:
        yield recent.rows[::-1]
    for number in range(recent.page - 1, -1, -1):
        yield await database.known.answer(
            bot.id, (what, number), partial(_page, database, bot.id, what, number)
        )


def listed(database: Database, bot: KnownBot, what: What) -> int:
    """How many rows the list has; a bot of an older layout has more than are listed."""
    recent = _recent(database, bot, what)
    return recent.before + len(recent.rows)


def _recent(database: Database, bot: KnownBot, what: What) -> Recent:
    if not is_current(bot.data):
        return Recent()
    read = database.unreadable.maybe(bot.id, what, lambda: recent_of(bot.data, what))
    return read or Recent()


async def _page(database: Database, bot_id: str, what: What, number: int) -> Rows:
    snapshot = await database.one(paths.page(what, bot_id, number))
    if snapshot is None:
        return []
    try:
        rows: Rows = unpack(snapshot.get("rows"))
    except UNREADABLE as error:
        database.unreadable.note(bot_id, f"{what} {number}", error)
        return []
    return rows[::-1]
