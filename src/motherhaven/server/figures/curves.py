"""Which span and bucket an equity chart gets: a year costs what a day costs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from motherhaven.contract.views import BotRow
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
_MIN_BUCKETS: Final = 120
DAWN: Final = datetime(1971, 1, 1, tzinfo=UTC)
DUSK: Final = datetime(2200, 12, 31, tzinfo=UTC)
"""No event is before the one or after the other."""


async def equity_curves(
    store: Reader, bot_ids: Sequence[str] | None, span: timedelta | None, now: datetime
) -> Equity:
    """The curves of these bots (None: all) over the span that ends at their newest time.

    The end is market time, so a replay of 2018 ends in 2018.
    """
    rows = await store.bots()
    wanted = [row for row in rows if bot_ids is None or row.id in bot_ids]
    end = max((newest_time(row) for row in wanted), default=now)
    if not wanted:
        start = end - (span or timedelta(days=1))
        return Equity(bucket_seconds=TIERS[0], start=start, end=end, series=())
    ids = None if bot_ids is None else [row.id for row in wanted]
    start = end - span if span else await _first(store, ids, end)
    bucket = bucket_for(end - start, len(wanted))
    start = floor_time(start, bucket)
    until = end + timedelta(microseconds=1)
    series = await store.equity(ids, start=start, end=until, bucket=bucket)
    return Equity(bucket_seconds=bucket, start=start, end=end, series=tuple(series))


def bucket_for(span: timedelta, bots: int) -> int:
    """The narrowest tier, in seconds, that keeps the answer small for this many bots."""
    most = max(_MIN_BUCKETS, min(MAX_BUCKETS, _MAX_POINTS // max(bots, 1)))
    seconds = span.total_seconds()
    return next((tier for tier in TIERS if seconds / tier <= most), TIERS[-1])


async def _first(store: Reader, ids: Sequence[str] | None, end: datetime) -> datetime:
    until = end + timedelta(microseconds=1)
    days = await store.equity(ids, start=DAWN, end=until, bucket=TIERS[-1])
    first = min((one.points[0].time for one in days if one.points), default=end)
    hour = await store.equity(
        ids, start=first, end=first + timedelta(seconds=TIERS[-1]), bucket=TIERS[0]
    )
    return min((one.points[0].time for one in hour if one.points), default=first)


def newest_time(row: BotRow) -> datetime:
    """The newest market time that a bot has told."""
    account = row.account.time if row.account else None
    status = row.status.time if row.status else None
    return account or status or row.last_decision_at or row.last_seen


def floor_time(moment: datetime, bucket: int) -> datetime:
    """Where the bucket of `bucket` seconds around `moment` begins."""
    seconds = int(moment.timestamp()) // bucket * bucket
    return datetime.fromtimestamp(seconds, UTC)
