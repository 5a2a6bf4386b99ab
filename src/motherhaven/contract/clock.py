"""Time as a dependency: nothing in the contract or the cores reads a clock itself."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the time. Inject it; do not call datetime.now in the cores."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward; for durations and deadlines."""
        ...
