"""Answers of the API beyond the read models of the contract; the page's types come from them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from motherhaven.contract.events import BotState, Kind, SideName, Signal
from motherhaven.contract.money import Money
from motherhaven.contract.views import (
    AccountRow,
    BotRow,
    DecisionRow,
    EquitySeries,
    ErrorRow,
    Execution,
    PositionRow,
    StatusRow,
)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Trouble(_Answer):
    """What went wrong and how to mend it."""

    code: str
    message: str
    fix: str


class ErrorBody(_Answer):
    """The body of every answer that is not a success."""

    success: Literal[False]
    error: Trouble


class Accepted(_Answer):
    """The event is kept. event_id comes back when the client sent one."""

    success: Literal[True]
    event_id: str | None = None


class EventResult(_Answer):
    """What became of one event of a batch. conflict: the id was kept with another payload."""

    event_id: str | None
    status: Literal["stored", "duplicate", "conflict", "rejected", "incomplete"]
    error: str | None = None


class PartResult(_Answer):
    """What became of one part of a long text."""

    event_id: str | None
    field: str | None
    index: int | None
    status: Literal["stored", "rejected"]
    error: str | None = None


class BatchAccepted(_Answer):
    """One result for each event and part, in the order sent; `kinds` of events it takes."""

    success: Literal[True]
    results: tuple[EventResult, ...]
    parts: tuple[PartResult, ...]
    kinds: tuple[Kind, ...]


class BotView(BotRow):
    """A bot with what follows from its totals. Fractions: 0.01 is one per cent.

    heartbeat_age_seconds is since the server received it; return_fraction is
    equity / return_base_usd - 1, time-weighted: the base is the first capital in USD, moved in
    proportion whenever money came in or went out; drawdown_fraction is below the peak now, 0 or
    negative.
    sharpe is annualized over sharpe_days daily returns, None while they are too few.
    ambiguous: another bot has the same name, so the end of the id is shown with it.
    unavailable: why figures of this bot cannot be worked out, None where they can.
    """

    heartbeat_at: datetime | None
    heartbeat_age_seconds: float | None
    stale: bool
    return_fraction: Money | None
    return_base_usd: Money | None
    drawdown_fraction: Money | None
    win_fraction: Money | None
    sharpe: float | None
    sharpe_days: int
    unavailable: str | None = None
    ambiguous: bool = False


class BotList(_Answer):
    """Bots by first sight, and the server's time to measure ages by; `next` continues."""

    bots: tuple[BotView, ...]
    server_time: datetime
    next: str | None = None


class ReturnBase(_Answer):
    """What a return counts from, in USD, from the bucket at `time` on."""

    time: datetime
    base_usd: Money


class Equity(_Answer):
    """Equity curves over one span of market time in buckets of bucket_seconds.

    bases: by id, of bots whose money was moved: equity over the base of its bucket is the
    return net of deposits and withdrawals. Other bots have one base: return_base_usd.
    """

    bucket_seconds: int
    start: datetime
    end: datetime
    series: tuple[EquitySeries, ...]
    bases: dict[str, tuple[ReturnBase, ...]] = Field(default_factory=dict)


class ErrorPage(_Answer):
    """Newest first; `next` continues, None at the end."""

    items: tuple[ErrorRow, ...]
    next: str | None


class SharedBy(_Answer):
    """A share link. prompts: prompts and answers are shown too."""

    prompts: bool
    expires_at: datetime


class Session(_Answer):
    """Whether reading is open here, and whether this browser is signed in.

    bot_id: the only bot that is seen with the key it came with; None: all are.
    control: whether this session may give bots commands once it has confirmed with its key.
    share: what the link shows by which this browser reads; None: it has rights of its own.
    """

    access: Literal["open", "key"]
    signed_in: bool
    bot_id: str | None = None
    control: bool = False
    share: SharedBy | None = None
    version: str


class Hello(_Answer):
    """The first message of a stream: where it starts and the server's clock."""

    cursor: str
    server_time: datetime
    heartbeat_seconds: float


class Executed(_Answer):
    """What became of a decision."""

    decision_id: str
    execution: Execution


class Mark(_Answer):
    """An open position as the account report gave it."""

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


class AccountLive(AccountRow):
    """An account state with the marks of its open positions, None when not told."""

    positions: tuple[Mark, ...] | None = None


class _Live(_Answer):
    cursor: str
    bot_id: str


class LiveDecision(_Live):
    """A decision was made."""

    kind: Literal["decision"]
    row: DecisionRow


class LiveExecution(_Live):
    """A decision was carried out, refused or left open."""

    kind: Literal["execution"]
    row: Executed


class LivePosition(_Live):
    """A position was opened or closed."""

    kind: Literal["position_opened", "position_closed"]
    row: PositionRow


class LiveAccount(_Live):
    """An account was reported."""

    kind: Literal["account"]
    row: AccountLive


class LiveStatus(_Live):
    """A heartbeat or a change of state."""

    kind: Literal["status"]
    row: StatusRow


class LiveOther(_Live):
    """What has no row of its own, as recorded."""

    kind: Literal["fill", "funding", "candles", "order", "cash_flow", "protection", "command"]
    row: dict[str, Any]


LiveMessage = LiveDecision | LiveExecution | LivePosition | LiveAccount | LiveStatus | LiveOther


class OldDecision(_Answer):
    """A decision with the names of the old clients; numbers are JSON numbers."""

    id: str
    bot_id: str
    timestamp: datetime
    received_at: datetime
    coin: str
    signal: Signal
    quantity_usd: float | None
    leverage: float | None
    confidence: float | None
    justification: str | None
    profit_target: float | None
    stop_loss: float | None
    invalidation_condition: str | None
    raw_response: str | None
    execution_status: str
    execution_error: str | None
    execution_timestamp: datetime | None


class OldPosition(_Answer):
    """A position with the names of the old clients; numbers are JSON numbers."""

    id: str
    bot_id: str
    position_id: str
    coin: str
    side: SideName
    quantity_usd: float
    leverage: float
    entry_price: float
    entry_time: datetime
    exit_price: float | None
    exit_time: datetime | None
    realized_pnl: float | None
    unrealized_pnl: float | None
    status: Literal["open", "closed"]


class OldAccount(_Answer):
    """An account state with the names of the old clients; None where nothing is known."""

    bot_id: str | None
    timestamp: datetime | None
    balance_usd: float | None
    equity_usd: float | None
    unrealized_pnl: float | None
    realized_pnl: float | None
    total_pnl: float | None
    sharpe_ratio: float | None
    num_positions: int


class OldAccountPoint(_Answer):
    """One point of the account's history."""

    timestamp: datetime
    balance_usd: float
    equity_usd: float
    total_pnl: float


class OldStatus(_Answer):
    """The newest heartbeat; trades_today and pnl_today are always numbers."""

    bot_id: str | None
    timestamp: datetime | None
    status: BotState
    message: str
    trades_today: int
    pnl_today: float


class Health(_Answer):
    """The process lives, or the store answers."""

    status: Literal["ok"]
