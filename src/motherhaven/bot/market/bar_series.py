"""One coin's series: its recent closed bars and the indicators that follow them."""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from motherhaven.bot.indicators.averages import Ema, Macd
from motherhaven.bot.indicators.bands import Bollinger
from motherhaven.bot.indicators.momentum import Atr, Rsi
from motherhaven.bot.market.instruments import Bar, MarketSpec
from motherhaven.bot.market.timeframes import Timeframe, timeframes

KEPT: Final = 1440
FAST: Final = 60
SLOW: Final = 240
_PIECES: Final = 64
NEVER: Final = datetime.min.replace(tzinfo=UTC)


class BarSeries:
    """Closed bars, oldest first, at most KEPT of them; indicators in floats.

    `detailed` keeps RSI, MACD, ATR, Bollinger and longer timeframes too, for prompts; the two
    averages that the baselines use are always kept. A hole in the data restarts every
    indicator, for a value that spans a hole means nothing.
    """

    __slots__ = ("_atr", "_bands", "_bars", "_detailed", "_fast", "_last", "_longer", "_macd",
                 "_new", "_passed", "_rsi", "_slow", "coin", "end", "spec")  # fmt: skip

    def __init__(self, coin: str, spec: MarketSpec, *, detailed: bool) -> None:
        self.coin = coin
        self.spec = spec
        self._detailed = detailed
        self._bars: deque[Bar] = deque(maxlen=KEPT)
        self._passed: list[tuple[Sequence[Bar], int, int]] = []
        """Newer bars that the averages have seen, as parts of longer rows: each a row, its first
        bar and the one before which it ends. `_bars` takes them when somebody looks."""
        self._new: list[Bar] = []
        """Bars that no indicator has seen yet."""
        self._last: Bar | None = None
        self._longer: tuple[Timeframe, ...] | None = None
        self.end = NEVER
        """The end of the newest closed bar."""
        self._restart()

    def push(self, bar: Bar) -> None:
        """Take the next closed bar; the indicators follow when they are asked for.

        Raises:
            MarketError: a price is not a finite number.
        """
        if bar.start != self.end:
            self._restart()
        self.end, self._last = bar.start + bar.interval, bar
        # Between two decisions nobody looks: the averages then take several bars in one loop.
        self._new.append(bar)
        if self._detailed or len(self._new) == KEPT:
            self._follow()

    def begin(self, interval: timedelta, bars: Sequence[Bar]) -> None:
        """Take closed bars of longer timeframes from before the first one, oldest first.

        `interval` is the width of the series' own. Nothing to a series that is not detailed.

        Raises:
            MarketError: a price is not a finite number.
        """
        if self._detailed and self._longer is None:
            self._longer = timeframes(interval)
        for longer in self._longer or ():
            longer.begin(bars)

    def follow(
        self, bars: Sequence[Bar], start: int, stop: int, fast: float | None, slow: float | None
    ) -> None:
        """Take bars `start` until before `stop` of a row, none after a hole.

        The two averages after them are known, or None where they are not warm: then they are
        worked out here. The row must not change any more.
        """
        if self._detailed or fast is None or slow is None:
            for bar in bars[start:stop]:
                self.push(bar)
            return
        last = self._last = bars[stop - 1]
        self.end = last.start + last.interval
        if self._new:
            self._passed.append((self._new, 0, len(self._new)))
            self._new = []
        self._passed.append((bars, start, stop))
        self._fast.value, self._slow.value = fast, slow

    @property
    def bars(self) -> deque[Bar]:
        """The closed bars since the last hole, oldest first, at most KEPT."""
        self._follow()
        for row, start, stop in self._passed:
            self._bars.extend(row[max(start, stop - KEPT) : stop])
        self._passed.clear()
        return self._bars

    @property
    def last(self) -> Bar:
        """The newest closed bar. Do not ask before the first one came."""
        if self._last is None:
            raise IndexError("no bar has come yet")
        return self._last

    @property
    def averages(self) -> tuple[float | None, float | None]:
        """Averages of closes over about FAST and about SLOW bars, each None until warm."""
        self._follow()
        return self._fast.value, self._slow.value

    @property
    def longer(self) -> tuple[Timeframe, ...]:
        """The longer timeframes of a detailed series, shortest first; none of another."""
        self._follow()
        return self._longer or ()

    def indicators(self) -> dict[str, float | None]:
        """Every indicator by name, None until warm."""
        fast, slow = self.averages
        values: dict[str, float | None] = {f"ema{FAST}": fast, f"ema{SLOW}": slow}
        if self._detailed:
            macd, bands = self._macd.value, self._bands.value
            values["rsi14"] = self._rsi.value
            values["atr14"] = self._atr.value
            values["macd"] = macd.macd if macd else None
            values["macd_signal"] = macd.signal if macd else None
            values["bb_upper"] = bands.upper if bands else None
            values["bb_lower"] = bands.lower if bands else None
        return values

    def _follow(self) -> None:
        """Let the indicators see the bars that came since the last look."""
        bars = self._new
        if not bars:
            return
        closes = [float(bar.close) for bar in bars]
        self._fast.extend(closes)
        self._slow.extend(closes)
        if self._detailed:
            if self._longer is None:
                self._longer = timeframes(bars[0].interval)
            for bar, close in zip(bars, closes, strict=True):
                for longer in self._longer:
                    longer.push(bar)
                self._rsi.update(close)
                self._macd.update(close)
                self._atr.update(bar.high, bar.low, close)
                self._bands.update(close)
        self._passed.append((bars, 0, len(bars)))
        self._new = []
        if len(self._passed) > _PIECES:
            _ = self.bars

    def _restart(self) -> None:
        self._bars.clear()
        self._passed.clear()
        self._new = []
        self._fast, self._slow = Ema(FAST), Ema(SLOW)
        self._rsi, self._macd = Rsi(14), Macd()
        self._atr, self._bands = Atr(14), Bollinger(20, 2.0)
