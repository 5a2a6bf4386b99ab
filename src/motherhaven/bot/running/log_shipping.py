"""Sends the last lines of the bot's log to the server, if its user wants that.

Beside the recorder and without its promises: lines wait in a bounded queue, the oldest are
dropped and counted, and no call that logs ever waits for the network or the disk.
"""

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import quote

from motherhaven.contract.errors import ContractError, ShippingError
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.log_lines import MAX_BATCH, MAX_KEPT, LogBatch, LogLine, line_of
from motherhaven.recorder.sending.transport import Transport

ShipLog = Literal["off", "warning", "info"]

_TIMEOUT: Final = 5.0
_FIRST_WAIT: Final = 2.0
_LONGEST_WAIT: Final = 60.0
_REFUSED_WAIT: Final = 30.0
"""After an answer that this server takes no lines of this bot, or not yet."""


class LogQueue(logging.Handler):
    """Takes records of the log and holds their lines until they are sent, MAX_KEPT at most."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._lines: deque[LogLine] = deque()
        self._guard = threading.Lock()
        self.news = threading.Event()
        self.first = 0
        """So many lines of this run went before the oldest that waits."""
        self.lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Hold one line; a record that cannot be written out is none."""
        try:
            time = datetime.fromtimestamp(record.created, UTC)
            text = record.getMessage()
            if record.exc_info:
                told = record.exc_text or logging.Formatter().formatException(record.exc_info)
                text = f"{text}\n{told}"
            line = line_of(time, record.levelname, record.name, text)
        except Exception:  # noqa: BLE001  # a log line must never stop a bot
            return
        with self._guard:
            if len(self._lines) >= MAX_KEPT:
                self._lines.popleft()
                self.first += 1
                self.lost += 1
            self._lines.append(line)
        self.news.set()

    def batch(self, run: str) -> LogBatch:
        """The oldest lines that wait, MAX_BATCH at most."""
        with self._guard:
            self.news.clear()
            lines = tuple(self._lines[at] for at in range(min(MAX_BATCH, len(self._lines))))
            return LogBatch(run, self.first, lines, self.lost)

    def sent(self, batch: LogBatch) -> bool:
        """Let go of the lines of a batch; whether some still wait."""
        with self._guard:
            end = batch.first + len(batch.lines)
            while self._lines and self.first < end:
                self._lines.popleft()
                self.first += 1
            return bool(self._lines)


class LogShipper:
    """Sends what a LogQueue holds, from a thread of its own, until it is closed."""

    def __init__(
        self,
        transport: Transport,
        bot_id: str,
        level: int,
        *,
        run: str | None = None,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        """`wait` waits for an event at most so many seconds."""
        self.queue = LogQueue(level)
        self._transport = transport
        self._path = f"/api/llm-bot/bots/{quote(bot_id, safe='')}/log"
        self._run_name = run or secrets.token_hex(8)
        self._wait = wait
        self._ending = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="motherhaven-log", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def close(self, timeout: float = 1.0) -> None:
        """Send what waits if that works at once; holds nobody up longer than `timeout` seconds."""
        self._ending.set()
        self.queue.news.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._transport.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            self.queue.news.wait()
            pause = self.send()
            if pause > 0 and not self._ending.is_set():
                self._wait(self._ending, pause)
        self.send()

    def send(self) -> float:
        """One request with what waits; the seconds to wait before the next."""
        batch = self.queue.batch(self._run_name)
        if not batch.lines:
            return 0.0
        try:
            answer = self._transport.post(self._path, dumps(batch.encoded()), _TIMEOUT)
        except ShippingError:
            return self._later()
        if answer.status == 200:
            self._failures = 0
            more = self.queue.sent(batch)
            if more:
                self.queue.news.set()
            return _pause_of(answer.body)
        if answer.status in (400, 413, 422):
            # These lines will never be taken; those behind them must not wait for it.
            self.queue.sent(batch)
        elif answer.status in (401, 403, 404):
            self.queue.news.set()
            return _REFUSED_WAIT
        return self._later()

    def _later(self) -> float:
        """How long to wait after a failure: longer each time."""
        self.queue.news.set()
        self._failures += 1
        wait: float = min(_FIRST_WAIT * 2 ** min(self._failures - 1, 10), _LONGEST_WAIT)
        return wait


def level_of(setting: ShipLog) -> int | None:
    """The level from which lines are sent; None: none are."""
    return {"off": None, "warning": logging.WARNING, "info": logging.INFO}[setting]


def _pause_of(body: bytes) -> float:
    """How long the server asks to be left alone, within reason."""
    try:
        told = loads(body)
        seconds = float(told["wait_seconds"])
    except (ContractError, KeyError, TypeError, ValueError):
        return _FIRST_WAIT
    return min(max(seconds, 1.0), _LONGEST_WAIT)
