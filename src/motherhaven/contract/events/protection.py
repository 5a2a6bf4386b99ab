"""`protection`: how far a position is covered by a stop at the venue."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.money import Money

ProtectionState = Literal["protected", "partly", "unprotected", "unknown"]


class ProtectionReported(RecordedBody):
    """A position's protection. size and covered are unsigned, in coin; stop in USD.

    since: when it came to stand so. Unknown is never protected. stop_inside_liquidation:
    whether the stop acts before the liquidation. stop_distance, liquidation_distance: from the
    mark, as fractions of it. worst_fill: the price in USD that is reckoned with, at_risk_usd
    what is lost from the mark to there. orphans: orders that belong to no position. warnings:
    codes of what does not change the state. snapshot_age_seconds: how old the look at the venue
    was. unprotected_seconds: for how long in all the position was not protected so far.
    """

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    position_id: str | None = None
    size: Money
    covered: Money
    stop: Money | None = None
    state: ProtectionState
    since: Any = None
    reason_code: str | None = None
    stop_inside_liquidation: Lenient[bool] = None
    stop_distance: Lenient[Money] = None
    liquidation_distance: Lenient[Money] = None
    worst_fill: Lenient[Money] = None
    at_risk_usd: Lenient[Money] = None
    orphans: Any = None
    warnings: Any = None
    snapshot_age_seconds: Lenient[Money] = None
    unprotected_seconds: Lenient[Money] = None


def encode(
    time: datetime,
    *,
    coin: str,
    size: Decimal,
    covered: Decimal,
    state: ProtectionState,
    position_id: str | None = None,
    stop: Decimal | None = None,
    since: datetime | None = None,
    reason_code: str | None = None,
    stop_inside_liquidation: bool | None = None,
    stop_distance: Decimal | None = None,
    liquidation_distance: Decimal | None = None,
    worst_fill: Decimal | None = None,
    at_risk_usd: Decimal | None = None,
    orphans: Sequence[str] = (),
    warnings: Sequence[str] = (),
    snapshot_age_seconds: float | None = None,
    unprotected_seconds: float | None = None,
) -> Payload:
    """How a position is protected at `time`; sizes unsigned, in coin."""
    return lean(
        {
            "at_risk_usd": at_risk_usd,
            "coin": coin,
            "covered": covered,
            "liquidation_distance": liquidation_distance,
            "orphans": list(orphans) or None,
            "position_id": position_id,
            "reason_code": reason_code,
            "since": None if since is None else stamp(since),
            "size": size,
            "snapshot_age_seconds": _seconds(snapshot_age_seconds),
            "state": state,
            "stop": stop,
            "stop_distance": stop_distance,
            "stop_inside_liquidation": stop_inside_liquidation,
            "timestamp": stamp(time),
            "unprotected_seconds": _seconds(unprotected_seconds),
            "warnings": list(warnings) or None,
            "worst_fill": worst_fill,
        }
    )


def _seconds(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(round(value * 1000)) / 1000
