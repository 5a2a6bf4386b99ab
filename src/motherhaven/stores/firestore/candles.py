"""Candles, some hundreds in a document.

A document covers a fixed width of time that follows from the candles' interval: 256 to
511 candles, whatever the interval. The same start under another interval stands in
another document; reading takes the one that was told later.
"""

from collections.abc import Iterable
from typing import Any, Final

from motherhaven.contract.events import CandlesRecorded, Event
from motherhaven.contract.views import Candle
from motherhaven.stores.firestore import documents, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.work import CandlePlace
from motherhaven.stores.keys import micros
from motherhaven.stores.states import CandleState
from motherhaven.stores.unreadable import UNREADABLE
from motherhaven.stores.views import candle_row

PLACES_PER_EVENT: Final = 300
"""A whole event of candles in a row takes seven documents. Of one that is strewn over more
than this many, the oldest are shown nowhere; the event keeps them all."""

PER_DOCUMENT: Final = 4_000
_STEP: Final = 8
_SECOND: Final = 1_000_000


def width_of(interval: int) -> int:
    """How many seconds a document of such candles covers."""
    return 256 * (1 << (interval - 1).bit_length())


def place_of(bot_id: str, coin: str, interval: int, start: int) -> CandlePlace:
    """The document of the candle that begins at `start` (microseconds)."""
    width = width_of(interval)
    return bot_id, coin, width, start // _SECOND // width


def places_of(events: Iterable[Event]) -> set[CandlePlace]:
    """The documents that these events touch."""
    places: set[CandlePlace] = set()
    for event in events:
        body = event.body
        if isinstance(body, CandlesRecorded):
            own = {
                place_of(event.bot_id, body.coin, body.interval_seconds, micros(row[0]))
                for row in body.candles
            }
            places.update(sorted(own, reverse=True)[:PLACES_PER_EVENT])
    return places


def newest(candles: dict[int, list[Any]]) -> dict[int, list[Any]]:
    """What fits a document; only starts that no interval explains can be too many."""
    return dict(sorted(candles.items(), reverse=True)[:PER_DOCUMENT])


async def candles(
    database: Database, bot_id: str, coin: str, start: int, end: int, limit: int
) -> list[Candle]:
    """The candles that begin in [start, end) microseconds, oldest first."""
    bot = await database.one(paths.bot(bot_id)) if paths.is_id(bot_id) else None
    merged: dict[int, CandleState] = {}
    for width in () if bot is None or end <= start else bot.get("candle_widths"):
        for begin, candle in await _of_width(database, (bot_id, coin, width), start, end, limit):
            known = merged.get(begin)
            if candle.at.supersedes(None if known is None else known.at):
                merged[begin] = candle
    return [candle_row(begin, merged[begin]) for begin in sorted(merged)[:limit]]


async def _of_width(
    database: Database, series: tuple[str, str, int], start: int, end: int, limit: int
) -> list[tuple[int, CandleState]]:
    spans = (start // _SECOND // series[2], (end - 1) // _SECOND // series[2] + 1)
    first, last = (paths.candles(*series, max(span, 0)) for span in spans)
    found: list[tuple[int, CandleState]] = []
    while len(found) < limit:
        step = await database.between(first, last, limit=_STEP)
        for snapshot in step:
            try:
                kept = sorted(documents.candles_in(snapshot.to_dict()).items())
            except UNREADABLE as error:
                database.unreadable.note(series[0], f"candles {snapshot.id}", error)
                continue
            found += database.unreadable.each(
                [one for one in kept if start <= one[0] < end],
                lambda one: (series[0], f"candle of {series[1]} at {one[0]}"),
                lambda one: (one[0], documents.candle_of(one[1])),
            )
        if len(step) < _STEP:
            break
        first = (*first[:-1], str(step[-1].id) + "\x00")
    return found
