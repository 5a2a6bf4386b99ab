"""A bot's log: readable lines on the console, JSON lines in a bounded file of its own."""

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from motherhaven.contract import private
from motherhaven.contract.times import format_time
from motherhaven.recorder.console import FILE_BYTES, FILE_COUNT, PrivateLogFile, configure_logging

_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, bot, message, and error if any."""

    def __init__(self, bot: str) -> None:
        super().__init__()
        self._bot = bot

    def format(self, record: logging.LogRecord) -> str:
        """The line for `record`; ASCII, so that no text can break a line."""
        line: dict[str, Any] = {
            "time": format_time(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "bot": self._bot,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_file(folder: Path, bot: str) -> Path:
    """Where a bot's JSON lines go; its name made fit for a file."""
    return folder / f"{_NAME.sub('-', bot).strip('.-') or 'bot'}.jsonl"


def configure_bot_logging(folder: Path, level: str, bot: str) -> Callable[[], None]:
    """Send the `motherhaven` logger to the console and to `log_file`; returns how to undo it.

    The file rotates at 5 MiB, and five old ones are kept. A folder that cannot be written
    costs the file, not the bot.
    """
    logger = configure_logging(None, level)
    path = log_file(folder, bot)
    try:
        private.make_folder(folder)
        handler = PrivateLogFile(
            path, maxBytes=FILE_BYTES, backupCount=FILE_COUNT, encoding="utf-8", delay=True
        )
    except OSError as error:
        logger.warning("no log files: %s; make LOG_DIR a writable folder", error)
        return lambda: None
    handler.setFormatter(JsonLines(bot))
    logger.addHandler(handler)

    def undo() -> None:
        logger.removeHandler(handler)
        handler.close()

    return undo
