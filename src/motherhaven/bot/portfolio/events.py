"""What happened to an account: fills, funding, deposits and finished trades."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.contract.quick_init import quick_init
from motherhaven.contract.words import Word

ZERO: Final = Decimal(0)


class Side(Word):
    """The direction of an order."""

    BUY = "buy"
    SELL = "sell"

    def __init__(self, word: str) -> None:
        self.sign = 1 if word == "buy" else -1
        """+1 for a buy, -1 for a sell."""


class MarginMode(Word):
    """Whether a position shares the account's margin or has a bucket of its own."""

    CROSS = "cross"
    ISOLATED = "isolated"


class Liquidity(Word):
    """Who took and who made; decides the fee."""

    TAKER = "taker"
    MAKER = "maker"


class FillReason(Word):
    """Why a fill happened.

    ADL: the venue closed it to cover somebody else's loss. EXTERNAL: it is of no order of ours.
    """

    ENTRY = "entry"
    CLOSE = "close"
    STOP = "stop"
    TARGET = "target"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    EXTERNAL = "external"


@quick_init
@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `size` is signed, in coin; fee and realized in USD.

    `realized` is gross of fees and funding. `absorbed` is the part of a loss beyond the
    isolated bucket or the cross account, which the venue bears; it is already left out of
    `realized`. `external_id` is the venue's own id of the fill, by which it is known again.
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
    external_id: str | None = None


@quick_init
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


class FlowReason(Word):
    """Why money came into the account or left it."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"


@quick_init
@dataclass(frozen=True, slots=True)
class CashFlow:
    """Money that came in (positive) or went out (negative), in USD: never gain or loss.

    `external_id` is the name that whoever moved it gave it; one that is known changes nothing.
    """

    seq: int
    amount: Decimal
    reason: FlowReason
    time: datetime
    external_id: str | None = None


@quick_init
@dataclass(frozen=True, slots=True)
class MarginTransfer:
    """Margin that moved into an isolated position's bucket (negative: out of it), in USD.

    `leverage` is the position's from then on. The account's equity stays the same.
    """

    seq: int
    coin: str
    amount: Decimal
    leverage: int
    position_id: str
    time: datetime


LedgerRecord = Fill | FundingPayment | CashFlow | MarginTransfer
"""All that an account is a fold of, in order of `seq`."""


@quick_init
@dataclass(frozen=True, slots=True)
class Shortfall:
    """A loss in USD beyond what the account or the bucket had: the venue took it.

    `position_id` names the position whose closing left it.
    """

    coin: str
    amount: Decimal
    position_id: str
    time: datetime


@quick_init
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
