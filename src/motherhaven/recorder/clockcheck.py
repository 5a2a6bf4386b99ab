"""A usable time when the machine's clock is not: 1970 without a battery, 2201 by mistake."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.times import format_time

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
_NOTHING_KNOWN: Final = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


def is_usable(moment: datetime) -> bool:
    """Whether a clock that is right can show this."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


class CheckedClock:
    """The clock, or while it is wrong the last good time plus what has passed since then."""

    def __init__(self, clock: Clock, last_recorded: Callable[[], str | None]) -> None:
        """`last_recorded` gives the newest usable time of the journal; asked once if need be."""
        self._clock = clock
        self._last_recorded = last_recorded
        self._known: tuple[datetime, float] | None = None
        if is_usable(clock.now()):
            self._known = clock.now(), clock.monotonic()

    def now(self) -> tuple[datetime, str | None]:
        """The time, and what the clock says instead, as text, where that is no time to use."""
        shown, passed = self._clock.now(), self._clock.monotonic()
        if is_usable(shown):
            self._known = shown, passed
            return shown, None
        if self._known is None:
            last = self._last_recorded()
            self._known = datetime.fromisoformat(last) if last else _NOTHING_KNOWN, passed
        moment, at = self._known
        return moment + timedelta(seconds=max(0.0, passed - at)), format_time(shown)
