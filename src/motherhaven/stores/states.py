"""The state that the projections keep, as plain rows that any adapter can store."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

from motherhaven.contract.events import Kind, Mode, PositionMark, SideName
from motherhaven.contract.views import Execution
from motherhaven.stores.keys import Key, Pointer

ErrorKind = Literal["cycle", "answer", "guard", "order", "ingest"]
ERROR_KINDS: tuple[ErrorKind, ...] = ("cycle", "answer", "guard", "order")
"""The kinds that an event may cause; "ingest" is for what never became one."""

DECISION_ERRORS: frozenset[ErrorKind] = frozenset({"answer", "guard"})
"""Those of a decision itself; that its order was then refused is no second error."""


@dataclass(slots=True)
class Totals:
    """Running totals of one bot, in USD and exact; None means not told yet.

    Equity is taken net of later deposits, so that a deposit is no gain. `funding` is
    signed as received. Sums over fills and over closed positions are kept apart.
    `alive` and `first_status` are microseconds by the recorder's clock, 0 before a heartbeat.
    """

    decisions: int = 0
    entries: int = 0
    errors: int = 0
    rejected: int = 0
    open_positions: int = 0
    closed_positions: int = 0
    wins: int = 0
    alive: int = 0
    first_status: int = 0
    realized: Decimal | None = None
    closed_fees: Decimal | None = None
    closed_funding: Decimal | None = None
    fill_fees: Decimal | None = None
    funding: Decimal | None = None
    model_cost: Decimal | None = None
    first_deposits: Decimal | None = None
    first_equity: Decimal | None = None
    peak: Decimal | None = None
    max_drawdown: Decimal | None = None


@dataclass(slots=True)
class BotState:
    """One bot. Times in microseconds; `status` and `account` point to its latest ones."""

    id: str
    name: str | None
    mode: Mode
    first_seen: int
    last_seen: int
    totals: Totals
    decider: str | None = None
    market: str | None = None
    last_decision: int | None = None
    status: Pointer | None = None
    account: Pointer | None = None
    orders: dict[str, int] = field(default_factory=dict)
    """For each kind of event the order of the one that came last, in microseconds."""


@dataclass(slots=True)
class PositionState:
    """One position. `ref` is the client's own id; an exit without an entry has no `opened`.

    `entry` and `exit` are the order keys of the lists, `entered` and `exited` the times that
    are shown (microseconds); money in USD, `quantity` margin.
    """

    bot_id: str
    id: str
    ref: str | None
    mode: Mode
    coin: str
    side: SideName
    quantity: Decimal
    leverage: Decimal
    entry_price: Decimal
    entry: Key
    entered: int
    opened: bool
    exit: Key | None = None
    exited: int | None = None
    size: Decimal | None = None
    exit_price: Decimal | None = None
    realized: Decimal | None = None
    gross: Decimal | None = None
    fees: Decimal | None = None
    funding: Decimal | None = None
    reason: str | None = None
    entry_decision_id: str | None = None
    exit_decision_id: str | None = None
    stop_loss: Decimal | None = None
    profit_target: Decimal | None = None
    liquidation_price: Decimal | None = None


@dataclass(slots=True)
class Bucket:
    """Equity within one bucket of a tier; `last` is the one that `at` orders last."""

    at: Key
    last: Decimal
    low: Decimal
    high: Decimal


class Executed(NamedTuple):
    """The latest execution that a decision's own bot told, and its place in order."""

    at: Pointer
    execution: Execution


class Marked(NamedTuple):
    """The latest mark of an open position, its time in microseconds and its place."""

    at: Pointer
    time: int
    mark: PositionMark


class DecisionState(NamedTuple):
    """A decision in the feeds; `allowed` is the guard's verdict, None without one."""

    bot_id: str
    key: Key
    coin: str
    signal: str
    allowed: bool | None


class PostingState(NamedTuple):
    """A fill or a funding payment of the position that the client calls `position_id`."""

    bot_id: str
    position_id: str
    kind: Kind
    key: Key


class CandleState(NamedTuple):
    """One candle of a bot's coin, and the place of the event that told it."""

    at: Pointer
    interval: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None


class ErrorState(NamedTuple):
    """Something that went wrong; `key.n` counts the kinds within an event too.

    `at`: when, as it is shown, in microseconds; `key.time` is when it was received. `code`
    is of contract.reasons, None where none was told.
    """

    key: Key
    at: int
    event_id: str
    bot_id: str
    kind: ErrorKind
    message: str
    decision_id: str | None
    code: str | None = None


class Work(Protocol):
    """One commit in the making: what the projections may look up and change.

    Rows handed out belong to the commit; a changed bot or bucket is kept without
    another call, a changed position through `put_position`.
    """

    def bot(self, bot_id: str) -> BotState | None:
        """The bot, if it is known."""
        ...

    def add_bot(self, state: BotState) -> None:
        """A bot seen for the first time."""
        ...

    def add_decision(self, state: DecisionState) -> None:
        """A decision for the feeds."""
        ...

    def execution(self, bot_id: str, decision_id: str) -> Executed | None:
        """The latest execution known of a decision."""
        ...

    def put_execution(self, bot_id: str, decision_id: str, executed: Executed) -> None:
        """Make this the latest execution of a decision."""
        ...

    def open_positions(self, bot_id: str, coin: str, side: str) -> list[PositionState]:
        """The bot's positions in a coin and side that have no exit."""
        ...

    def positions_of(self, bot_id: str, ref: str) -> list[PositionState]:
        """The bot's positions that the client calls `ref`."""
        ...

    def put_position(self, state: PositionState) -> None:
        """Keep a new or changed position."""
        ...

    def mark(self, bot_id: str, ref: str) -> Marked | None:
        """The latest mark of a position."""
        ...

    def put_mark(self, bot_id: str, ref: str, marked: Marked) -> None:
        """Make this the latest mark of a position."""
        ...

    def bucket(self, bot_id: str, tier: int, number: int) -> Bucket | None:
        """The equity rollup of bucket `number` (Unix time // tier)."""
        ...

    def add_bucket(self, bot_id: str, tier: int, number: int, bucket: Bucket) -> None:
        """A bucket's first value."""
        ...

    def add_posting(self, state: PostingState) -> None:
        """A fill or funding payment that names its position."""
        ...

    def candle(self, bot_id: str, coin: str, start: int) -> CandleState | None:
        """The candle that begins at `start` (microseconds)."""
        ...

    def put_candle(self, bot_id: str, coin: str, start: int, candle: CandleState) -> None:
        """Make this the candle that begins at `start`."""
        ...

    def has_error(self, bot_id: str, decision_id: str) -> bool:
        """Whether the decision itself, not its execution, is among the errors."""
        ...

    def add_error(self, state: ErrorState) -> None:
        """One more thing that went wrong."""
        ...
