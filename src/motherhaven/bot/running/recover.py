"""A bot's state from its journal: a killed bot goes on with the same account."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from motherhaven.bot.core.event_log import KEPT_OUTCOMES, outcome_text
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.briefing import Plan
from motherhaven.bot.decider.guidance import Guidance
from motherhaven.bot.decider.types import Outcome
from motherhaven.bot.execution.account import WantedExits
from motherhaven.bot.guard.day import DayStart, KillSwitch
from motherhaven.bot.guard.types import Action, Signal
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FundingPayment,
    MarginTransfer,
)
from motherhaven.bot.running.ledger_records import fill_of, moved_of, payment_of
from motherhaven.bot.running.saved_exits import Protection, SavedMoves, asked_by_fills
from motherhaven.bot.running.saved_orders import SavedOrders, counted
from motherhaven.bot.running.sink import Kept
from motherhaven.contract.errors import ContractError, InvalidEvent
from motherhaven.contract.events import (
    PAYLOADS,
    AccountReported,
    AnswerGiven,
    CashFlowRecorded,
    DecisionExecuted,
    DecisionMade,
    EventBody,
    FillRecorded,
    FundingPaid,
    Kind,
    OrderRecorded,
    PositionClosed,
    PositionOpened,
    StatusReported,
)
from motherhaven.contract.exact import exact
from motherhaven.contract.times import parse_time

T = TypeVar("T")

KINDS: Final[tuple[Kind, ...]] = (
    "answer",
    "decision",
    "execution",
    "fill",
    "funding",
    "cash_flow",
    "account",
    "status",
    "position_opened",
    "position_closed",
    "order",
)
ZERO: Final = Decimal(0)
_SIGNALS: Final = 500
_MONEY: Final = ("account", "position_opened", "position_closed")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Saved:
    """What the journal says of a bot: everything that must outlive its process.

    `terms` are those of each position's newest opening record; `pending` are decisions to
    trade of which nothing more is on record, oldest first;
    `frozen` are coins in which nothing is opened, and why;
    `signals` the newest decisions' signals by id, for the `outcomes` that follow them, and
    `ideas` what their entries were for; `plans` is that of each coin that was entered.
    """

    deposit: Decimal | None = None
    fills: list[Fill] = field(default_factory=list)
    payments: list[FundingPayment] = field(default_factory=list)
    moved: list[CashFlow | MarginTransfer] = field(default_factory=list)
    protections: dict[str, Protection] = field(default_factory=dict)
    terms: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)
    orders: SavedOrders = field(default_factory=SavedOrders)
    day: DayStart | None = None
    entries_today: int = 0
    last_entries: dict[str, datetime] = field(default_factory=dict)
    paused: bool = False
    kill: KillSwitch = field(default_factory=KillSwitch)
    guidance: Guidance | None = None
    outcomes: deque[Outcome] = field(default_factory=lambda: deque(maxlen=KEPT_OUTCOMES))
    frozen: dict[str, str] = field(default_factory=dict)
    signals: dict[str, str] = field(default_factory=dict)
    asked: dict[str, WantedExits] = field(default_factory=dict)
    decided: dict[str, int] = field(default_factory=dict)
    moves: SavedMoves = field(default_factory=SavedMoves)
    ideas: dict[str, Plan] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    cost_day: date | None = None
    cost: Decimal = ZERO
    last_time: datetime | None = None


def fold(events: Iterable[Kept], zone: str = "UTC") -> Saved:
    """Read a bot's events, oldest first.

    Raises:
        InvalidEvent: a fill or funding of ours cannot be read back; says which.
    """
    saved = Saved()
    for event in events:
        try:
            _take(saved, event, zone)
        except (ContractError, KeyError, ValueError) as error:
            raise InvalidEvent(
                f"{event.kind} {event.event_id} in the journal cannot be read back ({error}); "
                "set the journal aside to start with a new account"
            ) from error
    return saved


def restore(trader: Trader, saved: Saved) -> list[str]:
    """Give a fresh trader the account of an earlier run.

    Returns the coins whose stop could not be placed again: close them at the next price.
    """
    alone = trader.account.stepped is None
    # No fill tells that a cross position's leverage was changed; its terms do.
    leverages = {position_id: int(terms["leverage"]) for position_id, terms in saved.terms.items()}
    orders = [*saved.orders.ended(), *saved.orders.open()]
    trader.account.orders.adopt(counted(orders, saved.fills) if alone else orders)
    trader.log.resume(trader.account.resume(saved.fills, saved.payments, saved.moved, leverages))
    trader.flows = [(one.time, one.amount) for one in saved.moved if isinstance(one, CashFlow)]
    held = trader.ledger.holdings
    trader.log.plans = {coin: plan for coin, plan in saved.plans.items() if coin in held}
    trader.log.outcomes.extend(saved.outcomes)
    unprotected = []
    trader.account.asked.update(_asked(saved))
    for coin, holding in held.items():
        known = saved.protections.get(holding.position_id)
        wanted = _wanted(trader, saved, holding.position_id)
        if wanted is not None:
            trader.account.wanted[coin] = wanted
        if alone:  # its stops rest there still; the barrier reads them before anything is opened
            continue
        if known is not None and not trader.execution.restore(
            holding.position_id, coin, holding.size, (known.stop, known.target)
        ):
            unprotected.append(coin)
    names = [holding.position_id for holding in held.values()]
    trader.log.adopt({name: saved.terms[name] for name in names if name in saved.terms})
    trader.day = saved.day
    trader.entries_today = saved.entries_today
    trader.last_entries = dict(saved.last_entries)
    trader.kill = saved.kill
    return unprotected


def _asked(saved: Saved) -> dict[str, WantedExits]:
    """By decision: where exits belong of entries of which no fill is on record."""
    known = {fill.cloid for fill in saved.fills}
    orders = [*saved.orders.ended(), *saved.orders.open()]
    names = [o.decision_id for o in orders if not o.reduce_only and o.cloid not in known]
    return {name: saved.asked[name] for name in names if name in saved.asked}


def _wanted(trader: Trader, saved: Saved, position_id: str) -> WantedExits | None:
    """Where a position's exits belong: by its record, or by an entry that the record lacks."""
    known = saved.protections.get(position_id)
    recorded = None if known is None else known.wanted
    find = trader.account.orders.decision_of
    newest = asked_by_fills(reversed(saved.fills), position_id, find, saved.asked)
    if newest is None or recorded is None:
        return newest or recorded
    # By the later decision: a move of the exits is one too, and may follow the entry.
    later = saved.decided.get(newest.decision_id or "", -1)
    return newest if later > saved.decided.get(recorded.decision_id or "", -1) else recorded


