"""`command`: what a user asked a bot to do, and how far the bot is with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field

from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.money import Whole

CommandState = Literal[
    "requested",
    "delivered",
    "received",
    "applying",
    "applied",
    "verified",
    "refused",
    "expired",
    "superseded",
    "failed",
]

ENDS: Final[frozenset[CommandState]] = frozenset(
    {"verified", "refused", "expired", "superseded", "failed"}
)
"""States after which nothing more happens to a command."""

STEPS: Final[tuple[CommandState, ...]] = (
    "requested",
    "delivered",
    "received",
    "applying",
    "applied",
)
"""The states before the end, in their order; delivered and applying are hints."""


class CommandHandled(RecordedBody):
    """A command as it stands. args: its arguments by name. by: who asked for it.

    left: what is still to be done, such as the coins that are not flat yet. expires_at: when
    it is no longer to be obeyed. reason_code, reason: why it was refused or failed, or why
    it is not done yet. seq: its place among the bot's commands, as the server counts them.
    source: "server" where the server tells the state and "local" where the command was given
    on the bot's machine; else the bot tells of what the server sent. asked_because: the words
    of who asked. superseded_by: the command that took over what this one had to do.
    snapshot_at: when the venue was read that the state speaks of; open_orders: how many
    orders rested there then, positions: the signed size of each position by coin.
    """

    timestamp: Any
    command_id: str = Field(min_length=1, max_length=128)
    name: str = Field(min_length=1, max_length=64)
    args: Any = None
    state: CommandState
    by: str | None = None
    left: Any = None
    expires_at: Any = None
    reason_code: str | None = None
    reason: str | None = None
    seq: Lenient[Whole] = None
    source: Lenient[str] = None
    asked_because: Lenient[str] = None
    superseded_by: Lenient[str] = None
    snapshot_at: Any = None
    open_orders: Lenient[Whole] = None
    positions: Any = None


def encode(
    time: datetime,
    *,
    command_id: str,
    name: str,
    state: CommandState,
    args: Mapping[str, Any] | None = None,
    by: str | None = None,
    left: Any = None,
    expires_at: datetime | None = None,
    reason_code: str | None = None,
    reason: str | None = None,
    seq: int | None = None,
    source: str | None = None,
    asked_because: str | None = None,
    superseded_by: str | None = None,
    snapshot_at: datetime | None = None,
    open_orders: int | None = None,
    positions: Mapping[str, Any] | None = None,
) -> Payload:
    """A command in one of its states."""
    return lean(
        {
            "timestamp": stamp(time),
            "command_id": command_id,
            "name": name,
            "args": None if args is None else dict(args),
            "state": state,
            "by": by,
            "left": left,
            "expires_at": None if expires_at is None else stamp(expires_at),
            "reason_code": reason_code,
            "reason": reason,
            "seq": seq,
            "source": source,
            "asked_because": asked_because,
            "superseded_by": superseded_by,
            "snapshot_at": None if snapshot_at is None else stamp(snapshot_at),
            "open_orders": open_orders,
            "positions": None if positions is None else dict(positions),
        }
    )
