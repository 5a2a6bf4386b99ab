"""What a bot knows of the venue beside its own books: how they differ, and what protects it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from motherhaven.bot.core.event_log import EventLog
from motherhaven.bot.core.protection_watch import ProtectionWatch
from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.protection import Look, audit
from motherhaven.bot.execution.reconcile import Finding
from motherhaven.bot.execution.reconciler import LookResult, Reconciler
from motherhaven.bot.portfolio.account import Position


class VenueWatch:
    """Looks at the venue, and records each position's protection where it changes.

    A venue that is called in step needs no reconciler: its books are ours. Elsewhere
    whoever runs the bot sets one, and real money is not traded without.
    """

    def __init__(self, account: VenueAccount, log: EventLog) -> None:
        self.reconciler: Reconciler | None = None
        self.protection = ProtectionWatch()
        self._account = account
        self._log = log

    def look(self, now: datetime, *, whole: bool) -> LookResult:
        """Bring the books to what the venue holds; nothing where there is no reconciler."""
        if self.reconciler is None:
            return LookResult()
        return self.reconciler.look(now, whole=whole)

    def hear(self, events: Iterable[AccountEvent]) -> list[Finding]:
        """What the venue told between two looks that is no order of ours; see Reconciler.hear."""
        return [] if self.reconciler is None else self.reconciler.hear(events)

    def blocked(self, now: datetime) -> str | None:
        """Why nothing may be opened because books and venue were not compared; None if it may."""
        if self.reconciler is not None:
            return self.reconciler.blocked(now)
        real = self._account.venue.capabilities.real_money
        return "nothing compares it in this run" if real else None

    @property
    def frozen(self) -> Mapping[str, str]:
        """Coins in which nothing is opened, and why."""
        return {} if self.reconciler is None else self.reconciler.frozen

    def audit(self, now: datetime, held: Mapping[str, Position] | None = None) -> None:
        """Record each position's protection where it has changed.

        `held` are the positions by our own books where the caller has just worked them out.
        """
        account = self._account
        if not account.ledger.holdings and not self.protection.holds:
            return
        if account.stepped is not None:
            known = account.snapshot().positions if held is None else held
            look = Look(known, account.venue.open_orders(), now)
        elif self.reconciler is not None and self.reconciler.seen is not None:
            look = self.reconciler.seen
        else:
            look = Look(account.snapshot().positions, (), None)
        for payload in self.protection.follow(audit(look, now, exempt=account.exempt), now):
            self._log.keep("protection", payload, now)

    def shown(self, now: datetime) -> dict[str, Any]:
        """What `status` is told: protection, and what keeps entries from being sent."""
        return {
            "protection": self.protection.summary(now),
            "not_reconciled": self.blocked(now),
            "frozen": dict(self.frozen),
        }

    def equities(self) -> dict[str, Decimal | None]:
        """The venue's equity and how far the books are above it, in USD."""
        known = self.reconciler
        return {} if known is None else {"venue_equity": known.venue_equity, "drift": known.drift}
