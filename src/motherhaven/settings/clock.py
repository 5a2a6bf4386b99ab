"""The system's clock, the only one that reads the time of day."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock as a `Clock`."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only go forward; for durations and deadlines."""
        return time.monotonic()
