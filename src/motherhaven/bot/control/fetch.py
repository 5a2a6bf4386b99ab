"""Fetches commands: one long poll after the other, in a thread that nothing else can hold up."""

import logging
import threading
from collections.abc import Callable, Mapping
from random import Random
from typing import Final, Protocol
from urllib.parse import quote

from motherhaven.bot.control.book import CommandBook
from motherhaven.bot.control.intake import Intake
from motherhaven.bot.control.server_clock import ServerClock
from motherhaven.contract.errors import ContractError, MotherhavenError, ShippingError
from motherhaven.contract.jsonio import loads
from motherhaven.recorder.sending.transport import Answer

LOG: Final = logging.getLogger("motherhaven")

POLL_SECONDS: Final = 25
"""Below the 30 s after which usual proxies end a connection that is silent."""

_SPARE_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1 << 20
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 30.0
_NO_CONTROL_WAIT: Final = 300.0
"""After an answer that this server has no control, or that this key may not fetch."""


class Getter(Protocol):
    """The seam between fetching and the network."""

    def get(self, path: str, timeout: float) -> Answer:
        """GET base URL + `path` within `timeout` seconds in all.

        Raises:
            ShippingError: no whole answer came.
        """
        ...

    def close(self) -> None:
        """End a call under way on another thread, and all that would follow."""
        ...


class Fetcher:
    """Polls until it is closed; what goes wrong is told once and tried again, later and later."""

    def __init__(
        self,
        transport: Getter,
        bot_id: str,
        book: CommandBook,
        intake: Intake,
        server_clock: ServerClock,
        *,
        tell: Callable[[str], None],
        random: Random | None = None,
    ) -> None:
        self._transport = transport
        self._path = f"/api/llm-bot/bots/{quote(bot_id, safe='')}/commands"
        self._book = book
        self._intake = intake
        self._server_clock = server_clock
        self._tell = tell
        self._random = random or Random()  # noqa: S311  # jitter, not a secret
        self._ending = threading.Event()
        self._failures = 0
        self._said: str | None = None
        self._thread = threading.Thread(target=self._run, name="motherhaven-control", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def close(self, timeout: float = 1.0) -> None:
        """End the poll under way; waits at most `timeout` seconds for it."""
        self._ending.set()
        self._transport.close()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                wait = self.poll()
            except Exception:  # the thread's boundary: whatever a server sends, it polls on
                LOG.exception("Control: fetching failed unexpectedly")
                wait = self._later("unexpected")
            if wait > 0:
                self._ending.wait(wait)

    def poll(self) -> float:
        """One poll; the seconds to wait before the next."""
        path = f"{self._path}?after={self._book.seq}&wait={POLL_SECONDS}"
        try:
            answer = self._transport.get(path, POLL_SECONDS + _SPARE_SECONDS)
        except ShippingError as error:
            return self._later(str(error))
        if answer.status == 404 or answer.status in (401, 403):
            return self._refused(answer.status)
        if answer.status not in (200, 204):
            return self._later(f"status {answer.status}")
        self._server_clock.hear(answer.headers)
        news = self._server_clock.news()
        if news is not None:
            self._tell(news)
        if answer.status == 200 and not self._take(answer.body):
            return self._later("an answer that is no list of commands")
        self._failures, self._said = 0, None
        return 0.0

    def _take(self, body: bytes) -> bool:
        if len(body) > _MOST_BYTES:
            return False
        try:
            told = loads(body)
        except ContractError:
            return False
        commands = told.get("commands") if isinstance(told, Mapping) else None
        if not isinstance(commands, list) or not commands:
            return False
        try:
            self._intake.delivered(commands)
        except MotherhavenError as error:
            LOG.error("Control: commands could not be taken: %s", error)
            return False
        return True

    def _later(self, why: str) -> float:
        self._failures += 1
        self._say(f"commands cannot be fetched ({why}); tried again")
        wait: float = min(_FIRST_WAIT * 2 ** min(self._failures - 1, 10), _LONGEST_WAIT)
        return wait * self._random.uniform(0.7, 1.0)

    def _refused(self, status: int) -> float:
        what = "has no remote control" if status == 404 else "does not let this key fetch commands"
        self._say(f"the server {what} (status {status}); control on this machine works")
        return _NO_CONTROL_WAIT

    def _say(self, text: str) -> None:
        if self._said != text:
            self._said = text
            LOG.warning("Control: %s", text)
