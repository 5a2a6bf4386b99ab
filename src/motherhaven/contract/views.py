"""Read models: what stores answer and the API serves; the page's types come from them.

Money is an exact decimal string in JSON. None means unknown, never zero.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from motherhaven.contract.events import (
    BotState,
    ExecutionStatus,
    Kind,
    Mode,
    ProtectionState,
    SideName,
    Signal,
    Verdict,
)
from motherhaven.contract.events.base import Lenient
from motherhaven.contract.money import Money, Whole
from motherhaven.contract.quick_init import quick_init
from motherhaven.contract.tags import Tags


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Execution(_View):
    """What became of a decision at the exchange."""

    time: datetime
    status: ExecutionStatus
    error: str | None = None
    reason_code: str | None = None
    cloid: str | None = None
    position_id: str | None = None
    filled_usd: Money | None = None
    fill_price: Money | None = None
    latency_ms: Whole | None = None


class DecisionRow(_View):
    """A decision as lists show it; prompts and raw answer are fetched apart."""

    id: str
    cursor: str
    bot_id: str
    bot_name: str | None
    mode: Mode
    time: datetime
    recorded_at: datetime
    received_at: datetime
    coin: str
    signal: Signal
    quantity_usd: Money | None
    leverage: Money | None
    confidence: Money | None
    justification: str | None
    profit_target: Money | None = None
    stop_loss: Money | None = None
    invalidation_condition: str | None = None
    decider: str | None = None
    model: str | None = None
    error: str | None = None
    verdict: Verdict | None = None
    execution: Execution | None = None


class DecisionDetail(DecisionRow):
    """A decision with its whole chain; `texts` gives each long text's length in characters."""

    cycle_id: str | None = None
    trigger: str | None = None
    mark: Money | None = None
    tokens_in: Whole | None = None
    tokens_out: Whole | None = None
    tokens_cached: Whole | None = None
    cost_usd: Money | None = None
    latency_ms: Whole | None = None
    finish_reason: str | None = None
    texts: dict[str, int]
    payload: dict[str, Any]
    previous: str | None = None
    next: str | None = None


class PositionRow(_View):
    """A position, open or closed. quantity_usd is margin; realized_pnl is net."""

    id: str
    cursor: str
    bot_id: str
    bot_name: str | None
    mode: Mode
    coin: str
    side: SideName
    status: Literal["open", "closed"]
    quantity_usd: Money
    leverage: Money
    size: Money | None = None
    entry_price: Money
    entry_time: datetime
    exit_price: Money | None = None
    exit_time: datetime | None = None
    realized_pnl: Money | None = None
    gross_pnl: Money | None = None
    fees_usd: Money | None = None
    funding_usd: Money | None = None
    reason: str | None = None
    entry_decision_id: str | None = None
    exit_decision_id: str | None = None
    stop_loss: Money | None = None
    profit_target: Money | None = None
    liquidation_price: Money | None = None
    mark: Money | None = None
    mark_time: datetime | None = None
    unrealized_pnl: Money | None = None


class FillRow(_View):
    """One fill of a position. size is signed, in coin; realized is gross; fee in USD.

    Of a shadow: book_price and book_size are what the real order book would have given,
    shortfall_usd and shortfall_bp what that costs more than the paper fill.
    """

    id: str
    time: datetime
    coin: str
    size: Money
    price: Money
    fee: Money
    realized: Money
    liquidity: Literal["taker", "maker"]
    reason: str
    cloid: str | None = None
    decision_id: str | None = None
    book_price: Money | None = None
    book_size: Money | None = None
    shortfall_usd: Money | None = None
    shortfall_bp: Money | None = None


class FundingRow(_View):
    """One funding payment of a position in USD; positive means that the account paid."""

    id: str
    time: datetime
    coin: str
    amount: Money
    rate: Money
    oracle: Money


class Candle(_View):
    """One candle; `time` is its start, volume in coin."""

    time: datetime
    interval_seconds: int
    open: Money
    high: Money
    low: Money
    close: Money
    volume: Money | None = None


class AccountRow(_View):
    """An account state in USD; realized_pnl is net of fees and funding."""

    bot_id: str
    time: datetime
    recorded_at: datetime
    received_at: datetime
    balance_usd: Money
    equity_usd: Money
    unrealized_pnl: Money
    realized_pnl: Money
    total_pnl: Money
    num_positions: Whole
    sharpe_ratio: Money | None = None
    deposits_usd: Money | None = None
    fees_usd: Money | None = None
    funding_usd: Money | None = None
    used_usd: Money | None = None
    available_usd: Money | None = None


class LackingRow(_View):
    """A position that is not protected, why by code, and for how many seconds so far."""

    coin: str = Field(max_length=64)
    position_id: Lenient[str] = None
    state: ProtectionState
    reason_code: Lenient[str] = None
    seconds: Lenient[Whole] = None


