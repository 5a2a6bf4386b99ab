"""Reading equity curves: the newest buckets from the bots' documents, older spans apart."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from motherhaven.contract.views import EquityPoint, EquitySeries
from motherhaven.stores.firestore import documents, paths
from motherhaven.stores.firestore.current import Window, is_current, windows_of
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.unreadable import UNREADABLE
from motherhaven.stores.views import equity_point

_AT_ONCE: Final = 16
"""Curves read at the same time."""

Kept = dict[int, list[Any]]


async def equity(
    database: Database, bot_ids: Sequence[str] | None, tier: int, first: int, last: int
) -> list[EquitySeries]:
    """The buckets [first, last) of a tier, for each bot."""
    if bot_ids is None:
        found = await database.known.all()
        known = {bot.id: bot for bot in sorted(found, key=_order)}
    else:
        known = await database.known.some(bot_ids)
    wanted = [name for name in dict.fromkeys(bot_ids or known) if name in known]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def series(bot: KnownBot) -> tuple[KnownBot, list[EquityPoint]]:
        async with gate:
            return bot, await _points(database, bot, tier, first, last)

    told = await asyncio.gather(*(series(known[bot_id]) for bot_id in wanted))
    return database.unreadable.each(told, lambda one: (one[0].id, "bot"), _series)


def _order(bot: KnownBot) -> tuple[int, str]:
    first = bot.get("first_seen")
    return (first if isinstance(first, int) else 0, bot.id)


def _series(found: tuple[KnownBot, list[EquityPoint]]) -> EquitySeries:
    state = documents.bot_of(found[0].data)
    points = tuple(found[1])
    return EquitySeries(bot_id=state.id, bot_name=state.name, mode=state.mode, points=points)


async def _points(
    database: Database, bot: KnownBot, tier: int, first: int, last: int
) -> list[EquityPoint]:
    window = _window(database, bot, tier)
    kept = await _older(database, bot, tier, first, last, window)
    kept |= {} if window is None else window.buckets
    return database.unreadable.each(
        sorted((number, values) for number, values in kept.items() if first <= number < last),
        lambda bucket: (bot.id, f"equity {tier}:{bucket[0]}"),
        lambda bucket: equity_point(tier, bucket[0], documents.bucket_of(bucket[1])),
    )


def _window(database: Database, bot: KnownBot, tier: int) -> Window | None:
    """The newest buckets; None where none of the tier stand in the bot's document."""
    if not is_current(bot.data):
        return None
    read = database.unreadable.maybe(bot.id, "equity", lambda: windows_of(bot.data))
    return None if read is None else read.get(tier)


async def _older(
    database: Database, bot: KnownBot, tier: int, first: int, last: int, window: Window | None
) -> Kept:
    """The buckets of spans before the window."""
    spans = [first // paths.BUCKETS_PER_DOCUMENT, (last - 1) // paths.BUCKETS_PER_DOCUMENT + 1]
    if window is not None:
        if not window.older:
            return {}
        spans[1] = min(spans[1], window.first)
    begin, end = (paths.rollup(bot.id, tier, max(span, 0)) for span in spans)
    if end <= begin:
        return {}

    async def ask() -> list[tuple[str, Any]]:
        return [(str(one.id), one.to_dict()) for one in await database.between(begin, end)]

    kept: Kept = {}
    for name, document in await database.known.answer(bot.id, ("curve", tier, *spans), ask):
        try:
            kept |= documents.buckets_in(document)
        except UNREADABLE as error:
            database.unreadable.note(bot.id, f"equity {name}", error)
    return kept
