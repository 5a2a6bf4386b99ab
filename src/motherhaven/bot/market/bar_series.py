"""One coin's series: its recent closed bars and the indicators that follow them."""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from motherhaven.bot.indicators.averages import Ema, Macd
from motherhaven.bot.indicators.bands import Bollinger
from motherhaven.bot.indicators.momentum import Atr, Rsi
from motherhaven.bot.market.instruments import Bar, MarketSpec
from motherhaven.bot.market.timeframes import Timeframe, timeframes

KEPT: Final = 1440
FAST: Final = 60
SLOW: Final = 240
NEVER: Final = datetime.min.replace(tzinfo=UTC)


class BarSeries:
    """Closed bars, oldest first, at most KEPT of them; indicators in floats.

    `detailed` keeps RSI, MACD, ATR, Bollinger and longer timeframes too, for prompts; the two
    averages that the baselines use are always kept. A hole in the data restarts every
    indicator, for a value that spans a hole means nothing.
    """

    __slots__ = ("_atr", "_bands", "_bars", "_detailed", "_fast", "_longer", "_macd", "_new",
                 "_rsi", "_slow", "coin", "end", "spec")  # fmt: skip

    def __init__(self, coin: str, spec: MarketSpec, *, detailed: bool) -> None:
        self.coin = coin
        self.spec = spec
        self._detailed = detailed
        self._bars: deque[Bar] = deque(maxlen=KEPT)
        self._new: list[Bar] = []
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
        self.end = bar.start + bar.interval
        # Between two decisions nobody looks: the averages then take several bars in one loop.
        self._new.append(bar)
        if self._detailed or len(self._new) == KEPT:
            self._follow()

    def follow(self, bars: Sequence[Bar], fast: float | None, slow: float | None) -> None:
        """Take several next bars, none after a hole; the two averages after them are known.

        None for one that is not warm: then both are worked out here.
        """
        if self._detailed or fast is None or slow is None:
            for bar in bars:
                self.push(bar)
            return
        self.end = bars[-1].end
        self._bars.extend(self._new)
        self._new.clear()
        self._bars.extend(bars[-KEPT:])
        self._fast.value, self._slow.value = fast, slow

    @property
    def bars(self) -> deque[Bar]:
        """The closed bars since the last hole, oldest first, at most KEPT."""
        self._follow()
        return self._bars

    @property
    def last(self) -> Bar:
        """The newest closed bar. Do not ask before the first one came."""
        return self._new[-1] if self._new else self._bars[-1]

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
        self._bars.extend(bars)
        bars.clear()

    def _restart(self) -> None:
        self._bars.clear()
        self._new.clear()
        self._fast, self._slow = Ema(FAST), Ema(SLOW)
        self._rsi, self._macd = Rsi(14), Macd()
        self._atr, self._bands = Atr(14), Bollinger(20, 2.0)
