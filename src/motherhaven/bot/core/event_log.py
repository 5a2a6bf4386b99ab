"""What happened to one bot, as records in order: all that it puts on record passes here."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.core import records
from motherhaven.bot.core.money_records import money_moved
from motherhaven.bot.core.records import Record
from motherhaven.bot.decider.briefing import Plan, TradeTally
from motherhaven.bot.decider.types import Outcome
from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.engine import ExecutionEngine
from motherhaven.bot.execution.results import ApprovedOrder
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.guard.types import Verdict
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FundingPayment,
    MarginTransfer,
    Shortfall,
    Trade,
)
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.contract.bulk import RecordedKind
from motherhaven.contract.events import MAX_CANDLES, ExecutionStatus
from motherhaven.contract.events import execution as execution_event
from motherhaven.contract.events.base import Payload
from motherhaven.contract.money import to_decimal

ORDER_STATUSES: Final = ("rejected", "skipped")
KEPT_TRADES: Final = 10
KEPT_OUTCOMES: Final = 12


@dataclass(slots=True)
class Declined:
    """Orders that were not placed or not filled for one reason; `example` is its first text."""

    count: int
    example: str


class EventLog:
    """Turns events of the account and outcomes of decisions into linked records.

    `trades` and `outcomes` are the newest few, for the decider to look back on; `tally` counts
    all trades, `plans` says by coin with what idea each open position was entered.
    """

    def __init__(
        self,
        account: VenueAccount,
        execution: ExecutionEngine,
        new_id: Callable[[], str],
    ) -> None:
        self.records: list[Record] = []
        self.unread = 0
        """Decisions of which no record is kept (a brief run)."""
        self.declined: dict[tuple[str, str], Declined] = {}
        """What was rejected or skipped, by status and code."""
        self.trades: deque[Trade] = deque(maxlen=KEPT_TRADES)
        self.outcomes: deque[Outcome] = deque(maxlen=KEPT_OUTCOMES)
        self.tally = TradeTally()
        self.plans: dict[str, Plan] = {}
        self.shortfalls: list[Shortfall] = []
        """Losses that the venue bore, until somebody is told of them."""
        self._account = account
        self._execution = execution
        self._new_id = new_id
        self.order_id: Callable[[], str] | None = None
        """Gives the records of orders their ids; without one the recorder does."""
        self._told: dict[str, Payload] = {}
        self._bars: dict[str, list[Bar]] = {}

    def keep(
        self, kind: RecordedKind, payload: Payload | Callable[[], Payload], time: datetime
    ) -> str:
        """Put one event on record, `payload` or what makes it; returns its id."""
        event_id = self._new_id()
        made = payload() if callable(payload) else payload
        self.records.append(Record(kind, made, time, event_id))
        return event_id

    def take(self) -> list[Record]:
        """The records so far; they are the caller's now."""
        taken, self.records = self.records, []
        return taken

    def adopt(self, terms: Mapping[str, Payload]) -> None:
        """Positions on record already, after a restart: their newest terms by id."""
        self._told.update(terms)

    def resume(self, trades: Iterable[Trade]) -> None:
        """Trades that are on record already, after a restart, oldest first."""
        for trade in trades:
            self.trades.append(trade)
            self.tally.add(trade)

    def note(self, events: Iterable[AccountEvent]) -> None:
        """Record what happened at the account."""
        for event in events:
            if isinstance(event, Fill):
                decision_id = self._account.orders.decision_of(event.cloid)
                self.keep("fill", records.fill(event, decision_id), event.time)
                self._stands(event, decision_id)
            elif isinstance(event, Trade):
                decision_id = self._execution.closing_decision(event.coin)
                told = self._told.pop(event.position_id, None)
                payload = records.closed(event, decision_id, told)
                self.keep("position_closed", payload, event.closed_at)
                self.plans.pop(event.coin, None)
                self.resume([event])
            elif isinstance(event, Shortfall):
                self.shortfalls.append(event)
            elif isinstance(event, CashFlow | MarginTransfer):
                kind, payload = money_moved(event)
                self.keep(kind, payload, event.time)
            elif isinstance(event, FundingPayment):
                self.keep("funding", records.funding(event), event.time)

    def order(self, record: OrderRecord) -> None:
        """Record the state of an order of ours; a plan, before it is sent."""
        account, position_id = self._account, None
        if record.reduce_only and account.stepped is None:
            held = account.ledger.holdings.get(record.coin)
            position_id = None if held is None else held.position_id
        payload = records.order(record, account.now, position_id)
        event_id = None if self.order_id is None else self.order_id()
        self.records.append(Record("order", payload, account.now, event_id))

    def follow(self, positions: Iterable[Position], now: datetime) -> None:
        """Record what changed a position without a fill, such as another leverage."""
        for position in positions:
            told = self._told.get(position.position_id)
            terms = records.terms(position)
            if told is not None and told != terms:
                self._tell(position, terms, None, None, now)

    def saw(self, bars: Iterable[Bar]) -> None:
        """Remember closed bars until `keep_candles` records them."""
        for bar in bars:
            self._bars.setdefault(bar.coin, []).append(bar)

    def keep_candles(self, now: datetime, least: int = 1) -> None:
        """Record the bars that were seen, once a coin has `least` of them."""
        for coin, bars in self._bars.items():
            if len(bars) < least:
                continue
            for first in range(0, len(bars), MAX_CANDLES):
                payload = records.candles(now, bars[first : first + MAX_CANDLES])
                self.keep("candles", payload, now)
            self._bars[coin] = []

    def refused(
        self, decision_id: str, coin: str, signal: str, code: str, reason: str, now: datetime
    ) -> None:
        """A decision that the guard or the parser did not let through; `code` is its rule."""
        self._decline("rejected", code, reason)
        payload = execution_event.encode(
            now, decision_id, coin, "rejected", error=reason, reason_code=code
        )
        self.keep("execution", payload, now)
        self.outcomes.append(Outcome(now, coin, signal, f"refused: {reason}"))

    def refused_by_guard(
        self, decision_id: str, action: str, verdict: Verdict, now: datetime
    ) -> None:
        """A decision that the guard did not let through; `action` in the decider's words."""
        coin, code = verdict.coin or "", verdict.rule or "guard"
        self.refused(decision_id, coin, action, code, verdict.reason, now)

    def settled(self, decision_id: str, coin: str, reason: str, now: datetime) -> None:
        """An order of an earlier run of which nothing more will be known."""
        payload = execution_event.encode(
            now, decision_id, coin, "skipped", error=reason, reason_code="unsettled"
        )
        self.keep("execution", payload, now)

    def executed(
        self,
        order: ApprovedOrder,
        status: ExecutionStatus,
        now: datetime,
        *,
        code: str | None = None,
        **known: Any,
    ) -> None:
        """What became of an order; `code` names the reason if it was rejected or skipped."""
        if status in ORDER_STATUSES:
            self._decline(status, code or "other", known.get("error") or "")
        self.keep(
            "execution",
            lambda: execution_event.encode(
                now, order.decision_id, order.coin, status, reason_code=code, **known
            ),
            now,
        )
        asked = order.asked
        if asked.signal.is_entry and known.get("filled_usd") is not None:
            self.plans[asked.coin] = Plan(asked.justification, asked.invalidation_condition)
        self.outcomes.append(
            Outcome(now, order.coin, asked.action.value, lambda: outcome_text(status, known))
        )

    def _decline(self, status: str, code: str, reason: str) -> None:
        known = self.declined.setdefault((status, code), Declined(0, reason))
        known.count += 1

    def _stands(self, fill: Fill, decision_id: str | None) -> None:
        """Record the fill's position as it stands now, unless it is gone or that is on record."""
        held = self._account.ledger.holdings.get(fill.coin)
        if held is None or held.position_id != fill.position_id:
            return
        terms = records.terms(held)
        if self._told.get(fill.position_id) != terms:
            self._tell(held, terms, decision_id, fill.fee, fill.time)

    def _tell(
        self,
        held: Position | Holding,
        terms: Payload,
        decision_id: str | None,
        fee: Decimal | None,
        at: datetime,
    ) -> None:
        """Record a position with its `terms`, by which its exit is found."""
        before = self._told.get(held.position_id)
        self._told[held.position_id] = terms

        def opened() -> Payload:  # only where the record is kept is the account worked out
            if isinstance(held, Position):
                return records.opened(held, decision_id, fee, before)
            position = self._account.snapshot().positions[held.coin]
            return records.opened(position, decision_id, fee, before)

        self.keep("position_opened", opened, at)


def outcome_text(status: str, known: Mapping[str, Any]) -> str:
    """What became of an order, in one line for the decider; `known` as the execution has it."""
    parts = [status]
    if known.get("filled_usd") is not None:
        parts.append(f"{to_decimal(known['filled_usd'], 'filled_usd'):.2f} USD of margin")
    if known.get("fill_price") is not None:
        parts.append(f"at {known['fill_price']}")
    for field, name in (("stop_loss", "stop"), ("profit_target", "target")):
        if known.get(field) is not None:
            before = known.get(f"{field}_before")
            parts.append(f"{name} {'' if before is None else f'{before} to '}{known[field]}")
    told = " ".join(parts)
    error = known.get("error") or known.get("execution_error")
    return told if error is None else f"{told}: {error}"
