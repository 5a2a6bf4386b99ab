"""Which span and bucket an equity chart gets: a year costs what a day costs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from motherhaven.contract.views import BotRow, EquitySeries
from motherhaven.server.figures.isolated import of_each
from motherhaven.server.wire.answers import Equity
from motherhaven.stores.protocol import TIERS, Reader

RANGES: Final[dict[str, timedelta | None]] = {
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
    "1m": timedelta(days=30),
    "1y": timedelta(days=365),
    "all": None,
}
"""The spans to choose from; None is everything there is."""

MAX_BUCKETS: Final = 1_500
_MAX_POINTS: Final = 30_000
MOST_CURVES: Final = 250
"""So many curves at once; of more bots, ask for some by id."""

_MIN_BUCKETS: Final = 120
DAWN: Final = datetime(1971, 1, 1, tzinfo=UTC)
DUSK: Final = datetime(2200, 12, 31, tzinfo=UTC)
"""No event is before the one or after the other."""


async def equity_curves(
    store: Reader, wanted: Sequence[BotRow], span: timedelta | None, now: datetime
) -> tuple[Equity, bool]:
    """The curves of these bots over the span that ends at their newest time.

    The end is market time, so a replay of 2018 ends in 2018. And whether it is all that
    there is to tell of them: False where there is no bot, or some of a curve failed.
    """
    end = max((newest_time(row) for row in wanted), default=now)
    if not wanted:
        start = end - (span or timedelta(days=1))
        return Equity(bucket_seconds=TIERS[0], start=start, end=end, series=()), False
    start, is_whole = (end - span, True) if span else await _first(store, wanted, end)
    bucket = bucket_for(end - start, len(wanted))
    start = floor_time(start, bucket)
    until = end + timedelta(microseconds=1)

    async def read(some: Sequence[str]) -> dict[str, EquitySeries]:
        found = await store.equity(some, start=start, end=until, bucket=bucket)
        return {one.bot_id: one for one in found}

    series, failed = await of_each([row.id for row in wanted], read)
    found = Equity(bucket_seconds=bucket, start=start, end=end, series=tuple(series.values()))
    return found, is_whole and not failed


def bucket_for(span: timedelta, bots: int) -> int:
    """The narrowest tier, in seconds, that keeps the answer small for this many bots."""
    most = max(_MIN_BUCKETS, min(MAX_BUCKETS, _MAX_POINTS // max(bots, 1)))
    seconds = span.total_seconds()
    return next((tier for tier in TIERS if seconds / tier <= most), TIERS[-1])


async def _first(store: Reader, rows: Sequence[BotRow], end: datetime) -> tuple[datetime, bool]:
    """The first minute of any of them, and whether all could be asked."""
    ids = [row.id for row in rows]
    until = end + timedelta(microseconds=1)
    day, all_days = await _earliest(store, ids, DAWN, until, TIERS[-1])
    first = day or end
    after = first + timedelta(seconds=TIERS[-1])
    minute, all_minutes = await _earliest(store, ids, first, after, TIERS[0])
    return minute or first, all_days and all_minutes


async def _earliest(
    store: Reader, ids: Sequence[str], start: datetime, end: datetime, bucket: int
) -> tuple[datetime | None, bool]:
    async def read(some: Sequence[str]) -> dict[str, datetime]:
        curves = await store.equity(some, start=start, end=end, bucket=bucket)
        return {one.bot_id: one.points[0].time for one in curves if one.points}

    found, failed = await of_each(ids, read)
    return min(found.values(), default=None), not failed


def newest_time(row: BotRow) -> datetime:
    """The newest market time that a bot has told."""
    account = row.account.time if row.account else None
    status = row.status.time if row.status else None
    return account or status or row.last_decision_at or row.last_seen


def floor_time(moment: datetime, bucket: int) -> datetime:
    """Where the bucket of `bucket` seconds around `moment` begins."""
    seconds = int(moment.timestamp()) // bucket * bucket
    return datetime.fromtimestamp(seconds, UTC)
