"""When the next request may be made, and in what state shipping is until then."""

from random import Random
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.recorder.sending.stats import ShippingState

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 60.0
KEY_SECONDS: Final = 60.0


class Backoff:
    """Delays that double with jitter up to a cap; a server that asks for more gets it.

    `attempts` counts steps with something to send, `last_failed` is the last that failed;
    `server_backoff` says that the server itself asked to wait.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._failures = 0
        self._not_before = 0.0
        self.server_backoff = False
        self.attempts = 0
        self.last_failed = 0
        self.state: ShippingState = "shipping"
        self.last_error: str | None = None

    def wait(self) -> float:
        """Seconds until the next request may be made."""
        return max(0.0, self._not_before - self._clock.monotonic())

    def retry_now(self) -> None:
        """Let the next step be now, unless the server itself asked for patience."""
        if not self.server_backoff:
            self._not_before = 0.0

    @property
    def has_error(self) -> bool:
        """Whether the last request failed."""
        return self._failures > 0 or self.state == "paused"

    def failed(self, cause: str, after: float | None) -> None:
        """A request failed; `after` are the seconds that the server asked for."""
        self.last_failed = self.attempts
        self.state, self.last_error = "waiting", cause
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self._failures, 20))
        delay *= 0.5 + self._random.random() / 2
        self._failures += 1
        self.server_backoff = after is not None and after > delay
        self._not_before = self._clock.monotonic() + max(delay, after or 0.0)

    def paused(self, cause: str) -> float:
        """The key was refused; seconds until it is tried again."""
        self.last_failed = self.attempts
        self.state, self.last_error = "paused", cause
        self.server_backoff = False
        self._not_before = self._clock.monotonic() + KEY_SECONDS
        return KEY_SECONDS

    def clear(self) -> None:
        """A request worked, or nothing is left to send."""
        self._failures = 0
        self._not_before = 0.0
        self.server_backoff = False
        self.state = "shipping"
        self.last_error = None
