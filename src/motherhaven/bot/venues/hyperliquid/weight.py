"""What the venue counts of an address of the network: 1,200 of weight a minute, whoever asks."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ExchangeError

MINUTE: Final = 60.0
ALLOWED: Final = 1_200
BOUND: Final = ALLOWED * 8 // 10
"""Beyond that only what exits need is asked; the feed of the market asks beside it."""

_WEIGHT: Final = 20
_WEIGHTS: Final[Mapping[str, int]] = {
    "l2Book": 2, "allMids": 2, "clearinghouseState": 2, "orderStatus": 2,
    "spotClearinghouseState": 2, "exchangeStatus": 2, "userRole": 60,
}  # fmt: skip
_ROWS: Final = 20
_BATCH: Final = 40
EXITS_NEED: Final = frozenset({
    "clearinghouseState", "frontendOpenOrders", "orderStatus", "userFillsByTime", "allMids",
    "metaAndAssetCtxs", "userFunding", "userNonFundingLedgerUpdates",
})  # fmt: skip
"""Questions by which an exit is made and verified, or books are kept: asked in any case."""


class Overused(ExchangeError):
    """Too much was asked in the last minute, so this is not asked now."""


class Weight:
    """What one client has used in the last minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0

    @property
    def used(self) -> int:
        """In the last minute."""
        oldest = self._clock.monotonic() - MINUTE
        while self._spent and self._spent[0][0] <= oldest:
            self._sum -= self._spent.popleft()[1]
        return self._sum

    def ask(self, kind: str) -> None:
        """Count a question before it is asked.

        Raises:
            Overused: it is over the bound, and no exit needs it.
        """
        cost = _WEIGHTS.get(kind, _WEIGHT)
        if kind not in EXITS_NEED and self.used + cost > BOUND:
            raise Overused(
                f"{self.used} of the {ALLOWED} that Hyperliquid allows a minute are used, and the "
                f"rest is kept for exits: {kind} is asked again in a minute"
            )
        self._add(cost)

    def answered(self, answer: Any) -> None:
        """Count what a long answer costs beyond."""
        rows = len(answer) if isinstance(answer, list) else 0
        self._add(rows // _ROWS)

    def sent(self, items: int) -> None:
        """Count an action of so many orders: never refused here."""
        self._add(1 + items // _BATCH)

    def _add(self, cost: int) -> None:
        if cost:
            self._spent.append((self._clock.monotonic(), cost))
            self._sum += cost
