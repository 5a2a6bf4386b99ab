"""A bot's state from its journal: a killed bot goes on with the same account."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.core.event_log import KEPT_OUTCOMES, outcome_text
from motherhaven.bot.core.money_records import MARGIN
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.briefing import Plan
from motherhaven.bot.decider.guidance import Guidance
from motherhaven.bot.decider.types import Outcome
from motherhaven.bot.guard.day import DayStart, KillSwitch
from motherhaven.bot.guard.types import Action, Signal
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    FundingPayment,
    LedgerRecord,
    Liquidity,
    MarginMode,
    MarginTransfer,
)
from motherhaven.bot.running.sink import LEDGER_KINDS, Kept
from motherhaven.contract.errors import ContractError, InvalidEvent
from motherhaven.contract.events import Kind
from motherhaven.contract.exact import exact
from motherhaven.contract.money import to_decimal
from motherhaven.contract.times import parse_time

KINDS: Final[tuple[Kind, ...]] = (
    "decision",
    "execution",
    "fill",
    "funding",
    "cash_flow",
    "account",
    "status",
    "position_opened",
    "position_closed",
)
ZERO: Final = Decimal(0)
_SIGNALS: Final = 500
_TERMS: Final = ("quantity_usd", "leverage", "entry_price")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Protection:
    """The stop and target that a position had, last known."""

    stop: Decimal | None
    target: Decimal | None


@dataclass(slots=True)
class Saved:
    """What the journal says of a bot: everything that must outlive its process.

    `terms` are those of each position's newest opening record; `pending` are decisions to
    trade of which nothing more is on record, oldest first;
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
    day: DayStart | None = None
    entries_today: int = 0
    last_entries: dict[str, datetime] = field(default_factory=dict)
    paused: bool = False
    kill: KillSwitch = field(default_factory=KillSwitch)
    guidance: Guidance | None = None
    outcomes: deque[Outcome] = field(default_factory=lambda: deque(maxlen=KEPT_OUTCOMES))
    signals: dict[str, str] = field(default_factory=dict)
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
    # No fill tells that a cross position's leverage was changed; its terms do.
    leverages = {position_id: int(terms["leverage"]) for position_id, terms in saved.terms.items()}
    trader.log.resume(trader.account.resume(saved.fills, saved.payments, saved.moved, leverages))
    held = trader.ledger.holdings
    trader.log.plans = {coin: plan for coin, plan in saved.plans.items() if coin in held}
    trader.log.outcomes.extend(saved.outcomes)
    unprotected = []
    for coin, holding in held.items():
        known = saved.protections.get(holding.position_id)
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


def fill_of(payload: Mapping[str, Any]) -> Fill:
    """A Fill from the payload of a fill event of ours."""
    return Fill(
        seq=int(payload["ledger_seq"]),
        coin=str(payload["coin"]),
        size=_money(payload, "size"),
        price=_money(payload, "price"),
        fee=_money(payload, "fee"),
        liquidity=Liquidity(payload["liquidity"]),
        realized=_money(payload, "realized"),
        reason=FillReason(payload["reason"]),
        position_id=str(payload["position_id"]),
        time=_time(payload),
        cloid=payload.get("cloid"),
        leverage=int(payload["leverage"]),
        mode=MarginMode(payload["mode"]),
        absorbed=to_decimal(payload.get("absorbed", 0), "absorbed"),
    )


def payment_of(payload: Mapping[str, Any]) -> FundingPayment:
    """A FundingPayment from the payload of a funding event: there as paid, here as received."""
    return FundingPayment(
        seq=int(payload["ledger_seq"]),
        coin=str(payload["coin"]),
        amount=-_money(payload, "amount"),
        rate=_money(payload, "rate"),
        oracle=_money(payload, "oracle"),
        size=_money(payload, "size"),
        position_id=str(payload["position_id"]),
        time=_time(payload),
    )


def moved_of(payload: Mapping[str, Any]) -> CashFlow | MarginTransfer:
    """Money that moved, from the payload of a cash flow event of ours."""
    if payload["reason"] == MARGIN:
        return MarginTransfer(
            seq=int(payload["ledger_seq"]),
            coin=str(payload["coin"]),
            amount=_money(payload, "margin"),
            leverage=int(payload["leverage"]),
            position_id=str(payload["position_id"]),
            time=_time(payload),
        )
    return CashFlow(
        seq=int(payload["ledger_seq"]),
        amount=_money(payload, "amount"),
        reason=FlowReason(payload["reason"]),
        time=_time(payload),
        external_id=payload.get("external_id"),
    )


def record_of(event: Kept) -> LedgerRecord:
    """What the ledger booked, from the event that keeps it."""
    if event.kind == "fill":
        return fill_of(event.payload)
    return payment_of(event.payload) if event.kind == "funding" else moved_of(event.payload)


def _take(saved: Saved, event: Kept, zone: str) -> None:
    payload = event.payload
    if event.kind in LEDGER_KINDS:
        if "ledger_seq" in payload:
            _take_ledger(saved, event)
    elif event.kind == "decision":
        _take_decision(saved, event)
    elif event.kind == "execution":
        _take_execution(saved, event)
    elif event.kind == "position_opened":
        position_id = str(payload.get("position_id"))
        saved.protections[position_id] = _protection(payload)
        saved.terms[position_id] = {name: _money(payload, name) for name in _TERMS}
        if payload.get("replaces") is None:
            saved.last_entries[str(payload["coin"])] = event.time
    elif event.kind == "position_closed":
        saved.protections.pop(str(payload.get("position_id")), None)
        saved.terms.pop(str(payload.get("position_id")), None)
        saved.plans.pop(str(payload.get("coin")), None)
    elif event.kind == "account":
        _take_account(saved, event, zone)
    elif event.kind == "status" and payload.get("status") != "stopped":
        _take_status(saved, event)


