"""Orders, their outcomes and what follows from them: fills, funding, finished trades."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

ZERO: Final = Decimal(0)


class Side(StrEnum):
    """The direction of an order."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1


class MarginMode(StrEnum):
    """Whether a position shares the account's margin or has a bucket of its own."""

    CROSS = "cross"
    ISOLATED = "isolated"


class Liquidity(StrEnum):
    """Who took and who made; decides the fee."""

    TAKER = "taker"
    MAKER = "maker"


class OrderKind(StrEnum):
    """MARKET is an immediate-or-cancel limit; STOP and TARGET are triggers."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    TARGET = "target"


class Grouping(StrEnum):
    """How the intents of one `place` belong together (the venue's words)."""

    NA = "na"
    NORMAL_TPSL = "normalTpsl"
    POSITION_TPSL = "positionTpsl"


class FillReason(StrEnum):
    """Why a fill happened."""

    ENTRY = "entry"
    CLOSE = "close"
    STOP = "stop"
    TARGET = "target"
    LIQUIDATION = "liquidation"


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """What is wanted from the exchange.

    `size` is unsigned, in coin; 0 on a trigger means "the whole position". `price` is
    the limit price (MARKET: the worst price accepted, None for no bound; LIMIT:
    required; STOP and TARGET: the trigger price). `leverage` and `mode` apply to
    entries; None keeps what is set for the coin. Times: immediately, or at the next
    open when the paper exchange works on bars.
    """

    coin: str
    side: Side
    size: Decimal
    kind: OrderKind = OrderKind.MARKET
    price: Decimal | None = None
    reduce_only: bool = False
    leverage: int | None = None
    mode: MarginMode | None = None
    cloid: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange has the order. `filled` is unsigned; `average` None while nothing filled."""

    cloid: str
    filled: Decimal = ZERO
    average: Decimal | None = None
    resting: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The exchange refused the order; nothing happened. `reason` is the venue's text."""

    cloid: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether the order took effect is not known: ask by cloid, never send it again."""

    cloid: str
    reason: str


Outcome = Accepted | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that rests: a limit, a trigger, or one that waits for the next open."""

    cloid: str
    coin: str
    side: Side
    size: Decimal
    kind: OrderKind
    price: Decimal | None
    reduce_only: bool
    placed_at: datetime
    parent: str | None = None


class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """The answer to "what became of this cloid?". `filled` is unsigned."""

    cloid: str
    coin: str
    state: OrderState
    filled: Decimal = ZERO
    average: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `size` is signed, in coin; fee and realized in USD.

    `realized` is gross of fees and funding. `absorbed` is the part of an isolated loss
    beyond the bucket, which the venue bears; it is already left out of `realized`.
    """

    seq: int
    coin: str
    size: Decimal
    price: Decimal
    fee: Decimal
    liquidity: Liquidity
    realized: Decimal
    reason: FillReason
    position_id: str
    time: datetime
    cloid: str | None = None
    leverage: int = 1
    mode: MarginMode = MarginMode.CROSS
    absorbed: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """One hourly funding, in USD as received: negative means that the account paid."""

    seq: int
    coin: str
    amount: Decimal
    rate: Decimal
    oracle: Decimal
    size: Decimal
    position_id: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money that came in (positive) or went out (negative), in USD."""

    amount: Decimal
    time: datetime


@dataclass(frozen=True, slots=True)
class Trade:
    """A position from its opening to its end.

    `side` is the side of the opening order; `size` the whole size that was entered;
    `entry` and `exit` are size-weighted over all entries and exits; `realized` is gross;
    net = realized - fees + funding. `reason` is that of the last fill. Durations come from
    `opened_at` and `closed_at`.
    """

    position_id: str
    coin: str
    side: Side
    size: Decimal
    entry: Decimal
    exit: Decimal
    leverage: int
    mode: MarginMode
    realized: Decimal
    fees: Decimal
    funding: Decimal
    opened_at: datetime
    closed_at: datetime
    reason: FillReason

    @property
    def net(self) -> Decimal:
        """Profit or loss after fees and funding, in USD: the wire's realized_pnl."""
        return self.realized - self.fees + self.funding

    @property
    def notional(self) -> Decimal:
        """Entered notional in USD."""
        return self.size * self.entry


@dataclass(frozen=True, slots=True)
class OrderClosed:
    """A resting order ended without (all of) its fill: canceled, expired or refused."""

    cloid: str
    coin: str
    kind: OrderKind
    state: OrderState
    reason: str
    time: datetime


ExchangeEvent = Fill | Trade | OrderClosed
"""What a bar or a mark makes happen, in order; a Trade follows the fill that ended it."""
