"""Whether a server has only the four old endpoints: what it takes to believe so."""

from typing import Final

from motherhaven.contract.clock import Clock

PROBE_SECONDS: Final = 300.0
"""How long the four endpoints are used before the batch endpoint is asked for again."""

_TIMES: Final = 3
_SECONDS: Final = 2.0


class OldServer:
    """Proof is that batches are refused several times over some seconds, and that right after
    a single endpoint takes an event as documented. A proxy or a restart gives only half."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: float | None = None
        self._times = 0
        self._since = 0.0

    @property
    def in_use(self) -> bool:
        """Whether the four endpoints are to be used now."""
        return self._until is not None and self._clock.monotonic() < self._until

    @property
    def known(self) -> bool:
        """Whether the server was last seen as an old one."""
        return self._until is not None

    def no_batches(self) -> bool:
        """The batch endpoint is not there; whether it is time to ask a single endpoint."""
        now = self._clock.monotonic()
        if self._times == 0:
            self._since = now
        self._times += 1
        return self.known or (self._times >= _TIMES and now - self._since >= _SECONDS)

    def proven(self) -> bool:
        """A single endpoint took an event; whether that is news."""
        news = not self.known
        self._until = self._clock.monotonic() + PROBE_SECONDS
        return news

    def takes_batches(self) -> bool:
        """A batch was taken; whether that is news."""
        news = self.known
        self._until, self._times = None, 0
        return news