def _take_ledger(saved: Saved, event: Kept) -> None:
    record = record_of(event)
    if isinstance(record, Fill):
        saved.fills.append(record)
    elif isinstance(record, FundingPayment):
        saved.payments.append(record)
    else:
        saved.moved.append(record)
        if isinstance(record, CashFlow) and saved.day is not None:
            # The day's start moves with it, until an account tells it.
            saved.day = saved.day.moved_by(record.amount)


def _take_status(saved: Saved, event: Kept) -> None:
    payload = event.payload
    saved.paused = payload.get("status") == "paused"
    engaged = bool(payload.get("kill_switch"))
    if engaged != saved.kill.engaged:
        reason = str(payload.get("message") or "")
        saved.kill = KillSwitch().engage(event.time, reason) if engaged else KillSwitch()
    text, until = payload.get("guidance"), payload.get("guidance_until")
    saved.guidance = None
    if text:
        saved.guidance = Guidance(str(text), None if until is None else parse_time(until, _EPOCH))


def _take_execution(saved: Saved, event: Kept) -> None:
    payload = event.payload
    decision_id = str(payload["decision_id"])
    saved.pending.pop(decision_id, None)
    _move_exits(saved, payload)
    signal = saved.signals.pop(decision_id, "?")
    idea = saved.ideas.pop(decision_id, None)
    if idea is not None and payload.get("filled_usd") is not None:
        saved.plans[str(payload["coin"])] = idea
    refused = payload["execution_status"] == "rejected" and "cloid" not in payload
    status = "refused" if refused else str(payload["execution_status"])
    told = outcome_text(status, payload)
    saved.outcomes.append(Outcome(event.time, str(payload["coin"]), signal, told))


def _take_decision(saved: Saved, event: Kept) -> None:
    payload = event.payload
    verdict = payload.get("verdict")
    action = _action(payload)
    if isinstance(verdict, Mapping) and verdict.get("allowed") and action != Action.HOLD:
        saved.pending[event.event_id] = str(payload["coin"])
    saved.signals[event.event_id] = action
    if payload["signal"] in (Signal.BUY, Signal.SELL):
        ending = payload.get("invalidation_condition")
        saved.ideas[event.event_id] = Plan(
            str(payload.get("justification") or ""), None if ending is None else str(ending)
        )
    for newest in (saved.signals, saved.ideas):
        if len(newest) > _SIGNALS:
            del newest[next(iter(newest))]
    if payload.get("cost_usd") is not None:
        if saved.cost_day != event.time.date():
            saved.cost_day, saved.cost = event.time.date(), ZERO
        saved.cost += _money(payload, "cost_usd")


def _action(payload: Mapping[str, Any]) -> str:
    """What a decision wanted, in the model's words."""
    signal = str(payload["signal"])
    exits = ("adjusted_stop_loss", "adjusted_profit_target")
    if signal == Signal.HOLD and any(payload.get(name) is not None for name in exits):
        return Action.ADJUST.value
    part = payload.get("close_fraction")
    reduces = signal == Signal.CLOSE and part is not None and _money(payload, "close_fraction") < 1
    return Action.REDUCE.value if reduces else signal


def _move_exits(saved: Saved, payload: Mapping[str, Any]) -> None:
    """Where an adjustment moved stop and target to; the account may not tell of it yet."""
    known = saved.protections.get(str(payload.get("position_id")))
    if known is None:
        return
    if payload.get("stop_loss") is not None:
        known.stop = _money(payload, "stop_loss")
    if payload.get("profit_target") is not None:
        known.target = _money(payload, "profit_target")


def _take_account(saved: Saved, event: Kept, zone: str) -> None:
    payload = event.payload
    seen = payload.get("market_time")
    saved.last_time = event.time if seen is None else parse_time(seen, _EPOCH)
    if saved.deposit is None and payload.get("deposits_usd") is not None:
        came = (one.amount for one in saved.moved if isinstance(one, CashFlow))
        with exact():
            saved.deposit = _money(payload, "deposits_usd") - sum(came, ZERO)
    if payload.get("day") and payload.get("day_start_equity") is not None:
        day = date.fromisoformat(str(payload["day"]))
        saved.day = DayStart(day, zone, _money(payload, "day_start_equity"))
        saved.entries_today = int(payload.get("entries_today") or 0)
    for mark in payload.get("positions") or ():
        saved.protections[str(mark["position_id"])] = _protection(mark)


def _protection(payload: Mapping[str, Any]) -> Protection:
    stop, target = payload.get("stop_loss"), payload.get("profit_target")
    return Protection(
        None if stop is None else to_decimal(stop, "stop_loss"),
        None if target is None else to_decimal(target, "profit_target"),
    )


def _money(payload: Mapping[str, Any], field_name: str) -> Decimal:
    return to_decimal(payload[field_name], field_name)


def _time(payload: Mapping[str, Any]) -> datetime:
    return parse_time(payload["timestamp"], _EPOCH)
