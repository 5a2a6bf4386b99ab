"""Watches what was armed while the bot runs, and ends it when something is not as it was."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from motherhaven.bot.arming.gate import ArmingGate, why_disarm
from motherhaven.bot.arming.record import ArmingRecord, standing_of
from motherhaven.bot.execution.access import GateRefusal, code_of
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import plain


@dataclass(frozen=True, slots=True)
class News:
    """What the user must be told now; `code` of contract.reasons, None where all is well."""

    text: str
    code: str | None = None


class ArmingWatch:
    """The arming of one running bot. Money in USD.

    `look` is called every turn of the bot's loop: it reads what is on disk, ends what must
    end, and says each change once.
    """

    def __init__(self, gate: ArmingGate, limits: RiskLimits) -> None:
        self.gate = gate
        self.identity: AccountIdentity | None = None
        self.left: Decimal | None = None
        """What may still be lost before the arming ends; None while nothing is armed."""
        self._limits = limits
        self._refused: GateRefusal | None = None
        self._said: object = None

    @property
    def armed(self) -> bool:
        """Whether entries may be sent now."""
        return self._refused is None and self._said is not None

    @property
    def refusal(self) -> GateRefusal | None:
        """Why entries are not sent, as of the last look; None where they are."""
        return self._refused

    def know(self, identity: AccountIdentity) -> None:
        """Take who the account is, as the venue says it now."""
        self.identity = identity
        try:
            standing = standing_of(identity, self._limits)
        except ConfigError:
            standing = None
        self.gate.know(identity, standing)

    def look(
        self, now: datetime, equity: Decimal | None, flows: "Flows", killed: str | None = None
    ) -> list[News]:
        """What is new since the last look. `equity` None: it is not known now.

        `killed` says why the bot's own kill switch is engaged: from afar, or by a liquidation.

        Raises:
            ConfigError: a record that must end cannot be written; entries are refused.
        """
        news = self._end(now, equity, flows, killed)
        self._refused = self.gate(False)
        said = self._state()
        if said != self._said:
            self._said = said
            news.append(self._told())
        return news

    def shown(self) -> dict[str, Any]:
        """The state for people and for doctor: who the account is and whether it is armed."""
        identity, refused = self.identity, self._refused
        return {
            "account": None if identity is None else identity.account,
            "network": None if identity is None else identity.network,
            "armed": self.armed,
            "not_armed_why": None if refused is None else str(refused),
            "not_armed_code": None if refused is None else code_of(refused),
            "may_lose": None if self.left is None else plain(self.left),
        }

    def _end(
        self, now: datetime, equity: Decimal | None, flows: "Flows", killed: str | None
    ) -> list[News]:
        """Disarm what must be; a record that cannot be read is refused by the gate."""
        self.left = None
        try:
            record = self.gate.store.read()
            why = why_disarm(self.gate)
        except (ConfigError, OSError):
            return []
        if record is None or not record.armed:
            return []
        if why is None and killed is not None:
            why = GateRefusal(f"killed: {killed}", "killed")
        if why is None and equity is not None:
            self.left = left_to_lose(record, equity, flows)
            if self.left < 0:
                lost = plain(record.max_loss - self.left)
                told = f"{lost} USD are lost since it was armed; {plain(record.max_loss)} may be"
                why = GateRefusal(told, "max_loss")
        if why is not None and self.gate.store.disarm(now, why.code, str(why), record.session):
            self.left = None
            return [News(f"live trading is DISARMED: {why}", why.code)]
        return []

    def _state(self) -> object:
        refused = self._refused
        if refused is not None:
            return refused.code, str(refused)
        record = self.gate.store.read()
        return ("armed", None if record is None else record.session)

    def _told(self) -> News:
        if self._refused is not None:
            return News(f"no entries: {self._refused}", code_of(self._refused))
        record = self.gate.store.read()
        if record is None:
            return News("no entries: live trading is not armed", "not_armed")
        return News(
            f"live trading is ARMED for {record.account} at {record.venue} ({record.network}): at "
            f"most {plain(record.max_loss)} USD of {plain(record.start_equity)} may be lost"
        )


@dataclass(frozen=True, slots=True)
class Flows:
    """Money that was paid in (positive) or out, each with its time."""

    moved: tuple[tuple[datetime, Decimal], ...] = ()

    def since(self, time: datetime) -> Decimal:
        """What came in after `time`, in sum."""
        return sum((amount for at, amount in self.moved if at > time), Decimal(0))


def left_to_lose(record: ArmingRecord, equity: Decimal, flows: Flows) -> Decimal:
    """What may still be lost, in USD; below 0 when more than was allowed is lost."""
    net = equity - flows.since(record.armed_at)
    return net - (record.start_equity - record.max_loss)
