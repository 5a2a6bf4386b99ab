"""What happened after a decision: moves over fixed horizons, stop and target touched or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from motherhaven.contract.money import EXACT
from motherhaven.contract.views import Candle, DecisionDetail, PositionRow
from motherhaven.server.wire.details import Horizon, Outcome

HORIZONS: Final = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
WIDEST: Final = timedelta(hours=4)
"""Wider candles tell nothing of the first horizons."""

_SIDES: Final = {"buy_to_enter": 1, "sell_to_enter": -1}


def outcome(
    decision: DecisionDetail, candles: Sequence[Candle], position: PositionRow | None
) -> Outcome:
    """The outcome of `decision` from `candles` of its coin, which begin up to WIDEST before it.

    `position` is the one that it opened. The moves are the coin's, whatever the signal.
    """
    mark = decision.mark or _first_price(decision.time, candles)
    watched = _watched(decision.time, candles, position)
    reason = position.reason if position else None
    side = _SIDES.get(decision.signal, 0)
    return Outcome(
        decision_id=decision.id,
        mark=mark,
        horizons=tuple(_horizon(decision.time, span, mark, candles) for span in HORIZONS),
        stop_touched=_touched(watched, -side, decision.stop_loss, closed=reason == "stop"),
        target_touched=_touched(watched, side, decision.profit_target, closed=reason == "target"),
        watched_until=watched.until,
        position=position,
    )


@dataclass(frozen=True, slots=True)
class _Watched:
    """The candles after a decision within its window; `whole` says that none is missing."""

    candles: Sequence[Candle]
    until: datetime | None
    whole: bool


def _watched(since: datetime, candles: Sequence[Candle], position: PositionRow | None) -> _Watched:
    end = since + HORIZONS[-1]
    if position is not None and position.exit_time is not None:
        end = min(end, position.exit_time)
    inside = [candle for candle in candles if candle.time >= since and _end(candle) <= end]
    if not inside:
        return _Watched((), None, whole=False)
    whole = inside[0].time - since < _width(inside[0]) and all(
        _end(before) == after.time for before, after in pairwise(inside)
    )
    return _Watched(inside, _end(inside[-1]), whole)


def _touched(watched: _Watched, sign: int, price: Decimal | None, *, closed: bool) -> bool | None:
    """Whether `price` was reached; `sign` is 1 for a price above, -1 for one below."""
    if sign == 0 or price is None:
        return None
    if closed or any(
        (candle.high >= price if sign > 0 else candle.low <= price) for candle in watched.candles
    ):
        return True
    return False if watched.whole else None


def _horizon(
    since: datetime, span: timedelta, mark: Decimal | None, candles: Sequence[Candle]
) -> Horizon:
    move = _move(since, span, mark, candles)
    return Horizon(seconds=int(span.total_seconds()), move=move)


def _move(
    since: datetime, span: timedelta, mark: Decimal | None, candles: Sequence[Candle]
) -> float | None:
    """From the mark to the close of the candle that ends last before the horizon."""
    due = since + span
    ended = [candle for candle in candles if since < _end(candle) <= due]
    if mark is None or mark <= 0 or not ended or due - _end(ended[-1]) >= _width(ended[-1]):
        return None
    return float(EXACT.divide(ended[-1].close - mark, mark))


def _first_price(since: datetime, candles: Sequence[Candle]) -> Decimal | None:
    first = next((candle for candle in candles if candle.time >= since), None)
    return first.open if first is not None and first.time - since < _width(first) else None


def _width(candle: Candle) -> timedelta:
    return timedelta(seconds=candle.interval_seconds)


def _end(candle: Candle) -> datetime:
    return candle.time + _width(candle)
