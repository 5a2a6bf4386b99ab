"""Orders, their outcomes and what follows from them: fills, funding, finished trades."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    MarginMode,
    MarginTransfer,
    Shortfall,
    Side,
    Trade,
)

ZERO: Final = Decimal(0)


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
class OrderClosed:
    """A resting order ended without (all of) its fill: canceled, expired or refused."""

    cloid: str
    coin: str
    kind: OrderKind
    state: OrderState
    reason: str
    time: datetime


ExchangeEvent = Fill | Trade | OrderClosed | Shortfall | CashFlow | MarginTransfer
"""What happens at the exchange, in order; a Trade follows the fill that ended it, and a
Shortfall says what the venue bore of that fill's loss."""
