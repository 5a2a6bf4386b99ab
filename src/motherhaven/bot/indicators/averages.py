"""Moving averages: EMA and MACD."""

from collections.abc import Sequence
from typing import NamedTuple

from motherhaven.bot.indicators.validation import Number, admit, period


class Ema:
    """Exponential moving average, seeded with the mean of its first n values, k = 2/(n+1)."""

    __slots__ = ("_count", "_k", "_n", "_sum", "value")

    def __init__(self, n: int) -> None:
        self._n = period(n, "EMA")
        self._k = 2.0 / (n + 1)
        self._count = 0
        self._sum = 0.0
        self.value: float | None = None
        """The last value; None until n values have come."""

    def update(self, close: Number) -> float | None:
        """Take one value and return the average, None while there are fewer than n."""
        return self.push(admit(close, "EMA"))

    def extend(self, values: Sequence[float]) -> None:
        """`push` each of `values`, oldest first."""
        average, k = self.value, self._k
        if average is None:
            for value in values:
                self.push(value)
            return
        for value in values:
            average += k * (value - average)
        self.value = average

    def column(self, values: Sequence[float]) -> list[float | None]:
        """`push` each of `values`, oldest first; the average after each."""
        first: list[float | None] = []
        rest = iter(values)
        for value in rest:
            first.append(self.push(value))
            if self.value is not None:
                break
        average, k = self.value, self._k
        if average is None:
            return first
        found: list[float | None] = [average := average + k * (value - average) for value in rest]
        found[:0] = first  # the few before the many: these are moved as a whole
        self.value = average
        return found

    def push(self, value: float) -> float | None:
        """`update` for a number that is known to be finite."""
        if self.value is not None:
            self.value += self._k * (value - self.value)
            return self.value
        self._count += 1
        self._sum += value
        if self._count == self._n:
            self.value = self._sum / self._n
        return self.value


class MacdValue(NamedTuple):
    """The line, its signal and their difference."""

    macd: float
    signal: float
    histogram: float


class Macd:
    """MACD as TA-Lib has it: the fast EMA is seeded late, so that both start together.

    The first value comes after slow + signal - 1 values.
    """

    __slots__ = ("_fast", "_signal", "_skip", "_slow", "value")

    def __init__(self, fast: int = 12, slow: int = 26, signal: int = 9) -> None:
        if period(fast, "MACD fast") >= slow:
            raise ValueError(f"MACD: fast {fast} must be shorter than slow {slow}")
        self._fast = Ema(fast)
        self._slow = Ema(slow)
        self._signal = Ema(period(signal, "MACD signal"))
        self._skip = slow - fast
        self.value: MacdValue | None = None

    def update(self, close: Number) -> MacdValue | None:
        """Take one close and return the three values, None while there are too few."""
        number = admit(close, "MACD")
        slow = self._slow.push(number)
        if self._skip:
            self._skip -= 1
            return None
        fast = self._fast.push(number)
        if fast is None or slow is None:
            return None
        macd = fast - slow
        signal = self._signal.push(macd)
        if signal is not None:
            self.value = MacdValue(macd, signal, macd - signal)
        return self.value
