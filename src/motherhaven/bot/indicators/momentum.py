"""Wilder's indicators: RSI and ATR, seeded with a simple mean, then α = 1/n."""

from motherhaven.bot.indicators.validation import Number, admit, period


class Rsi:
    """Relative strength index, 0 to 100. The first value comes after n + 1 closes.

    Without any movement it is 0 as in TA-Lib, not an error.
    """

    __slots__ = ("_count", "_down", "_last", "_n", "_up", "value")

    def __init__(self, n: int = 14) -> None:
        self._n = period(n, "RSI", 2)
        self._count = 0
        self._up = 0.0
        self._down = 0.0
        self._last: float | None = None
        self.value: float | None = None

    def update(self, close: Number) -> float | None:
        """Take one close and return the index, None while there are too few."""
        number = admit(close, "RSI")
        last, self._last = self._last, number
        if last is None:
            return None
        change = number - last
        up, down = (change, 0.0) if change > 0 else (0.0, -change)
        if self._count < self._n:
            self._count += 1
            self._up += up
            self._down += down
            if self._count < self._n:
                return None
            self._up /= self._n
            self._down /= self._n
        else:
            self._up = (self._up * (self._n - 1) + up) / self._n
            self._down = (self._down * (self._n - 1) + down) / self._n
        total = self._up + self._down
        self.value = 100.0 * self._up / total if total > 0 else 0.0
        return self.value


class Atr:
    """Average true range in the price's unit.

    `count_first` False skips the first bar's own range as TA-Lib does (first value after
    n + 1 bars); True counts it as TradingView does (after n bars).
    """

    __slots__ = ("_close", "_count", "_count_first", "_n", "_sum", "value")

    def __init__(self, n: int = 14, *, count_first: bool = False) -> None:
        self._n = period(n, "ATR")
        self._count_first = count_first
        self._count = 0
        self._sum = 0.0
        self._close: float | None = None
        self.value: float | None = None

    def update(self, high: Number, low: Number, close: Number) -> float | None:
        """Take one bar and return the range, None while there are too few."""
        top, bottom, end = admit(high, "ATR high"), admit(low, "ATR low"), admit(close, "ATR close")
        last, self._close = self._close, end
        if last is None:
            if not self._count_first:
                return None
            reach = top - bottom
        else:
            reach = max(top, last) - min(bottom, last)
        if self.value is not None:
            self.value = (self.value * (self._n - 1) + reach) / self._n
            return self.value
        self._count += 1
        self._sum += reach
        if self._count == self._n:
            self.value = self._sum / self._n
        return self.value
