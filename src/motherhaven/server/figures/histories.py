"""An account's equity and the money that went in and out, as metrics want them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from motherhaven.contract.views import DepositPoint, EquitySeries
from motherhaven.metrics import EquityPoint, Flow
from motherhaven.stores.amounts import minus
from motherhaven.stores.protocol import Reader

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class History:
    """Equity points in order, each at the end of its bucket, and the flows between them.

    begin: where the first bucket does. capital: what had been paid in at the bot's very
    first report, None where it was not told.
    """

    points: tuple[EquityPoint, ...] = ()
    flows: tuple[Flow, ...] = ()
    begin: datetime | None = None
    capital: Decimal | None = None


async def histories(
    store: Reader, ids: Sequence[str], *, start: datetime, end: datetime, bucket: int
) -> dict[str, History]:
    """The history of each bot over [start, end) in buckets of `bucket` seconds."""
    curves = await store.equity(ids, start=start, end=end, bucket=bucket)
    deposits = await store.deposits(ids)
    return {
        curve.bot_id: _history(curve, bucket, deposits.get(curve.bot_id, ())) for curve in curves
    }


def flows_of(deposits: Sequence[DepositPoint]) -> tuple[Flow, ...]:
    """Each change of the deposits; what the first report tells was there before."""
    return tuple(
        Flow(after.time, minus(after.deposits_usd, before.deposits_usd))
        for before, after in pairwise(deposits)
    )


def _history(curve: EquitySeries, bucket: int, deposits: Sequence[DepositPoint]) -> History:
    return History(
        points=_points(curve, bucket),
        flows=flows_of(deposits),
        begin=curve.points[0].time if curve.points else None,
        capital=deposits[0].deposits_usd if deposits else None,
    )


def _points(curve: EquitySeries, bucket: int) -> tuple[EquityPoint, ...]:
    """A bucket's last equity stands at its end, so that a flow within it comes before it."""
    width = timedelta(seconds=bucket) - _MICROSECOND
    return tuple(EquityPoint(point.time + width, point.equity) for point in curve.points)
