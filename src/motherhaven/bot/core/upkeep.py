"""What is done to an account whatever anybody decided: halts, flattening, looks at the venue."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.core.venue_watch import VenueWatch
from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.engine import ExecutionEngine
from motherhaven.bot.execution.flatten import FlattenResult, flatten
from motherhaven.bot.execution.reconcile import Finding
from motherhaven.bot.execution.reconciler import LookResult
from motherhaven.bot.guard.day import KillSwitch
from motherhaven.bot.portfolio.events import CashFlow

STOPS_ENTRIES: Final = ("liquidation", "adl")
"""Findings after which nothing is opened until the user arms again."""


class AccountUpkeep(ABC):
    """The part of a trader that needs no decision."""

    account: VenueAccount
    execution: ExecutionEngine
    watch: VenueWatch
    kill: KillSwitch
    latch: Callable[[datetime, str], object]
    """Has a kill on disk before anything is done about it; whoever runs the bot sets it."""

    @abstractmethod
    def drop_entries(self, reason: str, now: datetime) -> None:
        """Give up the entries that wait."""

    @abstractmethod
    def _record(self, events: Sequence[AccountEvent]) -> None:
        """Put on record what happened at the account."""

    def _note(self, events: Sequence[AccountEvent]) -> None:
        """Put it on record, and act on what only the venue can have done."""
        if not events:
            return
        found = self.watch.hear(events)
        if found:
            self._latch(found)
        self._record(events)
        if found:
            self._heed(found)

    def _latch(self, findings: Sequence[Finding]) -> None:
        """Have on disk what stops all entries, before its fill is: that is not told again."""
        for finding in findings:
            if finding.code in STOPS_ENTRIES and not self.kill.engaged:
                self.latch(self.account.now, finding.text)

    def _heed(self, findings: Sequence[Finding]) -> None:
        """A liquidation or a closing for another's loss stops all entries."""
        for finding in findings:
            if finding.code in STOPS_ENTRIES and not self.kill.engaged:
                self.stop_entries(finding.text, self.account.now)

    def stop_entries(self, reason: str, now: datetime) -> None:
        """Engage the kill switch: what waits or rests to open a position is gone."""
        self.kill = self.kill.engage(now, reason)
        self.drop_entries(reason, now)
        self._note(self.execution.cancel_entries())

    def flatten(
        self, now: datetime, coins: frozenset[str] | None = None, why: str = "flatten"
    ) -> FlattenResult:
        """Cancel our orders and close the positions of `coins` (None: all) at the market.

        At a venue that answers later it takes several calls: again until the result is flat.
        """
        self.account.at(now)
        done = flatten(self.account, coins, why)
        self._note(done.events)
        return done

    def move_cash(self, amount: Decimal, now: datetime, external_id: str | None = None) -> bool:
        """Deposit (positive) or withdraw USD; False where the external id is known.

        Raises:
            OrderRejected: more than may be taken out, or not a simulated venue.
        """
        events = self.account.move_cash(amount, now, external_id)
        self._note(events)
        return any(isinstance(event, CashFlow) for event in events)

    def reconcile(self, now: datetime, *, whole: bool = True) -> LookResult:
        """Bring the books to what the venue holds; a liquidation stops all entries."""
        done = self.watch.look(now, whole=whole)
        self._latch(done.findings)
        self._record(done.events)
        self._heed(done.findings)
        self.watch.audit(now)
        return done
