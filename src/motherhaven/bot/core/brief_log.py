"""The event log of a run whose record nobody keeps: facts and counts in place of payloads."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.core import records
from motherhaven.bot.core.event_log import EventLog
from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.engine import ExecutionEngine
from motherhaven.bot.execution.orders import OrderClosed
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import Fill, LedgerRecord, Shortfall, Trade
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.contract.bulk import RecordedKind
from motherhaven.contract.events.base import Payload
from motherhaven.metrics import ClosedTrade


class BriefLog(EventLog):
    """Keeps what a report is made from, and what the audit folds a second time.

    No payload is made and no event gets an id, but for decisions: their orders are named by it.
    """

    def __init__(
        self, account: VenueAccount, execution: ExecutionEngine, new_id: Callable[[], str]
    ) -> None:
        super().__init__(account, execution, new_id)
        self.booked: list[LedgerRecord] = []
        """All that changed the account, as its books have it."""
        self.finished: list[ClosedTrade] = []

    def keep(
        self, kind: RecordedKind, payload: Payload | Callable[[], Payload], time: datetime
    ) -> str:
        """Count a decision and give it an id; nothing else is kept."""
        if kind != "decision":
            return ""
        self.unread += 1
        return self._new_id()

    def note(self, events: Iterable[AccountEvent]) -> None:
        """Keep what happened at the account."""
        for event in events:
            if isinstance(event, Trade):
                self._execution.closing_decision(event.coin)
                told = self._told.pop(event.position_id, None) or records.last_terms(event)
                self.finished.append(_finished(event, told))
                self.plans.pop(event.coin, None)
                self.resume([event])
            elif isinstance(event, Shortfall):
                self.shortfalls.append(event)
            elif not isinstance(event, OrderClosed):
                self.booked.append(event)
                if isinstance(event, Fill):
                    self._stands(event, None)

    def _tell(
        self,
        held: Position | Holding,
        terms: Payload,
        decision_id: str | None,
        fee: Decimal | None,
        at: datetime,
    ) -> None:
        self._told[held.position_id] = terms


def _finished(trade: Trade, told: Payload) -> ClosedTrade:
    """A finished trade; the margin is one entry's worth."""
    return ClosedTrade(
        side="long" if trade.side.sign > 0 else "short",
        notional=told["quantity_usd"] * told["leverage"],
        gross=trade.realized,
        fees=trade.fees,
        funding=trade.funding,
        opened_at=trade.opened_at,
        closed_at=trade.closed_at,
    )
