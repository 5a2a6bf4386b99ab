"""From equity to daily returns: UTC closes, net of money that came in or went out."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

ZERO: Final = Decimal(0)
_DAY: Final = timedelta(days=1)


class EquityPoint(NamedTuple):
    """Equity in USD at an aware time."""

    time: datetime
    equity: Decimal


class Valued(Protocol):
    """Equity in USD at an aware time, as any point of a curve has it."""

    @property
    def time(self) -> datetime: ...
    @property
    def equity(self) -> Decimal: ...


class Flow(NamedTuple):
    """Money in (positive) or out (negative) of the account, in USD, at an aware time."""

    time: datetime
    amount: Decimal


class DailyClose(NamedTuple):
    """The last equity of a UTC day, and the flows since the close before that are in it."""

    day: date
    equity: Decimal
    flow: Decimal


def daily_closes(points: Iterable[Valued], flows: Iterable[Flow] = ()) -> list[DailyClose]:
    """The closes of all UTC days from first to last, oldest first.

    `points` must be in order of time. A day without a point keeps the equity of the day
    before: the bot was away, the account was not. Flows up to the first point are part
    of its equity already; a later flow belongs to the first close at or after it.
    """
    last: dict[date, Valued] = {}
    first: datetime | None = None
    for point in points:
        time = point.time
        first = first or time
        last[(time if time.tzinfo is UTC else time.astimezone(UTC)).date()] = point
    if first is None:
        return []
    waiting = sorted((flow for flow in flows if flow.time > first), reverse=True)
    closes: list[DailyClose] = []
    day, end = min(last), max(last)
    newest = last[day]
    while day <= end:
        flow = ZERO
        newest = last.get(day, newest)
        while waiting and waiting[-1].time <= newest.time:
            flow += waiting.pop().amount
        closes.append(DailyClose(day, newest.equity, flow))
        day += _DAY
    return closes


def daily_returns(closes: Sequence[DailyClose]) -> list[float]:
    """(close - flow) / close before - 1 for every day but the first, as fractions.

    A day that begins with nothing (equity of 0 or below) has no return and ends the
    series: what follows is another account.
    """
    returns: list[float] = []
    before: Decimal | None = None
    for _, equity, flow in closes:
        if before is not None:
            if before <= ZERO:
                break
            returns.append(float((equity - flow) / before - 1))
        before = equity
    return returns


def unit_prices(
    points: Iterable[EquityPoint], flows: Iterable[Flow] = ()
) -> Iterator[tuple[datetime, Decimal]]:
    """The account's price per unit at every point, equal to the equity until money moves.

    Deposits and withdrawals buy and redeem units at the price before them, so that they
    are neither gain nor loss. Flows up to the first point are part of its equity already.
    """
    waiting = sorted(flows, reverse=True)
    units = Decimal(1)
    before: Decimal | None = None
    for time, equity in points:
        while waiting and waiting[-1].time <= time:
            amount = waiting.pop().amount
            if before is not None and before > 0 and before + amount > 0:
                units *= (before + amount) / before
                before += amount
        yield time, equity / units
        before = equity
