"""The frozen events: what a bot did, as it travels and as it is kept.

An `Event` is an envelope (who, when, in which order) around a payload, the exact
canonical JSON that was recorded. Payload models check meaning; they allow unknown
fields, so that newer and older sides understand each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.event_base import EventBody, RecordedBody
from motherhaven.contract.money import Money, Whole
from motherhaven.contract.money_events import (
    REPLACED,
    AccountReported,
    CashFlowRecorded,
    FillRecorded,
    FundingPaid,
    PositionClosed,
    PositionMark,
    PositionOpened,
    Replaced,
    SideName,
)
from motherhaven.contract.times import parse_instant

__all__ = [
    "LANES", "LANE_ORDER", "LONG_TEXTS", "MARKS", "MAX_CANDLES", "PAYLOADS", "PROMPT_TEXTS",
    "REPLACED", "AccountReported", "BotState", "CandleRow", "CandlesRecorded",
    "CashFlowRecorded",
    "DecisionExecuted", "DecisionMade", "Event", "ExecutionStatus", "FillRecorded",
    "FundingPaid", "Kind", "Lane", "Mode", "Payload", "PositionClosed", "PositionMark",
    "PositionOpened", "Replaced", "SideName", "Signal", "StatusReported", "TextPart", "Verdict",
    "number",
]  # fmt: skip

Kind = Literal[
    "decision",
    "execution",
    "account",
    "position_opened",
    "position_closed",
    "fill",
    "funding",
    "status",
    "candles",
    "cash_flow",
]
Mode = Literal["paper", "live", "simulated", "unknown"]
"""Kind of money: paper on real prices, live money, simulated prices, or not told."""

Lane = Literal["status", "money", "decisions"]

LANES: Final[dict[Kind, Lane]] = {
    "status": "status",
    "account": "money",
    "position_opened": "money",
    "position_closed": "money",
    "fill": "money",
    "funding": "money",
    "cash_flow": "money",
    "decision": "decisions",
    "execution": "decisions",
    "candles": "decisions",
}
"""Order is kept within a lane; with a backlog the lanes are served in this order."""

LANE_ORDER: Final[tuple[Lane, ...]] = ("status", "money", "decisions")

LONG_TEXTS: Final = ("raw_response", "system_prompt", "user_prompt", "justification")
"""Payload fields that may be cut into parts when an event is too large to travel whole."""

MARKS: Final = ("time_replaced", "recorded_replaced")
"""Payload fields that say how an event came, not what happened."""

PROMPT_TEXTS: Final = ("system_prompt", "user_prompt", "raw_response")
"""Payload fields that lists leave out; they are fetched on demand."""

Signal = Literal["buy_to_enter", "sell_to_enter", "hold", "close"]
BotState = Literal["running", "paused", "stopped", "error"]
MAX_CANDLES: Final = 1_500
"""Candles in one event; a day of minutes fits."""

ExecutionStatus = Literal["pending", "executed", "partial", "rejected", "skipped", "unknown"]


class Verdict(EventBody):
    """What the guard said: asked and allowed margin in USD, and the rule that decided."""

    allowed: bool
    rule: str | None = None
    reason: str | None = None
    asked_usd: Money | None = None
    allowed_usd: Money | None = None


class DecisionMade(RecordedBody):
    """A decider's decision for one coin. quantity_usd is margin; confidence is 0 to 1.

    confidence_percent: the confidence as it was sent, where it was taken as a percentage.
    asked_at: when the model was asked. notes: what of its answer was read otherwise than
    written. attempts: of several answers each one's `characters` and why it was `refused`.
    error_code: the kind of `error`, by contract.reasons.
    cost_basis: where its prices come from (settings, table, fallback).
    coin_analysis: what the model wrote of the coin before it decided. analysis and thinking:
    what it wrote of the whole account, and what it thought before that; they stand with the
    first decision of an answer, and answer_id names that decision in the others.
    close_fraction: the part of the position that a close is about, where it is not the whole.
    adjusted_stop_loss, adjusted_profit_target: where a hold moves the exits to.
    """

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    signal: Signal
    quantity_usd: Money | None
    leverage: Money | None
    confidence: Money | None
    justification: str | None
    analysis: str | None = None
    thinking: str | None = None
    coin_analysis: str | None = None
    answer_id: str | None = None
    close_fraction: Money | None = None
    adjusted_stop_loss: Money | None = None
    adjusted_profit_target: Money | None = None
    confidence_percent: Money | None = None
    profit_target: Money | None = None
    stop_loss: Money | None = None
    invalidation_condition: str | None = None
    raw_response: str | None = None
    system_prompt: str | None = None
    user_prompt: str | None = None
    cycle_id: str | None = None
    trigger: str | None = None
    decider: str | None = None
    model: str | None = None
    tokens_in: Whole | None = None
    tokens_out: Whole | None = None
    tokens_cached: Whole | None = None
    cost_usd: Money | None = None
    latency_ms: Whole | None = None
    finish_reason: str | None = None
    error: str | None = None
    error_code: str | None = None
    verdict: Verdict | None = None
    mark: Money | None = None
    asked_at: Any = None
    notes: Any = None
    attempts: Any = None
    cost_basis: Any = None


class DecisionExecuted(RecordedBody):
    """What became of a decision at the exchange. filled_usd is margin.

    reason_code: why it was not done as asked, by contract.reasons.
    leverage_before, leverage: what the position's leverage was and is, where the order
    changed it. stop_loss, profit_target: where an adjustment moved the exits to, with what
    was before.
    """

    timestamp: Any
    decision_id: str
    coin: str = Field(min_length=1, max_length=64)
    execution_status: ExecutionStatus
    execution_error: str | None = None
    reason_code: str | None = None
    cloid: str | None = None
    position_id: str | None = None
    filled_usd: Money | None = None
    fill_price: Money | None = None
    latency_ms: Whole | None = None
    leverage_before: Any = None
    leverage: Any = None
    stop_loss: Money | None = None
    stop_loss_before: Money | None = None
    profit_target: Money | None = None
    profit_target_before: Money | None = None


def _start(value: object) -> datetime:
    try:
        return parse_instant(value, "start")
    except InvalidEvent as error:
        raise ValueError(str(error)) from None


CandleRow = tuple[
    Annotated[datetime, BeforeValidator(_start)], Money, Money, Money, Money, Money | None
]
"""(start, open, high, low, close, volume): start as RFC 3339 or Unix milliseconds, prices in
USD, volume in coin, None where it is not known."""


class CandlesRecorded(RecordedBody):
    """Closed candles of one coin as the bot saw them, each `interval_seconds` long."""

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    interval_seconds: Whole = Field(ge=1, le=31 * 86_400)
    candles: tuple[CandleRow, ...] = Field(max_length=MAX_CANDLES)


class StatusReported(RecordedBody):
    """A heartbeat or a change of state, with what the recorder has shipped and kept.

    day_zone: the time zone of the bot's trading day, as IANA names it.
    error_code: the kind of `error`, by contract.reasons.
    warnings: what is not right and does not stop the bot, in sentences. kill_switch: true
    while it is engaged. guidance, guidance_until: the user's words to the model.
    """

    timestamp: Any
    status: BotState
    message: str | None = None
    trades_today: Whole | None = None
    pnl_today: Money | None = None
    error: str | None = None
    error_code: str | None = None
    cycle_id: str | None = None
    decider: str | None = None
    market: str | None = None
    interval_seconds: Whole | None = None
    next_cycle_at: Any = None
    coins: tuple[str, ...] | None = None
    behind: Whole | None = None
    quarantined: Whole | None = None
    day_zone: str | None = None
    warnings: Any = None
    kill_switch: Any = None
    guidance: Any = None
    guidance_until: Any = None


Payload = (
    DecisionMade
    | DecisionExecuted
    | AccountReported
    | PositionOpened
    | PositionClosed
    | FillRecorded
    | FundingPaid
    | StatusReported
    | CandlesRecorded
    | CashFlowRecorded
)

PAYLOADS: Final[dict[Kind, type[Payload]]] = {
    "decision": DecisionMade,
    "execution": DecisionExecuted,
    "account": AccountReported,
    "position_opened": PositionOpened,
    "position_closed": PositionClosed,
    "fill": FillRecorded,
    "funding": FundingPaid,
    "status": StatusReported,
    "candles": CandlesRecorded,
    "cash_flow": CashFlowRecorded,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded event.

    `time` is the market's clock, `recorded_at` the wall clock of the recorder, and
    `received_at` the wall clock of the server (None inside the bot); all UTC.
    `payload` is canonical JSON; `body` the same, parsed and validated. `parts` counts,
    for each long text that travels apart, in how many parts it does. `marks` are the fields
    that validation set; `payload` has them already, unless there are `parts`: then the
    digest tells of the payload as it was sent, and they are set when it was checked.
    """

    event_id: str
    bot_id: str
    bot_name: str | None
    mode: Mode
    epoch: int
    seq: int
    kind: Kind
    time: datetime
    recorded_at: datetime
    received_at: datetime | None
    payload: bytes
    body: Payload
    parts: dict[str, int] | None = None
    sha256: str | None = None
    marks: Mapping[str, Any] | None = None

    @property
    def lane(self) -> Lane:
        """The lane in which this event keeps its order."""
        return LANES[self.kind]

    @property
    def shown_at(self) -> datetime:
        """When it happened, as shown: a clock that is ahead tells no later than the receipt."""
        return min(self.time, self.received_at or self.recorded_at)

    @property
    def written_at(self) -> datetime:
        """When it was recorded, no later than the receipt."""
        return min(self.recorded_at, self.received_at or self.recorded_at)


@dataclass(frozen=True, slots=True)
class TextPart:
    """One part of a long text that travels apart from its event."""

    event_id: str
    bot_id: str
    field: str
    index: int
    count: int
    text: str


def number(value: Decimal | int | None) -> Decimal | None:
    """`value` as Decimal, None staying None (unknown is never 0)."""
    return None if value is None else Decimal(value)
