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

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.money import Money, Whole
from motherhaven.contract.times import parse_instant

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
SideName = Literal["long", "short"]
BotState = Literal["running", "paused", "stopped", "error"]
MAX_CANDLES: Final = 1_500
"""Candles in one event; a day of minutes fits."""

ExecutionStatus = Literal["pending", "executed", "partial", "rejected", "skipped", "unknown"]


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class _Recorded(_Payload):
    """What any event may say of its times.

    time_replaced, recorded_replaced: the text of the event's time (of `recorded_at`) as it
    was sent; the time of receipt stands for it, because the sender's clock was wrong.
    """

    time_replaced: str | None = None
    recorded_replaced: str | None = None


class Verdict(_Payload):
    """What the guard said: asked and allowed margin in USD, and the rule that decided."""

    allowed: bool
    rule: str | None = None
    reason: str | None = None
    asked_usd: Money | None = None
    allowed_usd: Money | None = None


class DecisionMade(_Recorded):
    """A decider's decision for one coin. quantity_usd is margin; confidence is 0 to 1.

    confidence_percent: the confidence as it was sent, where it was taken as a percentage.
    """

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    signal: Signal
    quantity_usd: Money | None
    leverage: Money | None
    confidence: Money | None
    justification: str | None
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
    verdict: Verdict | None = None
    mark: Money | None = None


class DecisionExecuted(_Recorded):
    """What became of a decision at the exchange. filled_usd is margin."""

    timestamp: Any
    decision_id: str
    coin: str = Field(min_length=1, max_length=64)
    execution_status: ExecutionStatus
    execution_error: str | None = None
    cloid: str | None = None
    position_id: str | None = None
    filled_usd: Money | None = None
    fill_price: Money | None = None
    latency_ms: Whole | None = None


class PositionMark(_Payload):
    """An open position as it stood when the account was reported. size is signed, in coin."""

    position_id: str
    coin: str
    size: Money
    entry_price: Money
    mark: Money
    leverage: Money
    unrealized_pnl: Money
    liquidation_price: Money | None = None
    stop_loss: Money | None = None
    profit_target: Money | None = None


class AccountReported(_Recorded):
    """The account in USD. realized_pnl is net; equity_usd = balance_usd + unrealized_pnl."""

    timestamp: Any
    balance_usd: Money
    equity_usd: Money
    unrealized_pnl: Money
    realized_pnl: Money
    total_pnl: Money
    num_positions: Whole = Field(ge=0, le=10_000)
    sharpe_ratio: Money | None = None
    deposits_usd: Money | None = None
    fees_usd: Money | None = None
    funding_usd: Money | None = None
    used_usd: Money | None = None
    available_usd: Money | None = None
    cycle_id: str | None = None
    positions: tuple[PositionMark, ...] | None = None


class Replaced(_Payload):
    """The numbers of the opening record that another one takes the place of."""

    quantity_usd: Money
    leverage: Money
    entry_price: Money


REPLACED: Final = "replaced"
"""Why an old server is told that a row closed, though the position goes on with new numbers."""


class PositionOpened(_Recorded):
    """A position was opened. quantity_usd is margin, so notional = quantity_usd * leverage.

    With `replaces` an open position has changed (an add, a reduction, another leverage): this
    record takes the place of the one with those numbers, and entry_time stays the opening's.
    """

    coin: str = Field(min_length=1, max_length=64)
    side: SideName
    quantity_usd: Money
    leverage: Money
    entry_price: Money
    entry_time: Any
    status: Literal["open"]
    position_id: str | None = None
    decision_id: str | None = None
    size: Money | None = None
    fee_usd: Money | None = None
    margin_mode: Literal["cross", "isolated"] | None = None
    stop_loss: Money | None = None
    profit_target: Money | None = None
    liquidation_price: Money | None = None
    replaces: Replaced | None = None


class PositionClosed(_Recorded):
    """A position was closed. realized_pnl is net of fees and funding, in USD.

    quantity_usd, leverage and entry_price are those of the newest opening record.
    """

    coin: str = Field(min_length=1, max_length=64)
    side: SideName
    quantity_usd: Money
    leverage: Money
    entry_price: Money
    entry_time: Any = None
    exit_price: Money | None
    exit_time: Any
    realized_pnl: Money | None
    status: Literal["closed"]
    position_id: str | None = None
    decision_id: str | None = None
    reason: str | None = None
    gross_pnl: Money | None = None
    fees_usd: Money | None = None
    funding_usd: Money | None = None


class FillRecorded(_Recorded):
    """One fill. size is signed, in coin; realized is gross, in USD; fee in USD."""

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    size: Money
    price: Money
    fee: Money
    realized: Money
    liquidity: Literal["taker", "maker"]
    reason: str
    cloid: str | None = None
    position_id: str | None = None
    decision_id: str | None = None


class FundingPaid(_Recorded):
    """One hourly funding payment in USD; positive means that the account paid."""

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    amount: Money
    rate: Money
    oracle: Money
    position_id: str | None = None


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


class CandlesRecorded(_Recorded):
    """Closed candles of one coin as the bot saw them, each `interval_seconds` long."""

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    interval_seconds: Whole = Field(ge=1, le=31 * 86_400)
    candles: tuple[CandleRow, ...] = Field(max_length=MAX_CANDLES)


class StatusReported(_Recorded):
    """A heartbeat or a change of state, with what the recorder has shipped and kept.

    day_zone: the time zone of the bot's trading day, as IANA names it.
    """

    timestamp: Any
    status: BotState
    message: str | None = None
    trades_today: Whole | None = None
    pnl_today: Money | None = None
    error: str | None = None
    cycle_id: str | None = None
    decider: str | None = None
    market: str | None = None
    interval_seconds: Whole | None = None
    next_cycle_at: Any = None
    coins: tuple[str, ...] | None = None
    behind: Whole | None = None
    quarantined: Whole | None = None
    day_zone: str | None = None


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
