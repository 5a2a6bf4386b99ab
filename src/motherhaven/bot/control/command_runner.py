"""Carries commands out: from received to verified by a fresh look at the venue, or to an end.

It runs in the thread that owns the core, a step at a time, and never waits. The strongest
command goes first. What fails is told and tried again; a fault in one command, or in what is
reported about it, does not keep the others from being done.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from motherhaven.bot.control.acks import Acks
from motherhaven.bot.control.book import CommandBook, Entry
from motherhaven.bot.control.goals import left_of, prepare, why_of, work
from motherhaven.bot.control.hands import Hands, Reading, Refused
from motherhaven.bot.control.intake import Intake
from motherhaven.bot.control.latches import Latches
from motherhaven.contract.clock import Clock
from motherhaven.contract.control import STRENGTH, Command, CommandName, stronger
from motherhaven.contract.errors import MotherhavenError

LOG: Final = logging.getLogger("motherhaven")

VERIFY_WITHIN: Final = timedelta(seconds=60)
"""A command that is applied and not verified by then is told, and told again as often."""

GIVE_UP: Final = timedelta(minutes=5)
"""After that a command that is not about stopping has failed."""

_WAITS: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two tries, the last for all that follow."""

_LOCAL: Final = "local"


class CommandRunner:
    """The commands that are not over, and what becomes of them."""

    def __init__(
        self,
        book: CommandBook,
        latches: Latches,
        acks: Acks,
        intake: Intake,
        hands: Hands,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._book = book
        self._latches = latches
        self._acks = acks
        self._intake = intake
        self._hands = hands
        self._clock = clock
        self._new_id = new_id
        self._active: list[Entry] = []

    @property
    def busy(self) -> bool:
        """Whether a step would do anything."""
        return bool(self._active or self._intake.waiting)

    def start(self) -> None:
        """Take up what an earlier run left: its latches hold, its commands are looked at anew."""
        for entry in self._book.active():
            if entry.command.name in STRENGTH:
                self._intake.latch(entry.command)
            if entry not in self._intake.waiting:
                self._intake.waiting.append(entry)
        held = self._latches.held()
        if held:
            self._hands.stop_entries(held[0].told)
            LOG.warning("Control: %s", held[0].told)

    def give(self, name: CommandName, args: dict[str, Any], *, command_id: str = "") -> Entry:
        """A command of the user at this machine: the same path, without expiry."""
        command = Command(command_id or self._new_id(), name, args, by="the bot's machine")
        entry = self._intake.take(command, _LOCAL)
        if entry is None:
            entry = self._book.find(command.id)
            assert entry is not None
        return entry

    def arm(self) -> None:
        """Lift every latch, by hand: whatever waits for entries to be stopped is over.

        Raises:
            OSError: a latch stays set.
            ConfigError: the kill latch does.
        """
        for entry in [*self._active, *self._intake.waiting]:
            if entry.command.name in STRENGTH and not entry.over:
                self._end(entry, "superseded", reason="armed by hand on the bot's machine")
        for latch in self._latches.held():
            self._latches.lift(latch.name)
        self._hands.allow_entries()

    # --- steps --------------------------------------------------------------------------

    def step(self) -> list[Entry]:
        """Do what can be done now; the entries that changed."""
        self._latches.store()
        self._acks.flush()
        if not self._book.is_saved:
            self._book.save()
        while self._intake.waiting:
            entry = self._intake.waiting.popleft()
            if not entry.over and entry not in self._active:
                self._take_over(entry)
        now = self._clock.now()
        self._active = [one for one in self._active if not one.over]
        due = [one for one in self._active if one.next_at is None or one.next_at <= now]
        due.sort(key=lambda one: -STRENGTH.get(one.command.name, 0))
        for entry in due:
            self._advance(entry, now)
        self._active = [one for one in self._active if not one.over]
        return due

    def _take_over(self, entry: Entry) -> None:
        """Let a command replace weaker ones, with what they still had to do; or be a second."""
        for other in self._active:
            if other.over:
                continue
            same = (other.command.name, other.command.args) == (
                entry.command.name,
                entry.command.args,
            )
            if same and entry.state == "received":
                self._end(
                    entry, "superseded", superseded_by=other.command.id, reason_code="same_command"
                )
                return
            if stronger(entry.command.name, other.command.name):
                self._inherit(entry, other)
                self._end(
                    other, "superseded", superseded_by=entry.command.id, reason_code="taken_over"
                )
        self._active.append(entry)
        self._book.save()

    def _inherit(self, entry: Entry, weaker: Entry) -> None:
        if not weaker.closes:
            return
        every = weaker.coins is None or (entry.closes and entry.coins is None)
        coins = (weaker.coins or frozenset()) | (entry.coins or frozenset())
        entry.closes, entry.coins = True, None if every else coins

    def _advance(self, entry: Entry, now: datetime) -> None:
        entry.tries += 1
        wait = _WAITS[min(entry.tries, len(_WAITS) - 1)]
        entry.next_at = now + timedelta(seconds=wait)
        try:
            self._try(entry, now)
        except Refused as refusal:
            self._end(entry, "refused", reason_code=refusal.code, reason=str(refusal))
        except MotherhavenError as error:
            self._trouble(entry, now, error.code, str(error))
        except Exception as error:  # a fault here must not keep another command from its step
            LOG.exception("Control: %s failed", why_of(entry))
            self._trouble(entry, now, "control_failed", f"{type(error).__name__}: {error}")

    def _try(self, entry: Entry, now: datetime) -> None:
        name = entry.command.name
        if name == "resume":
            self._resume(entry)
            return
        prepare(entry, self._hands)
        if entry.state == "received":
            self._acks.tell(entry, "applying")
            self._book.save()
        errors = work(entry, self._hands)
        if name == "guidance":
            self._end(entry, "verified")
            return
        self._applied(entry, now)
        if name == "ask_again":
            asked = self._hands.asked_at()
            left: dict[str, Any] = {"cycle": "not yet"}
            if asked is not None and entry.since is not None and asked > entry.since:
                left = {}
            self._look(entry, now, self._hands.look(), left, errors)
            return
        reading = self._hands.look()
        self._look(entry, now, reading, left_of(entry, reading), errors)

    def _applied(self, entry: Entry, now: datetime) -> None:
        if entry.state != "applied":
            entry.since = entry.warned_at = now
            self._acks.tell(entry, "applied")
            self._book.save()

    def _look(
        self, entry: Entry, now: datetime, reading: Reading, left: Any, errors: tuple[str, ...]
    ) -> None:
        """Verified by the venue, or told what is left."""
        known = reading.told()
        if reading.foreign:
            known["reason"] = f"orders of others rest there: {', '.join(reading.foreign)[:300]}"
        if not left:
            self._end(entry, "verified", **known)
            return
        why = "; ".join((*errors, *reading.errors))[:500] or None
        self._late(entry, now, left, {**known, "reason": why})

    def _late(self, entry: Entry, now: datetime, left: Any, known: dict[str, Any]) -> None:
        since = entry.since or now
        if entry.command.name not in STRENGTH and now - since >= GIVE_UP:
            code = known.pop("reason_code", None) or "not_verified"
            self._end(entry, "failed", left=left, reason_code=code, **known)
            return
        changed = entry.told.get("left") != left
        overdue = now - (entry.warned_at or since) >= VERIFY_WITHIN
        if not changed and not overdue:
            return
        if overdue:
            entry.warned_at = now
            why = f"not verified since {since:%H:%M:%S} UTC"
            known["reason"] = "; ".join(filter(None, (why, known.get("reason"))))
            known.setdefault("reason_code", "not_verified")
            LOG.error("Control: %s: %s", why_of(entry), known["reason"])
        self._acks.tell(entry, entry.state, left=left, **known)
        self._book.save()

    def _trouble(self, entry: Entry, now: datetime, code: str, why: str) -> None:
        """What failed is told once, and tried again; stops and targets stay meanwhile."""
        state = "applying" if entry.state == "received" else entry.state
        entry.warned_at = entry.warned_at or now
        if entry.told.get("reason_code") != code or entry.state != state:
            left = entry.told.get("left")
            self._acks.tell(entry, state, left=left, reason_code=code, reason=why[:500])
            self._book.save()
        self._late(entry, now, entry.told.get("left"), {"reason_code": code, "reason": why[:500]})

    def _resume(self, entry: Entry) -> None:
        """Lift no_entries, and only the very one that was seen; never after a halt."""
        if self._latches.find("halted") is not None:
            raise Refused("resume_halted", "the bot was halted; arm it by hand on its machine")
        latch = self._latches.find("no_entries")
        if latch is None or latch.command_id != entry.command.args["latch"]:
            raise Refused("resume_latch", "the bot has no such latch now")
        reading = self._hands.look()
        self._latches.lift("no_entries")
        self._hands.allow_entries()
        self._acks.tell(entry, "applied")
        self._end(entry, "verified", **reading.told())

    def _end(self, entry: Entry, state: Any, **known: Any) -> None:
        self._acks.tell(entry, state, **known)
        self._book.save()
        LOG.warning("Control: %s is %s", why_of(entry), state)
        try:
            self._hands.report(f"{why_of(entry)}: {state}")
        except Exception:  # what is told of a command must not undo it
            LOG.exception("Control: the report about %s failed", why_of(entry))
