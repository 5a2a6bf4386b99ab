"""`protection`: how far a position is covered by a stop at the venue."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from motherhaven.contract.events.base import Payload, RecordedBody, lean, stamp
from motherhaven.contract.money import Money

ProtectionState = Literal["protected", "partly", "unprotected", "unknown"]


class ProtectionReported(RecordedBody):
    """A position's protection. size and covered are unsigned, in coin; stop in USD.

    since: when it came to stand so. Unknown is never protected.
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
) -> Payload:
    """How a position is protected at `time`; sizes unsigned, in coin."""
    return lean(
        {
            "timestamp": stamp(time),
            "coin": coin,
            "position_id": position_id,
            "size": size,
            "covered": covered,
            "stop": stop,
            "state": state,
            "since": None if since is None else stamp(since),
            "reason_code": reason_code,
        }
    )
