"""Bollinger bands: mean ± width · population standard deviation of the last n closes."""

from collections import deque
from math import sqrt
from typing import NamedTuple

from motherhaven.bot.indicators.validation import Number, admit, period


class BandsValue(NamedTuple):
    """Upper, middle and lower band."""

    upper: float
    middle: float
    lower: float


class Bollinger:
    """Bollinger bands. Each value is computed from its window anew: nothing drifts."""

    __slots__ = ("_n", "_width", "_window", "value")

    def __init__(self, n: int = 20, width: float = 2.0) -> None:
        self._n = period(n, "Bollinger", 2)
        self._width = admit(width, "Bollinger width")
        self._window: deque[float] = deque(maxlen=n)
        self.value: BandsValue | None = None

    def update(self, close: Number) -> BandsValue | None:
        """Take one close and return the bands, None while there are fewer than n."""
        window = self._window
        window.append(admit(close, "Bollinger"))
        if len(window) < self._n:
            return None
        middle = sum(window) / self._n
        spread = self._width * sqrt(sum([(x - middle) * (x - middle) for x in window]) / self._n)
        self.value = BandsValue(middle + spread, middle, middle - spread)
        return self.value
