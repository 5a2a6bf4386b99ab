"""What was armed: an account, its signer, the limits and the most that may be lost."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, get_args

from motherhaven.bot.execution.identity import AccountIdentity, Network
from motherhaven.contract.errors import ConfigError, ContractError
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.limits import LIMIT_NAMES, RiskLimits
from motherhaven.contract.money import plain, to_decimal
from motherhaven.contract.times import format_time

VERSION: Final = 1
MAX_BYTES: Final = 64 * 1024
_TEXT: Final = 2_000
_TIMES: Final = ("armed_at", "signer_until", "disarmed_at")
_MONEY: Final = ("max_loss", "start_equity")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a bot would trade with now: compared with what was armed."""

    venue: str
    network: Network
    account: str
    signer: str
    mode: str
    limits: Mapping[str, str | None]
    coins: tuple[str, ...]
    signer_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArmingRecord:
    """An account that was armed by hand, for a loss of at most `max_loss` USD.

    The loss is counted from `start_equity`, net of what was paid in or out since. `session`
    names this arming. A record is kept when it is disarmed: what was armed once may be closed.
    """

    session: str
    armed_at: datetime
    venue: str
    network: Network
    account: str
    signer: str
    mode: str
    limits: Mapping[str, str | None]
    coins: tuple[str, ...]
    max_loss: Decimal
    start_equity: Decimal
    signer_until: datetime | None = None
    disarmed_at: datetime | None = None
    code: str = field(default="")
    reason: str = field(default="")

    @property
    def armed(self) -> bool:
        """Whether it still holds."""
        return self.disarmed_at is None

    def disarmed(self, at: datetime, code: str, reason: str) -> "ArmingRecord":
        """The record at its end; the first reason stays."""
        if not self.armed:
            return self
        return replace(self, disarmed_at=at, code=code, reason=reason[:_TEXT])


def standing_of(identity: AccountIdentity, limits: RiskLimits) -> Standing:
    """What this account and these limits are, for comparison with what was armed.

    Raises:
        ConfigError: the account has no signer, so nothing could be sent.
    """
    if identity.signer is None:
        raise ConfigError(
            f"{identity.account}: no key that signs is set; give the agent wallet's in .env"
        )
    return Standing(
        identity.venue, identity.network, identity.account.lower(), identity.signer.lower(),
        identity.mode, limits.shown(), tuple(sorted(limits.coins)), identity.signer_until,
    )  # fmt: skip


def arm(
    standing: Standing, session: str, now: datetime, equity: Decimal, max_loss: Decimal
) -> ArmingRecord:
    """The record of an account that is armed now. Money in USD.

    Raises:
        ConfigError: `max_loss` is not above 0, or more than the account has.
    """
    if not 0 < max_loss <= equity:
        raise ConfigError(
            f"{plain(max_loss)} USD cannot be the most that may be lost: write an amount above 0 "
            f"and at most the account's equity, {plain(equity)} USD"
        )
    return ArmingRecord(
        session, now, standing.venue, standing.network, standing.account, standing.signer,
        standing.mode, standing.limits, standing.coins, max_loss, equity, standing.signer_until,
    )  # fmt: skip


def encode(record: ArmingRecord) -> bytes:
    """The record as it stands on disk: versioned, with a digest of all of it."""
    body = _body(record)
    return dumps({"version": VERSION, "digest": _digest(body), "record": body})


def decode(data: bytes) -> ArmingRecord:
    """The record of its bytes.

    Raises:
        ConfigError: it is of a newer version, was changed by hand, or is damaged.
    """
    try:
        known = loads(data) if len(data) <= MAX_BYTES else None
        if not isinstance(known, dict) or known.get("version") != VERSION:
            raise ValueError("another version")
        body = known["record"]
        if known["digest"] != _digest(body):
            raise ValueError("changed by hand")
        return _record(body)
    except (ContractError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"the arming record does not say what was armed ({error}); arm again: motherhaven arm"
        ) from None


def _body(record: ArmingRecord) -> dict[str, Any]:
    body = asdict(record)
    for name in _TIMES:
        body[name] = None if body[name] is None else format_time(body[name])
    for name in _MONEY:
        body[name] = plain(body[name])
    return {**body, "limits": dict(record.limits), "coins": list(record.coins)}


def _record(body: Mapping[str, Any]) -> ArmingRecord:
    values = dict(body)
    for name in _TIMES:
        value = values[name]
        values[name] = None if value is None else datetime.fromisoformat(value)
    for name in _MONEY:
        values[name] = to_decimal(values[name], name)
    limits = values["limits"]
    if set(limits) != set(LIMIT_NAMES) or values["network"] not in get_args(Network):
        raise ValueError("other limits than this version has")
    return ArmingRecord(**{**values, "coins": tuple(map(str, values["coins"]))})


def _digest(body: Mapping[str, Any]) -> str:
    return sha256(dumps(body)).hexdigest()
