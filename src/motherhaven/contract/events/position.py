"""`position_opened` and `position_closed`: a position as it stands, and its end."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from pydantic import Field

from motherhaven.contract.events.base import EventBody, Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.events.kinds import MarginModeName, SideName
from motherhaven.contract.money import Money


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
    margin_mode: MarginModeName | None = None
    stop_loss: Money | None = None
    profit_target: Money | None = None
    liquidation_price: Money | None = None
    replaces: Replaced | None = None
    stop_beyond_liquidation: Lenient[bool] = None


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


def side_name(size: Decimal) -> SideName:
    """The wire's word for the direction of a signed size."""
    return "long" if size > 0 else "short"


def terms(margin: Decimal, leverage: int, entry: Decimal) -> Payload:
    """What an exit finds its entry by, beside coin and side; margin and entry in USD."""
    return {"entry_price": entry, "leverage": Decimal(leverage), "quantity_usd": margin}


def encode_opened(
    *,
    coin: str,
    size: Decimal,
    found_by: Payload,
    entry_time: datetime,
    position_id: str,
    decision_id: str | None,
    fee_usd: Decimal | None,
    margin_mode: str,
    stop_loss: Decimal | None,
    profit_target: Decimal | None,
    liquidation_price: Decimal | None,
    replaces: Payload | None,
    stop_beyond_liquidation: bool,
) -> Payload:
    """A position as it stands; `found_by` its `terms`, `replaces` those of the record before."""
    return lean(
        {
            "coin": coin,
            "decision_id": decision_id,
            "entry_price": found_by["entry_price"],
            "entry_time": stamp(entry_time),
            "fee_usd": fee_usd,
            "leverage": found_by["leverage"],
            "liquidation_price": liquidation_price,
            "margin_mode": margin_mode,
            "position_id": position_id,
            "profit_target": profit_target,
            "quantity_usd": found_by["quantity_usd"],
            "replaces": replaces,
            "side": side_name(size),
            "size": size,
            "status": "open",
            "stop_beyond_liquidation": stop_beyond_liquidation or None,
            "stop_loss": stop_loss,
        }
    )


def encode_closed(
    *,
    coin: str,
    side: SideName,
    found_by: Payload,
    entry_time: datetime,
    exit_price: Decimal,
    exit_time: datetime,
    realized_pnl: Decimal,
    position_id: str,
    decision_id: str | None,
    reason: str,
    gross_pnl: Decimal,
    fees_usd: Decimal,
    funding_usd: Decimal,
) -> Payload:
    """A position at its end; `found_by` has the terms of its newest opening record."""
    return lean(
        {
            "coin": coin,
            "decision_id": decision_id,
            "entry_price": found_by["entry_price"],
            "entry_time": stamp(entry_time),
            "exit_price": exit_price,
            "exit_time": stamp(exit_time),
            "fees_usd": fees_usd,
            "funding_usd": funding_usd,
            "gross_pnl": gross_pnl,
            "leverage": found_by["leverage"],
            "position_id": position_id,
            "quantity_usd": found_by["quantity_usd"],
            "realized_pnl": realized_pnl,
            "reason": reason,
            "side": side,
            "status": "closed",
        }
    )
