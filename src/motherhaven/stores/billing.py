"""What a store that is paid by the document costs, for whoever shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, Protocol, runtime_checkable

FREE: Final[Mapping[str, int]] = {"reads": 50_000, "writes": 20_000, "deletes": 20_000}
"""Documents a day that Firestore bills nobody for."""

WARN_SHARE: Final = Decimal("0.8")
_PER: Final = 100_000
_CENT: Final = Decimal("0.0001")

State = Literal["ok", "warning", "exceeded"]


@dataclass(frozen=True, slots=True)
class Billed:
    """One day's documents of all servers of a store; money in USD.

    budget_usd: what the day may cost; None: no more than the free quota.
    """

    day: str
    reads: int
    writes: int
    deletes: int
    cost_usd: Decimal
    budget_usd: Decimal | None

    @property
    def share(self) -> Decimal:
        """How much of the budget is used, 1 for all of it."""
        if self.budget_usd is None:
            return max(Decimal(getattr(self, name)) / free for name, free in FREE.items())
        return self.cost_usd / self.budget_usd if self.budget_usd else Decimal(self.cost_usd > 0)

    @property
    def state(self) -> State:
        """Whether the day's budget is used up, or nearly so."""
        share = self.share
        return "ok" if share < WARN_SHARE else "warning" if share < 1 else "exceeded"


@runtime_checkable
class Paid(Protocol):
    """A store that knows what it costs."""

    def billed(self) -> Billed:
        """Today's documents."""
        ...


def cost_of(counts: Mapping[str, int], prices: Mapping[str, Decimal]) -> Decimal:
    """What documents beyond the free quota cost, in USD; `prices` are per 100,000."""
    total = sum(
        (max(0, counts[name] - FREE[name]) * prices[name] / _PER for name in FREE), Decimal(0)
    )
    return total.quantize(_CENT)
