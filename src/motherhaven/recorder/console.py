"""Where log lines go: the console, and bounded files in the log folder."""

import logging
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from textwrap import indent
from typing import Final, TextIO

from motherhaven.contract import private
from motherhaven.contract.display import for_terminal

FILE_BYTES: Final = 5 << 20
FILE_COUNT: Final = 5
_MARK: Final = "_motherhaven_console"


class LineFormatter(logging.Formatter):
    """The bare message; from WARNING on with its level: `[WARNING] [Motherhaven] …`.

    A record is one line, whatever its text holds; lines of a traceback are indented.
    """

    def __init__(self, *, with_time: bool = False) -> None:
        super().__init__()
        self._with_time = with_time

    def format(self, record: logging.LogRecord) -> str:
        """The line for `record`."""
        line = for_terminal(record.getMessage())
        if record.levelno >= logging.WARNING:
            line = f"[{record.levelname}] {line}"
        if self._with_time:
            line = f"{self.formatTime(record)} {line}"
        if record.exc_info:
            trace = for_terminal(self.formatException(record.exc_info), lines=True)
            line = f"{line}\n{indent(trace, '    ')}"
        return line


class ConsoleHandler(logging.StreamHandler[TextIO]):
    """Writes to what sys.stderr is at the time of each line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line for `record`."""
        self.stream = sys.stderr
        super().emit(record)


class PrivateLogFile(RotatingFileHandler):
    """A rotating log for the owner alone; files that are there already are tightened."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        private.make_file(path)
        for number in range(1, self.backupCount + 1):
            private.tighten(path.with_name(f"{path.name}.{number}"))
        return super()._open()


def configure_logging(
    log_dir: Path | str | None, level: str = "INFO", *, name: str = "motherhaven"
) -> logging.Logger:
    """Send the `motherhaven` logger's lines to stderr and to `log_dir`/`name`.log.

    The file rotates at 5 MiB, and five old ones are kept. Calling it again changes only
    the level. A folder that cannot be written costs the file, not the bot. Applications
    that set up logging themselves get the records by propagation, and no console from us.
    """
    logger = logging.getLogger("motherhaven")
    logger.setLevel(level)
    if any(getattr(handler, _MARK, False) for handler in logger.handlers):
        return logger
    if not logging.getLogger().handlers:
        console = ConsoleHandler()
        console.setFormatter(LineFormatter())
        _add(logger, console)
    if log_dir is not None:
        try:
            private.make_folder(Path(log_dir))
            file = PrivateLogFile(
                Path(log_dir) / f"{name}.log",
                maxBytes=FILE_BYTES,
                backupCount=FILE_COUNT,
                encoding="utf-8",
                errors="backslashreplace",
                delay=True,
            )
        except OSError as error:
            logger.warning("no log files: %s; make LOG_DIR a writable folder", error)
        else:
            file.setFormatter(LineFormatter(with_time=True))
            _add(logger, file)
    return logger


def _add(logger: logging.Logger, handler: logging.Handler) -> None:
    setattr(handler, _MARK, True)
    logger.addHandler(handler)
