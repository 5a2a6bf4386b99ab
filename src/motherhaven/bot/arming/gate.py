"""The gate before every send: the arming record and the kill latch, as they are on disk."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from motherhaven.bot.arming.compare import change_of
from motherhaven.bot.arming.record import ArmingRecord, Standing
from motherhaven.bot.arming.store import ArmingStore
from motherhaven.bot.execution.access import CLOSED, GateRefusal, SendGate, code_of
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.contract.errors import ConfigError

MODE: Final = "account_mode"
"""The one problem of an account that does not stand in the way of closing what it has."""


class ArmingGate:
    """A `SendGate`. What only reduces passes for an account that was armed here once.

    It costs two looks at the disk. `standing` is what the bot would trade with, None until
    the venue has told who the account is; `identity` sets it.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.store = ArmingStore(folder)
        self.latch = KillLatch(folder)
        self.standing: Standing | None = None
        self._identity: AccountIdentity | None = None
        self._others: list[SendGate] = []
        self._now = now

    def also(self, gate: SendGate) -> None:
        """Ask another gate too: whatever it refuses is refused, at the engine and the adapter."""
        self._others.append(gate)

    def know(self, identity: AccountIdentity, standing: Standing | None) -> None:
        """Take what the venue says of the account now; no `standing` where nothing can sign."""
        self._identity, self.standing = identity, standing

    def __call__(self, reduces: bool, /) -> GateRefusal | None:
        """Why an order must not be sent now; None when it may."""
        told = self._own(reduces)
        if told is not None:
            return told
        for other in self._others:
            refused = other(reduces)
            if refused is not None:
                return GateRefusal(refused, code_of(refused))
        return None

    def _own(self, reduces: bool) -> GateRefusal | None:
        try:
            record = self.store.read()
        except OSError as error:
            return GateRefusal(f"{self.store.path}: {error.strerror}", "arming_unreadable")
        except ConfigError as error:
            return GateRefusal(str(error), "arming_unreadable")
        if record is None:
            return CLOSED
        return self._never(record, reduces) or (None if reduces else self._entry(record))

    def _never(self, record: ArmingRecord, reduces: bool) -> GateRefusal | None:
        """What closes the gate for exits too: it is not this account that was armed."""
        identity = self._identity
        if identity is None:
            told = "the account has not been read from the venue yet, so nothing is sent"
            return GateRefusal(told, "account_unread")
        for problem in identity.problems:
            if not (reduces and problem.code == MODE):
                return GateRefusal(problem.text, problem.code)
        if self.standing is None:
            return GateRefusal("no key that signs is set", "signer_missing")
        change = change_of(record, self.standing)
        return GateRefusal(change.text, change.code) if change and change.foreign else None

    def _entry(self, record: ArmingRecord) -> GateRefusal | None:
        kill = self.latch.read()
        if kill is not None:
            return GateRefusal(f"the kill switch is engaged: {kill.reason}", "kill_switch")
        if not record.armed:
            return GateRefusal(f"live trading was disarmed: {record.reason}", "disarmed")
        change = None if self.standing is None else change_of(record, self.standing)
        if change is not None:
            return GateRefusal(change.text, change.code)
        until = None if self.standing is None else self.standing.signer_until
        if until is not None and self._now() >= until:
            return GateRefusal(f"the agent's permission ended at {until}", "signer_expired")
        return None


def why_disarm(gate: ArmingGate) -> GateRefusal | None:
    """What an armed record must be ended for, None where it may go on."""
    record = gate.store.read()
    if record is None or not record.armed or gate.standing is None:
        return None
    kill = gate.latch.read()
    if kill is not None:
        return GateRefusal(f"killed: {kill.reason}", "killed")
    change = change_of(record, gate.standing)
    return None if change is None else GateRefusal(change.text, change.code)
