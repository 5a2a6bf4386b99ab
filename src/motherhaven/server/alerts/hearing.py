"""When a server could hear its bots: silence while it could not is its own, not theirs."""

from datetime import datetime, timedelta
from typing import Final

RETRY_SECONDS: Final = 60.0
"""A client that was refused tries again within as long as that lasted, and at most this."""

_MOST: Final = 100


class Hearing:
    """The times in which nothing could be heard since `since`, oldest first in `deaf`.

    Such a time goes from the last look that succeeded to the next one, and on for as long
    as bots that were refused may still wait.
    """

    def __init__(self, since: datetime) -> None:
        self.since = since
        self.deaf: list[tuple[datetime, datetime]] = []
        self._heard = since
        self._lost = False

    def lost(self) -> None:
        """Nothing may have been heard since the last `heard`."""
        self._lost = True

    def heard(self, now: datetime) -> None:
        """A look succeeded: what bots send arrives."""
        if self._lost:
            gap = (now - self._heard).total_seconds()
            begin, end = self._heard, now + timedelta(seconds=min(max(gap, 0.0), RETRY_SECONDS))
            if self.deaf and self.deaf[-1][1] > begin:  # never counted twice
                begin = self.deaf[-1][1]
            if end > begin:
                self.deaf = [*self.deaf, (begin, end)][-_MOST:]
        self._heard, self._lost = now, False
