"""What the server says of a bot's log."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from motherhaven.contract.log_lines import MAX_KEPT, LogLevel


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class LogLineView(_Answer):
    """A line: `n` is one more than the line's before, `time` the bot's clock."""

    n: int
    time: datetime
    level: LogLevel
    logger: str
    text: str


class BotLogView(_Answer):
    """The last lines of a bot's log, oldest first; none where it ships none.

    lost: lines that the bot dropped since it was started because they could not be sent in time.
    dropped: older lines that the server no longer has.
    """

    bot_id: str
    lines: tuple[LogLineView, ...] = Field(max_length=MAX_KEPT)
    lost: int
    dropped: int


class LogKept(_Answer):
    """kept: lines that were not known. wait_seconds: before the bot sends again."""

    success: bool
    kept: int
    wait_seconds: int
