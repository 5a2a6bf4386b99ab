"""Orders, their outcomes and what follows from them: fills, funding, finished trades."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
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
from motherhaven.contract.quick_init import quick_init, quick_inside
from motherhaven.contract.words import Word

ZERO: Final = Decimal(0)


class OrderKind(Word):
    """MARKET is an immediate-or-cancel limit; STOP and TARGET are triggers."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    TARGET = "target"


class Grouping(Word):
    """How the intents of one `place` belong together (the venue's words)."""

    NA = "na"
    NORMAL_TPSL = "normalTpsl"
    POSITION_TPSL = "positionTpsl"


@quick_inside
@dataclass(frozen=True, slots=True)
class OrderIntent:
    """What is wanted from the exchange.

    `size` is unsigned, in coin; 0 on a trigger means "the whole position". `price` is
    the limit price (MARKET: the worst price accepted, None for no bound; LIMIT:
    required; STOP and TARGET: the trigger price). `leverage` and `mode` apply to
    entries; None keeps what is set for the coin. After `deadline` the venue must no longer
    take it. Times: immediately, or at the next open when the paper exchange works on bars.
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
    deadline: datetime | None = None

    def set_to(self, coin: str, leverage: int | None, mode: MarginMode | None) -> "OrderIntent":
        """The intent with a coin's name as the venue writes it, and what is set for the coin."""
        return OrderIntent(
            coin, self.side, self.size, self.kind, self.price, self.reduce_only, leverage, mode,
            self.cloid, self.deadline,
        )  # fmt: skip


@quick_inside
@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange has the order. `filled` is unsigned; `average` None while nothing filled.

    `oid` is the venue's own id of it, `nonce` what the order was signed with.
    """

    cloid: str
    filled: Decimal = ZERO
    average: Decimal | None = None
    resting: bool = False
    oid: str | None = None
    nonce: int | None = None


@quick_init
@dataclass(frozen=True, slots=True)
class Rejected:
    """The exchange refused the order; nothing happened. `reason` is the venue's text.

    `code` is our word for it, of contract.reasons.
    """

    cloid: str | None
    reason: str
    code: str = "venue"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether the order took effect is not known: ask by cloid, never send it again."""

    cloid: str
    reason: str


Outcome = Accepted | Rejected | Unknown


@quick_inside
@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that rests: a limit, a trigger, or one that waits for the next open.

    `cloid` is "" where the order has none: it is not ours. `oid` is the venue's own id.
    `limit` is the worst price in USD that a trigger may fill at, None where it has no bound.
    `unread` is why it cannot be read, None where it can: then it is somebody else's, its kind
    and size say nothing, and a coin of "" is one that could not be read.
    """

    cloid: str
    coin: str
    side: Side
    size: Decimal
    kind: OrderKind
    price: Decimal | None
    reduce_only: bool
    placed_at: datetime
    parent: str | None = None
    oid: str | None = None
    limit: Decimal | None = None
    unread: str | None = None


class OrderState(Word):
    """Where an order stands."""

    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"


@quick_init
@dataclass(frozen=True, slots=True)
class OrderStatus:
    """The answer to "what became of this cloid?". `filled` is unsigned.

    `code` is our word for a refusal, of contract.reasons.
    """

    cloid: str
    coin: str
    state: OrderState
    filled: Decimal = ZERO
    average: Decimal | None = None
    reason: str | None = None
    oid: str | None = None
    code: str = "venue"


@quick_inside
@dataclass(frozen=True, slots=True)
class OrderClosed:
    """A resting order ended without (all of) its fill: canceled, expired or refused.

    `code` is our word for a refusal, of contract.reasons.
    """

    cloid: str
    coin: str
    kind: OrderKind
    state: OrderState
    reason: str
    time: datetime
    code: str = "venue"


ExchangeEvent = Fill | Trade | OrderClosed | Shortfall | CashFlow | MarginTransfer
"""What happens at the exchange, in order; a Trade follows the fill that ended it, and a
Shortfall says what the venue bore of that fill's loss."""
