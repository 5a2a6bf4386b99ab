"""`command`: what a user asked a bot to do, and how far the bot is with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from motherhaven.contract.events.base import Payload, RecordedBody, lean, stamp

CommandState = Literal[
    "requested",
    "received",
    "applied",
    "verified",
    "refused",
    "expired",
    "superseded",
    "failed",
]


class CommandHandled(RecordedBody):
    """A command as it stands. args: its arguments by name. by: who asked for it.

    left: what is still to be done, such as the coins that are not flat yet. expires_at: when
    it is no longer to be obeyed. reason_code, reason: why it was refused or failed.
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
        }
    )
