"""Control of one bot put together: its files, and the thread that fetches commands."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.control.acks import Acks
from motherhaven.bot.control.book import CommandBook
from motherhaven.bot.control.command_runner import CommandRunner
from motherhaven.bot.control.fetch import Fetcher, Getter
from motherhaven.bot.control.intake import Intake
from motherhaven.bot.control.latches import Latch, Latches
from motherhaven.bot.control.server_clock import ServerClock
from motherhaven.bot.core.records import Record
from motherhaven.bot.execution.access import every
from motherhaven.bot.running.cycle import Cycle
from motherhaven.bot.running.hands import BotHands
from motherhaven.contract.clock import Clock

_LOG: Final = logging.getLogger("motherhaven")


class ControlStation:
    """The commands of one bot, local and from afar, on one path.

    `folder` is the bot's own, with its latches and the commands that it knows. The latches
    are read before every order of the cycle's account, beside the gate that it has.
    """

    def __init__(
        self,
        folder: Path,
        cycle: Cycle,
        clock: Clock,
        *,
        asked_at: Callable[[], datetime | None] = lambda: None,
        ask: Callable[[], None] = lambda: None,
        allow_resume: bool = False,
    ) -> None:
        self._cycle = cycle
        self._clock = clock
        self.latches = Latches(folder)
        self.book = CommandBook(folder / "commands.json")
        self.server_clock = ServerClock(clock)
        self._news: deque[str] = deque(maxlen=20)
        acks = Acks(self._keep, clock)
        self.intake = Intake(
            self.book, self.latches, acks, clock, self.server_clock, allow_resume=allow_resume
        )
        self.hands = BotHands(cycle, clock, asked_at, ask)
        new_id = cycle.trader.new_id
        self.commands = CommandRunner(
            self.book, self.latches, acks, self.intake, self.hands, clock, new_id
        )
        self._fetcher: Fetcher | None = None
        cycle.latches = self.latches.held
        account = cycle.trader.account
        account.gate = every(account.gate, self.latches.gate)

    def start(self) -> None:
        """Take up what an earlier run left; call it before the first order may be sent.

        A kill switch that only the journal knows becomes a halt: nobody lifts it from afar.
        """
        kill = self._cycle.trader.kill
        if kill.engaged and not self.latches.held():
            self.latches.set(Latch("halted", kill.at, "an earlier run", "", kill.reason or None))
        self.commands.start()
        if self.book.damage is not None:
            self.tell(f"control: {self.book.damage}")

    def fetch_from(self, transport: Getter, bot_id: str) -> None:
        """Begin to fetch commands, in a thread of its own."""
        self._fetcher = Fetcher(
            transport, bot_id, self.book, self.intake, self.server_clock, tell=self.tell
        )
        self._fetcher.start()

    def close(self) -> None:
        """Fetch no more."""
        if self._fetcher is not None:
            self._fetcher.close()

    def tell(self, text: str) -> None:
        """Have something put on record as a status; from any thread."""
        _LOG.warning("%s", text)
        self._news.append(text)

    @property
    def busy(self) -> bool:
        """Whether a step would do anything."""
        return bool(self._news) or self.commands.busy

    def step(self, next_at: datetime | None = None) -> bool:
        """Carry commands on; whether anything was done. Never raises: the loop must live."""
        try:
            done = bool(self.commands.step()) or bool(self._news)
            while self._news:
                self._cycle.status(self._news.popleft(), self._clock.now(), next_at=next_at)
        except Exception:  # noqa: BLE001  # control's boundary: the bot must live
            _LOG.exception("Control: a step failed and is tried again")
            return False
        return done

    def _keep(self, payload: Mapping[str, Any], at: datetime) -> None:
        self._cycle.sink.write([Record("command", dict(payload), at)])
