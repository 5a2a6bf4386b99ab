"""What the server says of commands to bots."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from motherhaven.contract.control import CommandName
from motherhaven.contract.events import CommandState


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class CommandView(_Answer):
    """A command with the times at which its states were told; None: not told.

    by: who asked, asked_because: in their words. ended_at: when it was verified, refused,
    superseded, expired or failed. unfetched: it expired and the bot never fetched it. left:
    what is still to be done. positions: signed sizes by coin, and open_orders: how many
    orders rest, as the venue had them at snapshot_at. source: "local" where it was given on
    the bot's machine.
    """

    id: str
    bot_id: str
    name: str
    args: dict[str, Any] = {}
    seq: int | None = None
    by: str | None = None
    asked_because: str | None = None
    source: str | None = None
    state: CommandState
    updated_at: datetime
    requested_at: datetime | None = None
    delivered_at: datetime | None = None
    received_at: datetime | None = None
    applying_at: datetime | None = None
    applied_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    unfetched: bool = False
    reason_code: str | None = None
    reason: str | None = None
    left: Any = None
    superseded_by: str | None = None
    snapshot_at: datetime | None = None
    open_orders: int | None = None
    positions: Any = None


class CommandList(_Answer):
    """A bot's newest commands, the latest first, and when the bot was last heard of."""

    commands: tuple[CommandView, ...]
    last_seen: datetime | None
    server_time: datetime


class IssuedCommand(_Answer):
    """A command as a bot gets it; see contract.control. seq: its place among the bot's."""

    id: str
    seq: int
    name: CommandName
    args: dict[str, Any]
    by: str
    reason: str | None = None
    issued_at: datetime
    expires_at: datetime


class CommandBatch(_Answer):
    """Commands that the bot has not fetched, by seq; `seq` is the highest that was given."""

    commands: tuple[IssuedCommand, ...]
    seq: int


class CommandTaken(_Answer):
    """The command is kept. fresh: it was not before; command: None where it is long over."""

    success: Literal[True]
    fresh: bool
    command: IssuedCommand | None


class Confirmed(_Answer):
    """What the session sends as X-Motherhaven-Confirmed with each command, and until when."""

    success: Literal[True]
    token: str
    seconds: int
