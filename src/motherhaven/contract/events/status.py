"""`status`: a heartbeat or a change of state."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.events.kinds import BotState
from motherhaven.contract.money import Money, Whole


class StatusReported(RecordedBody):
    """A heartbeat or a change of state, with what the recorder has shipped and kept.

    day_zone: the time zone of the bot's trading day, as IANA names it.
    warnings: what is not right and does not stop the bot, in sentences. kill_switch: true
    while it is engaged. guidance, guidance_until: the user's words to the model.
    error_code: what kind of error `error` tells. not_recorded: the `kind` and the `payload`
    of an event that could not be recorded as what it is.
    """

    timestamp: Any
    status: BotState
    message: str | None = None
    trades_today: Whole | None = None
    pnl_today: Money | None = None
    error: str | None = None
    error_code: str | None = None
    cycle_id: str | None = None
    decider: str | None = None
    market: str | None = None
    interval_seconds: Whole | None = None
    next_cycle_at: Any = None
    coins: tuple[str, ...] | None = None
    behind: Whole | None = None
    quarantined: Whole | None = None
    day_zone: str | None = None
    warnings: Any = None
    kill_switch: Lenient[bool] = None
    guidance: Lenient[str] = None
    guidance_until: Any = None
    not_recorded: Any = None


def encode(
    time: datetime,
    state: BotState,
    message: str,
    *,
    trades_today: int | None = None,
    pnl_today: Decimal | None = None,
    error: str | None = None,
    error_code: str | None = None,
    cycle_id: str | None = None,
    decider: str | None = None,
    market: str | None = None,
    interval_seconds: int | None = None,
    next_cycle_at: datetime | None = None,
    coins: Sequence[str] | None = None,
    behind: int | None = None,
    quarantined: int | None = None,
    day_zone: str | None = None,
    warnings: Sequence[str] | None = None,
    kill_switch: bool = False,
    guidance: str | None = None,
    guidance_until: datetime | None = None,
) -> Payload:
    """A status; pnl_today in USD, interval_seconds between two cycles."""
    return lean(
        {
            "timestamp": stamp(time),
            "status": state,
            "message": message,
            "trades_today": trades_today,
            "pnl_today": pnl_today,
            "error": error,
            "error_code": error_code,
            "cycle_id": cycle_id,
            "decider": decider,
            "market": market,
            "interval_seconds": interval_seconds,
            "next_cycle_at": None if next_cycle_at is None else stamp(next_cycle_at),
            "coins": None if coins is None else list(coins),
            "behind": behind,
            "quarantined": quarantined,
            "day_zone": day_zone,
            "warnings": list(warnings or ()) or None,
            "kill_switch": kill_switch or None,
            "guidance": guidance,
            "guidance_until": None if guidance_until is None else stamp(guidance_until),
        }
    )
