"""What execution is given and what it gives back: approved orders and their results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from motherhaven.bot.execution.account import AccountEvent
from motherhaven.bot.guard.types import TradeDecision, Verdict
from motherhaven.contract.events import ExecutionStatus
from motherhaven.contract.quick_init import quick_inside


@quick_inside
@dataclass(frozen=True, slots=True)
class ApprovedOrder:
    """An allowed decision that waits for a price.

    `mark` is the one that it was judged by; a close needs none.
    """

    decision_id: str
    asked: TradeDecision
    verdict: Verdict
    mark: Decimal | None

    @property
    def coin(self) -> str:
        """The coin to trade."""
        return self.asked.coin


@quick_inside
@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """What became of an order. `filled_usd` is margin; `events` are the account's, in order."""

    status: ExecutionStatus
    events: list[AccountEvent] = field(default_factory=list)
    error: str | None = None
    code: str | None = None
    """Names the error for counting: no_mark, below_lot, leverage, venue, not_filled …"""
    cloid: str | None = None
    position_id: str | None = None
    filled_usd: Decimal | None = None
    fill_price: Decimal | None = None
    leverage_before: int | None = None
    leverage: int | None = None
    """What the position's leverage was and is, where the order changed it."""
    moved: Mapping[str, Decimal] = field(default_factory=dict)
    """Where stop and target are and were, by the execution's field names, if they moved."""
