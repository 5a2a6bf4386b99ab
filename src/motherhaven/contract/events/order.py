"""`order`: one order by its cloid, told again whenever its state changes."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from motherhaven.contract.events.base import Payload, RecordedBody, lean, stamp
from motherhaven.contract.money import Money, Whole

OrderState = Literal[
    "planned",
    "sent",
    "acknowledged",
    "partly",
    "filled",
    "cancelled",
    "expired",
    "refused",
    "unknown",
    "never_landed",
]
OrderSide = Literal["buy", "sell"]


class OrderRecorded(RecordedBody):
    """An order as it stands. size is unsigned, in coin; 0 means the whole position.

    price: the limit or trigger price in USD. kind: market, limit, stop or target. nonce and
    deadline: what it is signed with, and until when the venue may take it. oid: the venue's
    own number. filled_size, average_price: what filled so far. reason_code: why it is refused,
    cancelled or unknown. position_id: what an order that only reduces belongs to, once that is
    there; of an entry its fills say it. A venue inside the bot's process (paper, replay) answers
    at once, so that of its orders the plan alone is recorded, and those states that followed an
    unknown one: the decision's execution and the fills tell the rest, by cloid.
    """

    timestamp: Any
    cloid: str = Field(min_length=1, max_length=128)
    coin: str = Field(min_length=1, max_length=64)
    side: OrderSide
    size: Money
    price: Money | None = None
    kind: str = Field(min_length=1, max_length=32)
    reduce_only: bool = False
    state: OrderState
    nonce: Whole | None = None
    deadline: Any = None
    decision_id: str | None = None
    position_id: str | None = None
    oid: str | None = None
    filled_size: Money | None = None
    average_price: Money | None = None
    reason_code: str | None = None
    reason: str | None = None


def encode(
    time: datetime,
    *,
    cloid: str,
    coin: str,
    side: str,
    size: Decimal,
    kind: str,
    state: OrderState,
    price: Decimal | None = None,
    reduce_only: bool = False,
    nonce: int | None = None,
    deadline: datetime | None = None,
    decision_id: str | None = None,
    position_id: str | None = None,
    oid: str | None = None,
    filled_size: Decimal | None = None,
    average_price: Decimal | None = None,
    reason_code: str | None = None,
    reason: str | None = None,
) -> Payload:
    """An order in one of its states; sizes in coin, prices in USD."""
    return lean(
        {
            "average_price": average_price,
            "cloid": cloid,
            "coin": coin,
            "deadline": None if deadline is None else stamp(deadline),
            "decision_id": decision_id,
            "filled_size": filled_size,
            "kind": kind,
            "nonce": nonce,
            "oid": oid,
            "position_id": position_id,
            "price": price,
            "reason": reason,
            "reason_code": reason_code,
            "reduce_only": reduce_only,
            "side": side,
            "size": size,
            "state": state,
            "timestamp": stamp(time),
        }
    )