def _take(saved: Saved, event: Kept, zone: str) -> None:
    """Fold one event; what somebody else's version wrote and none can read changes nothing."""
    body = _read(event)
    take = None if body is None else _TAKERS.get(event.kind)
    if take is not None:
        take(saved, event, body, zone)


def _read(event: Kept) -> EventBody | None:
    try:
        return PAYLOADS[event.kind].decode(event.payload)
    except InvalidEvent:
        # Without it the account would be another: a fill, a payment or a position of ours.
        if event.kind in _MONEY or "ledger_seq" in event.payload:
            raise
        return None


def _take_fill(saved: Saved, event: Kept, body: FillRecorded, _zone: str) -> None:
    if body.ledger_seq is not None:
        fill = fill_of(event.payload)
        saved.fills.append(fill)
        if fill.reason is FillReason.EXTERNAL:  # a status tells of it later, or never
            saved.frozen.setdefault(fill.coin, f"{fill.coin}: a fill of no order of ours")
    saved.orders.filled(body.cloid, body.size)


def _take_order(saved: Saved, event: Kept, body: OrderRecorded, _zone: str) -> None:
    saved.orders.take(body, event.time)
    known = saved.protections.get(saved.moves.places.get(body.coin, ""))
    if known is not None:
        saved.moves.sent(body, known)


def _take_funding(saved: Saved, event: Kept, body: FundingPaid, _zone: str) -> None:
    if body.ledger_seq is not None:
        saved.payments.append(payment_of(event.payload))


def _take_moved(saved: Saved, event: Kept, body: CashFlowRecorded, _zone: str) -> None:
    if body.ledger_seq is None:
        return
    moved = moved_of(event.payload)
    saved.moved.append(moved)
    if isinstance(moved, CashFlow) and saved.day is not None:
        # The day's start moves with it, until an account tells it.
        saved.day = saved.day.moved_by(moved.amount)


def _take_answer(saved: Saved, event: Kept, body: AnswerGiven, _zone: str) -> None:
    _take_cost(saved, event, body.cost_usd)


def _take_closed(saved: Saved, _event: Kept, body: PositionClosed, _zone: str) -> None:
    saved.protections.pop(str(body.position_id), None)
    saved.terms.pop(str(body.position_id), None)
    saved.plans.pop(body.coin, None)
    saved.moves.places.pop(body.coin, None)
    saved.frozen.pop(body.coin, None)  # it is flat; what else is there the first look finds
    saved.orders.position_closed(body.coin)


def _take_opened(saved: Saved, event: Kept, body: PositionOpened, _zone: str) -> None:
    position_id = saved.moves.places[body.coin] = str(body.position_id)
    before = saved.protections.get(position_id)
    known = before or Protection(None, None)
    known.wanted = saved.asked.get(str(body.decision_id)) or known.wanted
    saved.protections[position_id] = known.now(body.stop_loss, body.profit_target)
    saved.terms[position_id] = {
        "quantity_usd": body.quantity_usd,
        "leverage": body.leverage,
        "entry_price": body.entry_price,
    }
    if body.replaces is None:
        saved.last_entries[body.coin] = event.time


