"""Links that sign a browser in once: for whoever reads the terminal that the server runs in."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from motherhaven.contract.clock import Clock

LINK_SECONDS: Final = 3600.0
"""How long a link is good for, by the monotonic clock."""

_MOST: Final = 16
_BYTES: Final = 32


class SignInLinks:
    """Makes single-use tokens and takes each of them back at most once.

    Only digests are kept, at most _MOST of them; the oldest is forgotten first. Another
    process knows nothing of them, so a link works at the server that printed it alone.
    """

    def __init__(
        self, clock: Clock, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._clock = clock
        self._random = random_bytes
        self._open: OrderedDict[bytes, float] = OrderedDict()

    def new(self) -> str:
        """A fresh token of 64 hex characters; its link is good for LINK_SECONDS."""
        token = self._random(_BYTES).hex()
        self._open[_digest(token)] = self._clock.monotonic() + LINK_SECONDS
        while len(self._open) > _MOST:
            self._open.popitem(last=False)
        return token

    def take(self, token: str) -> bool:
        """Whether the token was good; it never is again."""
        if len(token) != 2 * _BYTES or not token.isascii():
            return False
        ends = self._open.pop(_digest(token), None)
        return ends is not None and self._clock.monotonic() < ends


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
