"""A bot's log: readable lines on the console, JSON lines in a bounded file of its own."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.running.log_shipping import LogShipper
from motherhaven.contract import private
from motherhaven.contract.times import format_time
from motherhaven.recorder.console import FILE_BYTES, FILE_COUNT, PrivateLogFile, configure_logging
from motherhaven.recorder.sending.transport import Transport

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
            line["error"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(line)


class MarkedLines(logging.Filter):
    """Puts the kind of money before every line, and keeps keys out of each.

    A key should never come into a message; this is for the day on which one does.
    """

    def __init__(self, mark: str, secrets: Sequence[str]) -> None:
        super().__init__()
        self._mark = f"[{mark}] " if mark else ""
        self._secrets = sorted(
            {part for one in secrets for part in (one, one.removeprefix("0x")) if len(part) >= 8},
            key=len,
            reverse=True,
        )

    def filter(self, record: logging.LogRecord) -> bool:
        """Mark the record once; it is always let through."""
        if getattr(record, "marked", False):
            return True
        record.marked = True
        record.msg, record.args = self._mark + self._without(record.getMessage()), ()
        if record.exc_info and self._secrets:
            record.exc_text = self._without(logging.Formatter().formatException(record.exc_info))
        return True

    def _without(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def log_file(folder: Path, bot: str) -> Path:
    """Where a bot's JSON lines go; its name made fit for a file."""
    return folder / f"{_NAME.sub('-', bot).strip('.-') or 'bot'}.jsonl"


def configure_bot_logging(
    folder: Path, level: str, bot: str, *, mark: str = "", secrets: Sequence[str] = ()
) -> Callable[[], None]:
    """Send the `motherhaven` logger to the console and to `log_file`; returns how to undo it.

    `mark` stands before every line, for real money; `secrets` are never written.

    The file rotates at 5 MiB, and five old ones are kept. A folder that cannot be written
    costs the file, not the bot.
    """
    logger = configure_logging(None, level)
    path = log_file(folder, bot)
    marked = MarkedLines(mark, secrets)
    for one in logger.handlers:
        one.addFilter(marked)
    try:
        private.make_folder(folder)
        handler = PrivateLogFile(
            path, maxBytes=FILE_BYTES, backupCount=FILE_COUNT, encoding="utf-8", delay=True
        )
    except OSError as error:
        logger.warning("no log files: %s; make LOG_DIR a writable folder", error)
        return lambda: _unmark(logger, marked)
    handler.addFilter(marked)
    handler.setFormatter(JsonLines(bot))
    logger.addHandler(handler)

    def undo() -> None:
        logger.removeHandler(handler)
        handler.close()
        _unmark(logger, marked)

    return undo


@contextmanager
def shipped_log(
    transport: Transport,
    bot_id: str,
    level: int,
    *,
    mark: str = "",
    secrets: Sequence[str] = (),
) -> Iterator[LogShipper]:
    """Within it, lines of the `motherhaven` logger from `level` on go to the server too."""
    shipper = LogShipper(transport, bot_id, level)
    shipper.queue.addFilter(MarkedLines(mark, secrets))
    logger = logging.getLogger("motherhaven")
    logger.addHandler(shipper.queue)
    shipper.start()
    try:
        yield shipper
    finally:
        logger.removeHandler(shipper.queue)
        shipper.close()


def _unmark(logger: logging.Logger, marked: MarkedLines) -> None:
    for one in logger.handlers:
        one.removeFilter(marked)
