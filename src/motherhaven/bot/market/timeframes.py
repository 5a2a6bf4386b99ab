"""Longer bars made from short ones, on the clock's own grid, each with its indicators."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.indicators.averages import Ema, Macd
from motherhaven.bot.indicators.momentum import Atr, Rsi
from motherhaven.bot.market.instruments import Bar

KEPT: Final = 60
WIDTHS: Final = (
    ("15m", timedelta(minutes=15)),
    ("1h", timedelta(hours=1)),
    ("4h", timedelta(hours=4)),
)
"""Label and width of each longer timeframe."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def label_of(interval: timedelta) -> str:
    """A width as traders write it: 1m, 15m, 1h, 4h."""
    minutes = interval / timedelta(minutes=1)
    if minutes % 60 == 0:
        return f"{minutes / 60:g}h"
    return f"{minutes:g}m" if minutes >= 1 else f"{interval.total_seconds():g}s"


class Timeframe:
    """Whole bars of one width, that begin where the clock says (a 4h bar at 00, 04, 08 …).

    A bar that lacks a part is none, and a hole restarts the indicators: a value that
    spans it means nothing. Indicators in floats.
    """

    __slots__ = ("_atr", "_fast", "_macd", "_open", "_rsi", "_slow", "bars", "label", "width")

    def __init__(self, label: str, width: timedelta) -> None:
        self.label = label
        self.width = width
        self.bars: deque[Bar] = deque(maxlen=KEPT)
        """The closed bars, oldest first."""
        self._open: Bar | None = None
        self._restart()

    def push(self, bar: Bar) -> None:
        """Take the next closed short bar.

        Raises:
            MarketError: a price is not a finite number.
        """
        begun = self._open
        if (bar.start - _EPOCH) % self.width == timedelta(0):
            grown: Bar | None = bar
        elif begun is not None and begun.end == bar.start:
            grown = joined(begun, bar)
        else:
            grown = None
        self._open = grown
        if grown is not None and grown.interval == self.width:
            self._close(grown)
            self._open = None

    def begin(self, bars: Iterable[Bar]) -> None:
        """Take closed bars of this width from before the first short one, oldest first.

        Raises:
            MarketError: a price is not a finite number.
        """
        for bar in bars:
            if bar.interval == self.width:
                self._close(bar)

    def indicators(self) -> dict[str, float | None]:
        """Every indicator by name, None until warm."""
        macd = self._macd.value
        return {
            "ema20": self._fast.value,
            "ema50": self._slow.value,
            "rsi14": self._rsi.value,
            "atr14": self._atr.value,
            "macd": macd.macd if macd else None,
            "macd_signal": macd.signal if macd else None,
        }

    def _close(self, bar: Bar) -> None:
        if self.bars and self.bars[-1].end != bar.start:
            self.bars.clear()
            self._restart()
        self.bars.append(bar)
        close = float(bar.close)
        self._fast.push(close)
        self._slow.push(close)
        self._rsi.update(close)
        self._macd.update(close)
        self._atr.update(bar.high, bar.low, close)

    def _restart(self) -> None:
        self._fast, self._slow = Ema(20), Ema(50)
        self._rsi, self._macd, self._atr = Rsi(14), Macd(), Atr(14)


def timeframes(interval: timedelta) -> tuple[Timeframe, ...]:
    """The longer timeframes that bars of `interval` make up."""
    return tuple(
        Timeframe(label, width)
        for label, width in WIDTHS
        if width > interval and width % interval == timedelta(0)
    )


def joined(first: Bar, second: Bar) -> Bar:
    """Two bars that follow each other, as one."""
    volume: Decimal = first.volume + second.volume
    return Bar(
        first.coin,
        first.start,
        open=first.open,
        high=max(first.high, second.high),
        low=min(first.low, second.low),
        close=second.close,
        volume=volume,
        interval=first.interval + second.interval,
    )
