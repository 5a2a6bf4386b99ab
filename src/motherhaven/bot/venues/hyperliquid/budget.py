"""How many requests the account may still send; a part of them is kept for exits."""

from typing import Final

from motherhaven.bot.venues.hyperliquid.info import Allowance, Info
from motherhaven.bot.venues.hyperliquid.refusals import Refused
from motherhaven.contract.clock import Clock

READ_EVERY: Final = 300.0
"""Seconds after which the venue is asked again before an entry."""

READ_AFTER: Final = 100
"""Requests of our own after which it is asked again."""

KEPT_SHARE: Final = 5
MOST_KEPT: Final = 2_000
"""A fifth of what the account may send, at most so much, is for exits alone."""


class Budget:
    """Requests of the account, as last read and counted on from there."""

    def __init__(self, info: Info, clock: Clock) -> None:
        self._info = info
        self._clock = clock
        self._read: Allowance | None = None
        self._read_at = 0.0
        self._since = 0

    @property
    def left(self) -> int | None:
        """Requests that are left, None before the first look."""
        if self._read is None:
            return None
        return max(self._read.cap - self._read.used - self._since, 0)

    @property
    def cap(self) -> int | None:
        """All that the account may ever send, by what it has traded."""
        return None if self._read is None else self._read.cap

    def used(self, items: int) -> None:
        """So many were sent."""
        self._since += items

    async def check(self, items: int) -> None:
        """Let an entry of so many requests pass.

        Raises:
            Refused: what is left is kept for exits.
            ExchangeError: it is not known how many are left.
        """
        old = self._clock.monotonic() - self._read_at >= READ_EVERY
        if self._read is None or old or self._since >= READ_AFTER:
            self._read = await self._info.allowance()
            self._read_at, self._since = self._clock.monotonic(), 0
        left, kept = self.left or 0, min(self._read.cap // KEPT_SHARE, MOST_KEPT)
        if left - items < kept:
            raise Refused(
                f"{left} of {self._read.cap} requests of the account are left, and {kept} are "
                "kept for exits; one more comes for each USD traded",
                "venue_budget",
            )
