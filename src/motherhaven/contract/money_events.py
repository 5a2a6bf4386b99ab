"""Events of the account: how it stands, its positions, fills and funding payments."""

from typing import Any, Final, Literal

from pydantic import Field

from motherhaven.contract.event_base import EventBody, RecordedBody
from motherhaven.contract.money import Money, Whole

SideName = Literal["long", "short"]


class PositionMark(EventBody):
    """An open position as it stood when the account was reported. size is signed, in coin.

    stop_beyond_liquidation: true where the stop cannot act before the liquidation.
    """

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
    stop_beyond_liquidation: Any = None


class AccountReported(RecordedBody):
    """The account in USD. realized_pnl is net; equity_usd = balance_usd + unrealized_pnl.

    market_time: how far the market was seen. day, day_start_equity, entries_today: the
    trading day, the equity in USD at its start, and its entries so far.
    """

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
    market_time: Any = None
    day: Any = None
    day_start_equity: Any = None
    entries_today: Any = None


class Replaced(EventBody):
    """The numbers of the opening record that another one takes the place of."""

    quantity_usd: Money
    leverage: Money
    entry_price: Money


REPLACED: Final = "replaced"
"""Why an old server is told that a row closed, though the position goes on with new numbers."""


class PositionOpened(RecordedBody):
    """A position was opened. quantity_usd is margin, so notional = quantity_usd * leverage.

    With `replaces` an open position has changed (an add, a reduction, another leverage): this
    record takes the place of the one with those numbers, and entry_time stays the opening's.
    stop_beyond_liquidation: true where the stop cannot act before the liquidation.
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
    stop_beyond_liquidation: Any = None


class PositionClosed(RecordedBody):
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


class FillRecorded(RecordedBody):
    """One fill. size is signed, in coin; realized is gross, in USD; fee in USD.

    absorbed: the loss in USD past bankruptcy that the venue took. leverage, mode: those of
    the position. ledger_seq: its place among fills and funding payments.
    """

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
    absorbed: Any = None
    leverage: Any = None
    mode: Any = None
    ledger_seq: Any = None


class CashFlowRecorded(RecordedBody):
    """Money into the account (positive) or out of it, in USD: no profit and no loss.

    external_id: the name that whoever moved it gave it. Margin that moves inside the account
    has an amount of 0: coin, position_id, margin and leverage then tell of it.
    """

    timestamp: Any
    amount: Money
    reason: str = Field(min_length=1, max_length=64)
    external_id: str | None = None
    ledger_seq: Any = None
    coin: str | None = None
    position_id: str | None = None
    margin: Money | None = None
    leverage: Any = None


class FundingPaid(RecordedBody):
    """One hourly funding payment in USD; positive means that the account paid.

    size: the position's, signed, in coin. ledger_seq: its place among fills and payments.
    """

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    amount: Money
    rate: Money
    oracle: Money
    position_id: str | None = None
    size: Any = None
    ledger_seq: Any = None
