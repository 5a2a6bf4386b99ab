"""`status`: a heartbeat or a change of state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.events.kinds import BotState
from motherhaven.contract.money import Money, Whole
from motherhaven.contract.tags import Tags


class StatusReported(RecordedBody):
    """A heartbeat or a change of state, with what the recorder has shipped and kept.

    day_zone: the time zone of the bot's trading day, as IANA names it.
    warnings: what is not right and does not stop the bot, in sentences. kill_switch: true
    while it is engaged. guidance, guidance_until: the user's words to the model.
    limits: the guard's limits by name, as text; null for one that is off.
    error_code: what kind of error `error` tells. not_recorded: the `kind` and the `payload`
    of an event that could not be recorded as what it is. protection: how many positions are
    protected, partly, unprotected, unknown, and `lacking`: each that is not protected, with coin,
    state, reason_code and for how many seconds. frozen: coins in which nothing is opened, and
    why. phase: reconciling until books and venue were compared, then ready; only of live bots.
    network: mainnet, testnet or local, where a live bot's money is; armed: whether its entries
    are sent. shadow_usd, shadow_bp: what the real order books would have cost more than the paper
    fills so far, shadow_compared of shadow_fills. latches: what stops entries until
    somebody lifts it, the strongest first: `name`, `at`, `by`, `command_id`, `reason` each.
    tags: the words by which the bot's user sorts bots.
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
    limits: Lenient[dict[str, str | None]] = None
    not_recorded: Any = None
    latches: Any = None
    protection: Any = None
    frozen: Any = None
    phase: Lenient[str] = None
    network: Lenient[str] = None
    armed: Lenient[bool] = None
    shadow_usd: Money | None = None
    shadow_bp: Money | None = None
    shadow_compared: Lenient[Whole] = None
    shadow_fills: Lenient[Whole] = None
    tags: Lenient[Tags] = None


class LiveStatus(TypedDict, total=False):
    """What a status tells of limits, latches, live trading and shadows; see `StatusReported`."""

    day_zone: str | None
    limits: Mapping[str, str | None] | None
    latches: Sequence[Mapping[str, Any]] | None
    protection: Mapping[str, Any] | None
    frozen: Mapping[str, str] | None
    phase: str | None
    network: str | None
    armed: bool | None
    shadow_usd: Decimal | None
    shadow_bp: Decimal | None
    shadow_compared: int | None
    shadow_fills: int | None
    tags: Sequence[str] | None


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
    warnings: Sequence[str] | None = None,
    kill_switch: bool = False,
    guidance: str | None = None,
    guidance_until: datetime | None = None,
    **live: Unpack[LiveStatus],
) -> Payload:
    """A status; pnl_today in USD, interval_seconds between two cycles."""
    return lean(
        {
            "armed": live.get("armed"), "behind": behind,
            "coins": None if coins is None else list(coins), "cycle_id": cycle_id,
            "day_zone": live.get("day_zone"), "decider": decider, "error": error,
            "error_code": error_code, "frozen": live.get("frozen") or None, "guidance": guidance,
            "guidance_until": None if guidance_until is None else stamp(guidance_until),
            "interval_seconds": interval_seconds, "kill_switch": kill_switch or None,
            "latches": live.get("latches") or None, "limits": live.get("limits"), "market": market,
            "message": message, "network": live.get("network"),
            "next_cycle_at": None if next_cycle_at is None else stamp(next_cycle_at),
            "phase": live.get("phase"), "pnl_today": pnl_today,
            "protection": live.get("protection"), "quarantined": quarantined,
            "shadow_bp": live.get("shadow_bp"), "shadow_compared": live.get("shadow_compared"),
            "shadow_fills": live.get("shadow_fills"), "shadow_usd": live.get("shadow_usd"),
            "status": state, "tags": live.get("tags") or None, "timestamp": stamp(time),
            "trades_today": trades_today, "warnings": list(warnings) if warnings else None,
        }
    )  # fmt: skip
