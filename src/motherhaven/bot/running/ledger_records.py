"""What the ledger booked, from the payloads of the events that keep it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from motherhaven.bot.core.money_records import MARGIN
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    FundingPayment,
    LedgerRecord,
    Liquidity,
    MarginMode,
    MarginTransfer,
)
from motherhaven.bot.running.sink import Kept
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import CashFlowRecorded, FillRecorded, FundingPaid
from motherhaven.contract.times import parse_time

T = TypeVar("T")
ZERO: Final = Decimal(0)
_REASONS: Final = frozenset(reason.value for reason in FillReason)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def fill_of(payload: Mapping[str, Any]) -> Fill:
    """A Fill from the payload of a fill event of ours.

    Raises:
        InvalidEvent: a field that the ledger needs is missing or cannot be read.
    """
    body = FillRecorded.decode(payload)
    return Fill(
        seq=_known(body.ledger_seq, "ledger_seq"),
        coin=body.coin,
        size=body.size,
        price=body.price,
        fee=body.fee,
        liquidity=Liquidity(body.liquidity),
        realized=body.realized,
        reason=_reason(body.reason),
        position_id=_known(body.position_id, "position_id"),
        time=_time(body.timestamp),
        cloid=body.cloid,
        leverage=_known(body.leverage, "leverage"),
        mode=MarginMode(_known(body.mode, "mode")),
        absorbed=body.absorbed or ZERO,
        external_id=body.external_id,
    )


def payment_of(payload: Mapping[str, Any]) -> FundingPayment:
    """A FundingPayment from the payload of a funding event: there as paid, here as received.

    Raises:
        InvalidEvent: a field that the ledger needs is missing or cannot be read.
    """
    body = FundingPaid.decode(payload)
    return FundingPayment(
        seq=_known(body.ledger_seq, "ledger_seq"),
        coin=body.coin,
        amount=-body.amount,
        rate=body.rate,
        oracle=body.oracle,
        size=_known(body.size, "size"),
        position_id=_known(body.position_id, "position_id"),
        time=_time(body.timestamp),
    )


def moved_of(payload: Mapping[str, Any]) -> CashFlow | MarginTransfer:
    """Money that moved, from the payload of a cash flow event of ours.

    Raises:
        InvalidEvent: a field that the ledger needs is missing or cannot be read.
    """
    body = CashFlowRecorded.decode(payload)
    seq = _known(body.ledger_seq, "ledger_seq")
    if body.reason == MARGIN:
        return MarginTransfer(
            seq=seq,
            coin=_known(body.coin, "coin"),
            amount=_known(body.margin, "margin"),
            leverage=_known(body.leverage, "leverage"),
            position_id=_known(body.position_id, "position_id"),
            time=_time(body.timestamp),
        )
    return CashFlow(
        seq=seq,
        amount=body.amount,
        reason=FlowReason(body.reason),
        time=_time(body.timestamp),
        external_id=body.external_id,
    )


def record_of(event: Kept) -> LedgerRecord:
    """What the ledger booked, from the event that keeps it."""
    if event.kind == "fill":
        return fill_of(event.payload)
    return payment_of(event.payload) if event.kind == "funding" else moved_of(event.payload)


def _reason(word: str) -> FillReason:
    """Why a fill happened; a word of a later version stands for no order of ours."""
    return FillReason(word) if word in _REASONS else FillReason.EXTERNAL


def _known(value: T | None, field_name: str) -> T:
    if value is None:
        raise InvalidEvent(f"{field_name}: missing; the ledger cannot be rebuilt without it")
    return value


def _time(value: object) -> datetime:
    return parse_time(value, _EPOCH)
