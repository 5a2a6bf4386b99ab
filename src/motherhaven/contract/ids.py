"""Identifiers: time-ordered event ids, random bot ids, client order ids."""

import hashlib
import re
import threading
from collections.abc import Callable
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import InvalidEvent

DEFAULT_BOT: Final = "default"
"""The bot to which events of clients without a bot_id belong."""

_TAIL: Final = (1 << 62) - 1
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")


class IdSource:
    """UUIDv7 ids (RFC 9562): sorted by time, strictly increasing within one source.

    `random_bytes` gives n random bytes; inject a seeded one in tests.
    """

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._random = random_bytes
        self._lock = threading.RLock()  # a signal handler may ask while it is held
        self._last = 0

    def new(self) -> str:
        """A new id as canonical lower-case text."""
        millis = max(0, int(self._clock.now().timestamp() * 1000))
        chance = int.from_bytes(self._random(10), "big")
        with self._lock:
            stamp = (millis << 12) | (chance >> 64 & 0x7FF)
            if stamp <= self._last:
                stamp = self._last + 1
            self._last = stamp
        head = stamp >> 12 << 16 | 0x7000 | stamp & 0xFFF
        tail = 0b10 << 62 | chance & _TAIL
        text = f"{head:016x}{tail:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def check_id(value: object, what: str) -> str:
    """`value` as an id of up to 128 characters of A-Z a-z 0-9 . _ : @ -

    Raises:
        InvalidEvent: anything else.
    """
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise InvalidEvent(
        f"{what}: {str(value)[:60]!r} is not an id; send 1 to 128 characters of "
        "A-Z a-z 0-9 . _ : @ - that start with a letter or digit"
    )


def client_order_id(decision_id: str, coin: str, leg: str) -> str:
    """The venue's cloid (0x and 32 hex characters) for one leg of a decision.

    The same decision always gives the same cloid, so sending twice is harmless.
    """
    digest = hashlib.sha256(f"{decision_id}|{coin}|{leg}".encode()).hexdigest()
    return "0x" + digest[:32]
