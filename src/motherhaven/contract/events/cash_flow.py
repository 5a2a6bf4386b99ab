"""`cash_flow`: money that came into an account or went out of it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.money import Money, Whole


class CashFlowRecorded(RecordedBody):
    """Money in (positive) or out (negative), in USD: no profit and no loss.

    reason: deposit, withdrawal, transfer, bonus or another word of the venue. external_id:
    the venue's own name of it. ledger_seq: its place among fills and funding payments.
    Margin that moves inside the account has an amount of 0: coin, position_id, margin (into
    the position's bucket; negative: out of it) and leverage then tell of it.
    """

    timestamp: Any
    amount: Money
    reason: str = Field(min_length=1, max_length=64)
    external_id: str | None = None
    ledger_seq: Lenient[Whole] = None
    coin: str | None = None
    position_id: str | None = None
    margin: Lenient[Money] = None
    leverage: Lenient[Whole] = None


def encode(
    time: datetime,
    *,
    amount: Decimal,
    reason: str,
    external_id: str | None = None,
    ledger_seq: int | None = None,
    coin: str | None = None,
    position_id: str | None = None,
    margin: Decimal | None = None,
    leverage: int | None = None,
) -> Payload:
    """Money that came in (positive) or went out at `time`, in USD; or margin inside."""
    return lean(
        {
            "amount": amount,
            "coin": coin,
            "external_id": external_id,
            "ledger_seq": ledger_seq,
            "leverage": leverage,
            "margin": margin,
            "position_id": position_id,
            "reason": reason,
            "timestamp": stamp(time),
        }
    )
