"""The bars of a replay on record: columns of whole numbers, as they were read."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from motherhaven.bot.core.event_log import EventLog
from motherhaven.bot.market.timeline import Columns, Steps
from motherhaven.bot.replay.whole_figures import written_steps
from motherhaven.contract.bulk import encode_table
from motherhaven.contract.columns import Column, texts
from motherhaven.contract.events import MAX_CANDLES
from motherhaven.contract.events.base import stamp

_MILLI: Final = 1_000


class CandleRecords:
    """Puts each coin's bars on record once they were seen: one record for MAX_CANDLES."""

    def __init__(self, log: EventLog, coins: Mapping[str, Columns]) -> None:
        self._log = log
        self._coins = coins
        self._kept = dict.fromkeys(coins, 0)

    def waits(self, seen: int) -> bool:
        """Whether enough of the bars that were `seen` so far, of all coins, are not on record."""
        return seen - sum(self._kept.values()) >= MAX_CANDLES * len(self._coins) > 0

    def keep(self, now: datetime, least: int = 1) -> None:
        """Record what ended by `now` and is not on record, `least` bars of a coin or more."""
        for coin, columns in self._coins.items():
            end = bisect_right(columns.bars, now, key=lambda bar: bar.end)
            while end - self._kept[coin] >= least:
                first = self._kept[coin]
                self._kept[coin] = min(end, first + MAX_CANDLES)
                self._record(columns, first, self._kept[coin], now)

    def _record(self, columns: Columns, first: int, end: int, now: datetime) -> None:
        bars = columns.bars[first:end]
        prices = (columns.opens, columns.highs, columns.lows, columns.ends)
        names = ("open", "high", "low", "close")
        made: list[Column] = [_starts(columns, first, end)]
        made += [
            _piece(steps, first, end) or texts([getattr(bar, name) for bar in bars])
            for name, steps in zip(names, prices, strict=True)
        ]
        made.append(_volumes(columns, first, end))
        interval = int(bars[0].interval.total_seconds())
        same = {"coin": bars[0].coin, "interval_seconds": interval}
        payload = encode_table(same, stamp(now), "candles", end - first, made)
        self._log.keep("bars", payload, now)


def _starts(columns: Columns, first: int, end: int) -> Column:
    """When each bar begins, in milliseconds of Unix time."""
    bars = columns.bars[first:end]
    gap = bisect_right(columns.begins, first)
    if gap == len(columns.begins) or columns.begins[gap] >= end:  # in a row
        step = round(bars[0].interval.total_seconds() * _MILLI)
        return {"first": round(bars[0].start.timestamp() * _MILLI), "step": step}
    return [round(bar.start.timestamp() * _MILLI) for bar in bars]


def _piece(steps: Steps, first: int, end: int) -> Column | None:
    """Some of a column's numbers; None where their texts do not follow from them."""
    return written_steps(steps.piece(slice(first, end)))


def _volumes(columns: Columns, first: int, end: int) -> Column:
    known = None if columns.volumes is None else _piece(columns.volumes, first, end)
    if known is not None:
        return known
    volumes = [bar.volume for bar in columns.bars[first:end]]
    numbers = [one for one in volumes if one is not None]
    return texts(numbers) if len(numbers) == len(volumes) else volumes
