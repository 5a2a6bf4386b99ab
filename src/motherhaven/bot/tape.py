"""One coin's tape: its recent closed bars and the indicators that follow them."""

from collections import deque
from itertools import islice
from typing import Final

from motherhaven.bot.exchange.types import Bar, MarketSpec
from motherhaven.bot.indicators.averages import Ema, Macd
from motherhaven.bot.indicators.bands import Bollinger
from motherhaven.bot.indicators.momentum import Atr, Rsi

KEPT: Final = 1440
FAST: Final = 60
SLOW: Final = 240


class Tape:
    """Closed bars, oldest first, at most KEPT of them; indicators in floats.

    `detailed` keeps RSI, MACD, ATR and Bollinger too, for prompts; the two averages that
    the baselines use are always kept. A hole in the data restarts every indicator, for
    a value that spans a hole means nothing.
    """

    __slots__ = ("_atr", "_bands", "_detailed", "_macd", "_rsi", "bars", "coin", "fast", "slow",
                 "spec")  # fmt: skip

    def __init__(self, coin: str, spec: MarketSpec, *, detailed: bool) -> None:
        self.coin = coin
        self.spec = spec
        self.bars: deque[Bar] = deque(maxlen=KEPT)
        self._detailed = detailed
        self._restart()

    def push(self, bar: Bar) -> None:
        """Take the next closed bar.

        Raises:
            MarketError: a price is not a finite number.
        """
        if self.bars and bar.start != self.bars[-1].end:
            self.bars.clear()
            self._restart()
        self.bars.append(bar)
        close = float(bar.close)
        self.fast.push(close)
        self.slow.push(close)
        if self._detailed:
            self._rsi.update(close)
            self._macd.update(close)
            self._atr.update(bar.high, bar.low, close)
            self._bands.update(close)

    @property
    def last(self) -> Bar:
        """The newest closed bar. Do not ask before the first one came."""
        return self.bars[-1]

    @property
    def ema_fast(self) -> float | None:
        """Average of closes over about FAST bars, None until warm."""
        return self.fast.value

    @property
    def ema_slow(self) -> float | None:
        """Average of closes over about SLOW bars, None until warm."""
        return self.slow.value

    def indicators(self) -> dict[str, float | None]:
        """Every indicator by name, None until warm."""
        values: dict[str, float | None] = {
            f"ema{FAST}": self.fast.value,
            f"ema{SLOW}": self.slow.value,
        }
        if self._detailed:
            macd, bands = self._macd.value, self._bands.value
            values["rsi14"] = self._rsi.value
            values["atr14"] = self._atr.value
            values["macd"] = macd.macd if macd else None
            values["macd_signal"] = macd.signal if macd else None
            values["bb_upper"] = bands.upper if bands else None
            values["bb_lower"] = bands.lower if bands else None
        return values

    def _restart(self) -> None:
        self.fast, self.slow = Ema(FAST), Ema(SLOW)
        self._rsi, self._macd = Rsi(14), Macd()
        self._atr, self._bands = Atr(14), Bollinger(20, 2.0)


def resample(bars: deque[Bar], width: int, rows: int) -> list[Bar]:
    """The newest `rows` bars of `width` bars each, oldest first, ending with the newest bar.

    Rows end where the newest bar ends, so that the last row is always whole; a first row
    that would be cut short is left out.
    """
    if width == 1:
        return list(islice(reversed(bars), rows))[::-1]
    result: list[Bar] = []
    newest_first = list(islice(reversed(bars), width * rows))
    for index in range(0, len(newest_first) - width + 1, width):
        result.append(_join(newest_first[index : index + width][::-1]))
    return result[::-1]


def _join(bars: list[Bar]) -> Bar:
    first, last = bars[0], bars[-1]
    return Bar(
        first.coin,
        first.start,
        open=first.open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=last.close,
        volume=sum((bar.volume for bar in bars[1:]), bars[0].volume),
        interval=last.end - first.start,
    )
