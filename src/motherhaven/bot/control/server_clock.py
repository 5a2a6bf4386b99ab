"""The server's clock as the bot knows it: how far its own is off, and whether that is told."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.control import CLOCK_MARGIN, CLOCK_TOLD
from motherhaven.contract.errors import ContractError
from motherhaven.contract.times import parse_instant

HEADER: Final = "server-time"


class ServerClock:
    """The bot's clock, corrected by Server-Time of the newest answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._told = False

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer that has just come says; one without a time says nothing."""
        try:
            said = parse_instant(headers[HEADER], HEADER)
        except (KeyError, ContractError):
            return
        with self._lock:
            self._offset = said - self._clock.now()

    @property
    def offset(self) -> timedelta:
        """How far the server's clock is ahead of the bot's."""
        return self._offset

    def now(self) -> datetime:
        """The server's time."""
        return self._clock.now() + self._offset

    @property
    def is_trusted(self) -> bool:
        """Whether the two are near enough for expiries to mean anything."""
        return abs(self._offset) <= CLOCK_MARGIN

    def news(self) -> str | None:
        """What there is to tell of the difference, once each time it grows or goes."""
        off = abs(self._offset) > CLOCK_TOLD
        if off == self._told:
            return None
        self._told = off
        if not off:
            return "control: the clocks of bot and server agree again"
        seconds = self._offset.total_seconds()
        side = "behind" if seconds > 0 else "ahead of"
        refuses = "" if self.is_trusted else "; commands but halt are refused until it is mended"
        return f"control: this machine's clock is {abs(seconds):.0f} s {side} the server's{refuses}"
