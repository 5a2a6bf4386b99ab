"""The venue's guard against replay: per signer, the highest nonces that were used."""

import heapq
from datetime import timedelta
from typing import Final

KEPT: Final = 100
PAST_MS: Final = int(timedelta(days=2).total_seconds() * 1000)
AHEAD_MS: Final = int(timedelta(days=1).total_seconds() * 1000)


class Nonces:
    """The nonces of one signer: at most KEPT, and a new one must be above the smallest."""

    def __init__(self) -> None:
        self._kept: list[int] = []
        self._used: set[int] = set()

    def refusal(self, nonce: int, now_ms: int) -> str | None:
        """Why a nonce may not be used, in the venue's words; None when it may."""
        if nonce in self._used:
            return f"Invalid nonce: duplicate nonce {nonce}"
        least = now_ms - PAST_MS
        if len(self._kept) >= KEPT:
            least = max(least, self._kept[0])
        if nonce <= least:
            return f"Invalid nonce: nonce too low {nonce} < {least}"
        most = now_ms + AHEAD_MS
        if nonce >= most:
            return f"Invalid nonce: nonce too high {nonce} > {most}"
        return None

    def use(self, nonce: int) -> None:
        """Remember a nonce; the smallest is forgotten beyond KEPT."""
        heapq.heappush(self._kept, nonce)
        self._used.add(nonce)
        if len(self._kept) > KEPT:
            self._used.discard(heapq.heappop(self._kept))