def _take_status(saved: Saved, event: Kept, body: StatusReported, _zone: str) -> None:
    if body.status == "stopped":
        return
    saved.paused = body.status == "paused"
    engaged = bool(body.kill_switch)
    if engaged != saved.kill.engaged:
        reason = body.message or ""
        saved.kill = KillSwitch().engage(event.time, reason) if engaged else KillSwitch()
    frozen = body.frozen if isinstance(body.frozen, Mapping) else {}
    saved.frozen = {str(coin): str(why) for coin, why in frozen.items()}
    until = body.guidance_until
    saved.guidance = None
    if body.guidance:
        saved.guidance = Guidance(body.guidance, None if until is None else _time(until))


def _take_execution(saved: Saved, event: Kept, body: DecisionExecuted, _zone: str) -> None:
    saved.pending.pop(body.decision_id, None)
    if body.execution_status != "unknown":
        saved.orders.executed(body.decision_id)
        saved.moves.end(body.decision_id)
    _move_exits(saved, body)
    signal = saved.signals.pop(body.decision_id, "?")
    idea = saved.ideas.pop(body.decision_id, None)
    if idea is not None and body.filled_usd is not None:
        saved.plans[body.coin] = idea
    refused = body.execution_status == "rejected" and body.cloid is None
    told = outcome_text("refused" if refused else body.execution_status, event.payload)
    saved.outcomes.append(Outcome(event.time, body.coin, signal, told))


def _take_decision(saved: Saved, event: Kept, body: DecisionMade, _zone: str) -> None:
    action = _action(body)
    if body.verdict is not None and body.verdict.allowed and action != Action.HOLD:
        saved.pending[event.event_id] = body.coin
        if action == Action.ADJUST:
            saved.moves.begin(event.event_id)
    saved.signals[event.event_id] = action
    saved.decided[event.event_id] = next(reversed(saved.decided.values()), 0) + 1
    if Signal(body.signal).is_entry:
        saved.ideas[event.event_id] = Plan(body.justification or "", body.invalidation_condition)
        wanted = WantedExits(body.stop_loss, body.profit_target, event.event_id)
        saved.asked[event.event_id] = wanted
    for newest in (saved.signals, saved.ideas, saved.asked, saved.decided):
        if len(newest) > _SIGNALS:
            del newest[next(iter(newest))]
    _take_cost(saved, event, body.cost_usd)


def _take_cost(saved: Saved, event: Kept, cost: Decimal | None) -> None:
    """What a model cost, by the day: an answer says it, before 0.2 its first decision did."""
    if cost is None:
        return
    if saved.cost_day != event.time.date():
        saved.cost_day, saved.cost = event.time.date(), ZERO
    saved.cost += cost


def _action(body: DecisionMade) -> str:
    """What a decision wanted, in the model's words."""
    moves = body.adjusted_stop_loss is not None or body.adjusted_profit_target is not None
    signal = Signal(body.signal)
    if signal is Signal.HOLD and moves:
        return Action.ADJUST.value
    part = body.close_fraction
    reduces = signal is Signal.CLOSE and part is not None and part < 1
    return Action.REDUCE.value if reduces else signal.value


def _move_exits(saved: Saved, body: DecisionExecuted) -> None:
    """Where an adjustment moved stop and target to; the account may not tell of it yet."""
    known = saved.protections.get(str(body.position_id))
    if known is None:
        return
    told = known.now(body.stop_loss, body.profit_target)
    told.stop, told.target = told.stop or known.stop, told.target or known.target
    saved.protections[str(body.position_id)] = told


def _take_account(saved: Saved, event: Kept, body: AccountReported, zone: str) -> None:
    saved.last_time = event.time if body.market_time is None else _time(body.market_time)
    if saved.deposit is None and body.deposits_usd is not None:
        came = (one.amount for one in saved.moved if isinstance(one, CashFlow))
        with exact():
            saved.deposit = body.deposits_usd - sum(came, ZERO)
    if body.day and body.day_start_equity is not None:
        saved.day = DayStart(date.fromisoformat(body.day), zone, body.day_start_equity)
        saved.entries_today = body.entries_today or 0
    for mark in body.positions or ():
        known = saved.protections.get(mark.position_id) or Protection(None, None)
        told = saved.moves.reported(known, mark.stop_loss, mark.profit_target)
        saved.protections[mark.position_id] = told


def _time(value: object) -> datetime:
    return parse_time(value, _EPOCH)


_TAKERS: Final[dict[Kind, Callable[[Saved, Kept, Any, str], None]]] = {
    "fill": _take_fill,
    "order": _take_order,
    "funding": _take_funding,
    "cash_flow": _take_moved,
    "answer": _take_answer,
    "decision": _take_decision,
    "execution": _take_execution,
    "position_opened": _take_opened,
    "position_closed": _take_closed,
    "account": _take_account,
    "status": _take_status,
}
