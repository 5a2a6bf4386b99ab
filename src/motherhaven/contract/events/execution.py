"""`execution`: what became of a decision at the venue."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.events.kinds import ExecutionStatus
from motherhaven.contract.money import Money, Whole


class DecisionExecuted(RecordedBody):
    """What became of a decision at the exchange. filled_usd is margin.

    leverage_before, leverage: what the position's leverage was and is, where the order
    changed it. stop_loss, profit_target: where an adjustment moved the exits to, with what
    was before. reason_code: why it was rejected, skipped or is unknown.
    """

    timestamp: Any
    decision_id: str
    coin: str = Field(min_length=1, max_length=64)
    execution_status: ExecutionStatus
    execution_error: str | None = None
    reason_code: str | None = None
    cloid: str | None = None
    position_id: str | None = None
    filled_usd: Money | None = None
    fill_price: Money | None = None
    latency_ms: Whole | None = None
    leverage_before: Lenient[Whole] = None
    leverage: Lenient[Whole] = None
    stop_loss: Money | None = None
    stop_loss_before: Money | None = None
    profit_target: Money | None = None
    profit_target_before: Money | None = None


def encode(
    time: datetime,
    decision_id: str,
    coin: str,
    status: ExecutionStatus,
    *,
    error: str | None = None,
    reason_code: str | None = None,
    cloid: str | None = None,
    position_id: str | None = None,
    filled_usd: Decimal | None = None,
    fill_price: Decimal | None = None,
    leverage_before: int | None = None,
    leverage: int | None = None,
    stop_loss: Decimal | None = None,
    stop_loss_before: Decimal | None = None,
    profit_target: Decimal | None = None,
    profit_target_before: Decimal | None = None,
) -> Payload:
    """What became of a decision; `filled_usd` is margin in USD.

    `leverage_before` and `leverage` where the order changed an open position's; the rest
    says where its exits are and were.
    """
    return lean(
        {
            "cloid": cloid,
            "coin": coin,
            "decision_id": decision_id,
            "execution_error": error,
            "execution_status": status,
            "fill_price": fill_price,
            "filled_usd": filled_usd,
            "leverage": leverage,
            "leverage_before": leverage_before,
            "position_id": position_id,
            "profit_target": profit_target,
            "profit_target_before": profit_target_before,
            "reason_code": reason_code,
            "stop_loss": stop_loss,
            "stop_loss_before": stop_loss_before,
            "timestamp": stamp(time),
        }
    )
