"""A clock that stands still until it is told to move."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """A `Clock` for tests; both of its times move only by `advance` and `jump`."""

    def __init__(self, now: datetime = START) -> None:
        self._lock = threading.RLock()  # a signal handler may ask while it is held
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        with self._lock:
            return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the time of day, forward or back, as an operator or NTP does."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
