"""The first look at a command: seen, void, forbidden, or taken; on disk before anything is done.

It runs in the thread that fetches, so that a latch is set and a command is received though
the bot's own loop does something else.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from motherhaven.bot.control.acks import Acks
from motherhaven.bot.control.book import CommandBook, Entry
from motherhaven.bot.control.latches import Latch, Latches
from motherhaven.bot.control.server_clock import ServerClock
from motherhaven.contract.clock import Clock
from motherhaven.contract.control import MAX_SEQ, REDUCING, Command, CommandName, read_command
from motherhaven.contract.errors import ContractError, InvalidEvent
from motherhaven.contract.ids import check_id
from motherhaven.contract.reasons import advice_of

LOG: Final = logging.getLogger("motherhaven")

_LATCHED: Final = frozenset({"no_entries", "cancel_entries", "flatten"})


class Intake:
    """Judges commands as they come, and hands over what is to be done in `waiting`."""

    def __init__(
        self,
        book: CommandBook,
        latches: Latches,
        acks: Acks,
        clock: Clock,
        server_clock: ServerClock,
        *,
        allow_resume: bool = False,
    ) -> None:
        self._book = book
        self._latches = latches
        self._acks = acks
        self._clock = clock
        self._server_clock = server_clock
        self._allow_resume = allow_resume
        self._lock = threading.RLock()
        self.waiting: deque[Entry] = deque()

    def delivered(self, given: Iterable[Any]) -> None:
        """Commands as a server sent them, in any order, once or again."""
        ordered = sorted((one for one in given if isinstance(one, Mapping)), key=_place)
        for one in ordered:
            self._delivered(one)

    def _delivered(self, given: Mapping[str, Any]) -> None:
        with self._lock:
            try:
                command = read_command(given)
            except InvalidEvent as error:
                self._unreadable(given, error)
                return
            known = self._book.find(command.id)
            if known is not None:
                self._book.pass_to(command.seq)
                self._acks.again(known)
                return
            refusal = self._refusal(command)
            if refusal is None:
                self.take(command)
                return
            state = "expired" if refusal == "command_expired" else "refused"
            self._over(command, state, refusal, advice_of(refusal) or "")

    def _refusal(self, command: Command) -> str | None:
        """The code of why a command that was not seen before is not taken."""
        clock = self._server_clock
        if command.seq == 0 or not self._book.is_new(command.seq):
            return "rewound"
        if command.name != "halt" and not clock.is_trusted:
            return "clock_skew"
        # A halt is taken whatever the clocks say, unless they agree that its time is over.
        expires = command.expires_at
        if clock.is_trusted and (expires is None or expires <= clock.now()):
            return "command_expired"
        if command.name == "resume" and not self._allow_resume:
            return "resume_off"
        return None

    def take(self, command: Command, source: str | None = None) -> Entry | None:
        """Have a command on disk, set its latch, say that it is received; None if refused.

        What only reduces risk is taken though nothing can be written.
        """
        with self._lock:
            entry = Entry(command, "received", source, since=self._clock.now())
            if command.name == "flatten":
                coin = command.args.get("coin")
                entry.closes, entry.coins = True, None if coin is None else frozenset({coin})
            self._book.add(entry)
            self._book.pass_to(command.seq)
            is_saved = self._book.save()
            if command.name in _LATCHED or command.name == "halt":
                self.latch(command)
            is_told = self._acks.tell(entry, "received")
            if not (is_saved and is_told) and command.name not in REDUCING:
                self._acks.tell(
                    entry, "refused", reason_code="not_recorded",
                    reason="the bot's disk does not take it",
                )  # fmt: skip
                self._book.save()
                return None
            self.waiting.append(entry)
            return entry

    def latch(self, command: Command) -> None:
        """Set the latch of a command, on the disk before anything else is done."""
        name = "halted" if command.name == "halt" else "no_entries"
        latch = Latch(
            "halted" if name == "halted" else "no_entries",
            self._clock.now(),
            command.by,
            command.id,
            command.reason,
        )
        if not self._latches.set(latch):
            LOG.critical("Control: the latch %s is not on the disk; it holds in memory", name)

    def _over(self, command: Command, state: str, code: str, why: str) -> None:
        entry = Entry(command, "refused")
        self._book.add(entry)
        self._book.pass_to(command.seq)
        if state == "expired":
            self._acks.tell(entry, "expired", reason_code=code, reason=why)
        else:
            self._acks.tell(entry, "refused", reason_code=code, reason=why)
        self._book.save()
        LOG.warning("Control: %s (%s) is %s: %s", command.name, command.id, state, code)

    def _unreadable(self, given: Mapping[str, Any], error: InvalidEvent) -> None:
        """A kind that nobody knows, or that is forbidden, is refused on record, never silently."""
        try:
            command_id = check_id(given.get("id"), "id")
        except ContractError:
            LOG.error("Control: the server sent something that is no command: %s", error)
            return
        seq = _place(given)
        # Its kind is no CommandName; it only travels into the refusal, and nothing acts on it.
        name = cast("CommandName", str(given.get("name"))[:64] or "-")
        known = self._book.find(command_id)
        if known is not None:
            self._acks.again(known)
            return
        self._book.pass_to(seq)
        self._book.save()
        self._acks.refuse(Command(command_id, name, seq=seq), reason_code=error.code,
                          reason=str(error)[:500])  # fmt: skip
        LOG.error("Control: a command is refused: %s", error)


def _place(given: Mapping[str, Any]) -> int:
    seq = given.get("seq")
    return seq if isinstance(seq, int) and 0 <= seq <= MAX_SEQ else 0
