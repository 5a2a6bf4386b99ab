"""What a coin cost over a span: the candles of the bot that watched it longest."""

from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.views import BotRow, Candle
from motherhaven.server.figures.curves import bucket_for, floor_time, newest_time
from motherhaven.server.wire.hold import Hold, HoldPoint
from motherhaven.stores.protocol import Reader
from motherhaven.stores.read_places import cursor_now, note_kept

MOST_ASKED: Final = 5
"""Bots whose candles are looked for; the newest ones that trade the coin come first."""
MOST_CANDLES: Final = 5_000
_PROBES: Final = 200
"""Candles that are looked up one by one where the whole of them would be too many."""


_KEPT: Final = 100
_FRESH: Final = (timedelta(minutes=1), timedelta(hours=1))


class Holds:
    """Answers that were given before: a long line costs a store hundreds of reads.

    One is given again for a two-hundredth of its span, a minute at least, an hour at most.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Hold, str | None]] = {}

    def find(self, key: Hashable, span: timedelta | None) -> Hold | None:
        """What was answered to the same question a short while ago."""
        at, found, cursor = self._kept.get(key, (0.0, None, None))
        least, most = _FRESH
        fresh = most if span is None else min(max(span / 200, least), most)
        if found is None or self._clock.monotonic() - at >= fresh.total_seconds():
            return None
        note_kept(cursor)
        return found

    def keep(self, key: Hashable, found: Hold) -> None:
        """Remember an answer; the oldest is forgotten for it."""
        self._kept.pop(key, None)
        self._kept[key] = (self._clock.monotonic(), found, cursor_now())
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]


async def hold(
    store: Reader, rows: Sequence[BotRow], coin: str, span: timedelta | None, now: datetime
) -> Hold:
    """The coin's prices over the span that ends at the newest time of `rows`."""
    end = max((newest_time(row) for row in rows), default=now)
    begin = end - (span or timedelta(days=3_650))
    best: tuple[str | None, list[Candle]] = (None, [])
    for row in _likely(rows, coin):
        first = await store.candles(row.id, coin, start=begin, end=end, limit=1)
        if first and (not best[1] or first[0].time < best[1][0].time):
            best = (row.id, first)
    bot_id, first = best
    if bot_id is None:
        return Hold(coin=coin, bot_id=None, bucket_seconds=0, begin=None, points=())
    bucket = bucket_for(end - first[0].time, 1)
    candles = await _closes(store, bot_id, coin, first[0], end)
    points = {floor_time(one.time, bucket): one.close for one in candles}
    return Hold(
        coin=coin,
        bot_id=bot_id,
        bucket_seconds=bucket,
        begin=first[0].open,
        points=tuple(HoldPoint(time=time, price=price) for time, price in points.items()),
    )


def _likely(rows: Sequence[BotRow], coin: str) -> list[BotRow]:
    """The bots that may have its candles: those that say they trade it, the newest first."""
    trades = [row for row in rows if row.status is not None and coin in (row.status.coins or ())]
    return sorted(trades or rows, key=lambda row: row.last_seen, reverse=True)[:MOST_ASKED]


async def _closes(
    store: Reader, bot_id: str, coin: str, first: Candle, end: datetime
) -> list[Candle]:
    """The candles of the span, or, where they are very many, _PROBES of them, evenly apart."""
    span = end - first.time
    if span / timedelta(seconds=first.interval_seconds) <= MOST_CANDLES:
        return await store.candles(bot_id, coin, start=first.time, end=end, limit=MOST_CANDLES)
    found: list[Candle] = []
    for number in range(_PROBES + 1):
        start = first.time + span * number / _PROBES - timedelta(seconds=first.interval_seconds)
        found += await store.candles(bot_id, coin, start=start, end=end, limit=1)
    return found