class ProtectionCounts(_View):
    """How many open positions stand how, and each that is not protected; unknown is not."""

    protected: Whole = Field(ge=0)
    partly: Whole = Field(ge=0)
    unprotected: Whole = Field(ge=0)
    unknown: Whole = Field(ge=0)
    lacking: tuple[LackingRow, ...] = Field(max_length=1_000)


class StatusRow(_View):
    """A heartbeat; received_at, the server's clock, is what its age is measured by.

    network and armed are told by live bots, shadow_* by shadows, as in the event.
    latches: what stops entries until somebody lifts it, as the bot says; see StatusReported.
    tags: the words by which its user sorts bots; None where the bot told none.
    protection: None where the bot has no position, tells nothing, or what cannot be read.
    """

    bot_id: str
    time: datetime
    recorded_at: datetime
    received_at: datetime
    status: BotState
    message: str | None = None
    error: str | None = None
    trades_today: Whole | None = None
    pnl_today: Money | None = None
    decider: str | None = None
    market: str | None = None
    interval_seconds: Whole | None = None
    next_cycle_at: str | None = None
    coins: tuple[str, ...] | None = None
    behind: Whole | None = None
    quarantined: Whole | None = None
    limits: Lenient[dict[str, str | None]] = None
    network: str | None = None
    armed: bool | None = None
    shadow_usd: Money | None = None
    shadow_bp: Money | None = None
    shadow_compared: Whole | None = None
    shadow_fills: Whole | None = None
    latches: Any = None
    tags: Lenient[Tags] = None
    protection: Lenient[ProtectionCounts] = None


class BotStats(_View):
    """Totals that a store keeps for one bot. max_drawdown is a fraction, 0 or negative.

    alive_seconds: since first_status_at, as far as heartbeats vouch for it: each for the
    time since the last one, at most twice its interval. Both by the recorder's clock, no
    later than the receipt.
    unreadable: rows that the server cannot read back and leaves out, since it was started.
    """

    decisions: int = 0
    entries: int = 0
    errors: int = 0
    rejected: int = 0
    open_positions: int = 0
    closed_positions: int = 0
    wins: int = 0
    realized_pnl: Money | None = None
    fees_usd: Money | None = None
    funding_usd: Money | None = None
    model_cost_usd: Money | None = None
    max_drawdown: Money | None = None
    peak_equity: Money | None = None
    first_equity: Money | None = None
    alive_seconds: float | None = None
    first_status_at: datetime | None = None
    unreadable: int = 0


class BotRow(_View):
    """One bot: who it is, how it is, and its totals."""

    id: str
    name: str | None
    mode: Mode
    decider: str | None
    market: str | None
    first_seen: datetime
    last_seen: datetime
    last_decision_at: datetime | None
    status: StatusRow | None
    account: AccountRow | None
    stats: BotStats


@quick_init
@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity in USD in one bucket: its last value, lowest and highest."""

    # No model: an answer has tens of thousands of them, and a model takes ten times as long.
    time: datetime
    equity: Money
    low: Money
    high: Money


class EquitySeries(_View):
    """One bot's equity in fixed buckets; a bucket without data is left out."""

    bot_id: str
    bot_name: str | None
    mode: Mode
    points: tuple[EquityPoint, ...]


class DepositPoint(_View):
    """What was paid into an account less what was taken out, in USD, from `time` on."""

    time: datetime
    deposits_usd: Money


class DecisionPage(_View):
    """Newest first; `next` continues, None at the end."""

    items: tuple[DecisionRow, ...]
    next: str | None


class PositionPage(_View):
    """Newest first; `next` continues, None at the end."""

    items: tuple[PositionRow, ...]
    next: str | None


class TextSlice(_View):
    """A part of a long text; offset and total in characters."""

    text: str
    offset: int
    total: int


class EventRow(_View):
    """An event as it was recorded, without its long texts: `texts` gives their characters."""

    id: str
    cursor: str
    bot_id: str
    bot_name: str | None
    mode: Mode
    kind: Kind
    time: datetime
    recorded_at: datetime
    received_at: datetime
    texts: dict[str, int] = {}
    payload: dict[str, Any]


class EventPage(_View):
    """Newest first by receipt; `next` continues, None at the end."""

    items: tuple[EventRow, ...]
    next: str | None


class ErrorRow(_View):
    """Something that went wrong: a failed cycle, a bad answer, a refused or failed order.

    code: why, by contract.reasons; None where whoever told it gave none, as versions up to 0.2.
    """

    id: str
    cursor: str
    bot_id: str
    bot_name: str | None
    time: datetime
    kind: Literal["cycle", "answer", "guard", "order", "ingest"]
    message: str
    decision_id: str | None = None
    code: str | None = None
