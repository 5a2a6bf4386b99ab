"""A cap on what the model may cost in a UTC day: beyond it the bot holds, exits stay."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from motherhaven.contract.errors import ModelBudgetExceeded

ZERO: Final = Decimal(0)


class ModelBudget:
    """Counts the day's model cost. `cap` in USD a day; None for no cap.

    `day` and `spent` are given when a bot goes on after a restart.
    """

    def __init__(self, cap: Decimal | None, day: date | None = None, spent: Decimal = ZERO) -> None:
        self._cap = cap
        self._day = day
        self._spent = spent

    @property
    def spent(self) -> Decimal:
        """USD spent on the last day on which anything was."""
        return self._spent

    def check(self, now: datetime) -> None:
        """Whether another question is allowed.

        Raises:
            ModelBudgetExceeded: the cap of the day is reached.
        """
        self._roll(now)
        if self._cap is not None and self._spent >= self._cap:
            raise ModelBudgetExceeded(
                f"the model has cost {self._spent} USD today, the cap is {self._cap}; held until "
                "midnight UTC, or raise MODEL_DAILY_COST_USD"
            )

    def spend(self, now: datetime, cost: Decimal | None) -> None:
        """Add the price of an answer; None (nothing was sent) adds nothing."""
        self._roll(now)
        if cost is not None:
            self._spent += cost

    def _roll(self, now: datetime) -> None:
        if self._day != now.date():
            self._day, self._spent = now.date(), ZERO
