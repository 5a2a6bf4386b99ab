"""Money into and out of the paper account, and margin into and out of a position."""

from datetime import datetime
from decimal import Decimal

from motherhaven.bot.portfolio.events import CashFlow, FlowReason, MarginTransfer
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.bot.venues.simulated.executor import Executor
from motherhaven.contract.errors import OrderRejected


class FundVerbs:
    """The venue's verbs that move money without a trade."""

    now: datetime
    ledger: Ledger
    _executor: Executor

    def update_isolated_margin(self, coin: str, amount: Decimal) -> MarginTransfer:
        """Move USD into an isolated position's bucket (negative: out of it).

        Raises:
            OrderRejected: there is no isolated position, or the margin does not suffice.
        """
        moved = self.ledger.move_margin(coin, amount, self.now)
        self._executor.events.append(moved)
        return moved

    def deposit(self, amount: Decimal, external_id: str | None = None) -> CashFlow | None:
        """Take in USD; None, and nothing done, where the external id is known.

        Raises:
            OrderRejected: the amount is not above 0.
        """
        return self._move_cash(amount, FlowReason.DEPOSIT, external_id)

    def withdraw(self, amount: Decimal, external_id: str | None = None) -> CashFlow | None:
        """Give out USD; None, and nothing done, where the external id is known.

        Raises:
            OrderRejected: the amount is not above 0, or more than `ledger.withdrawable()`.
        """
        return self._move_cash(amount, FlowReason.WITHDRAWAL, external_id)

    def _move_cash(
        self, amount: Decimal, reason: FlowReason, external_id: str | None
    ) -> CashFlow | None:
        if amount <= 0:
            raise OrderRejected(f"a {reason} of {amount} USD: the amount must be above 0")
        signed = -amount if reason is FlowReason.WITHDRAWAL else amount
        flow = self.ledger.cash_flow(signed, reason, self.now, external_id)
        if flow is not None:
            self._executor.events.append(flow)
        return flow
