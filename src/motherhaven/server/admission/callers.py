"""Who a request comes from, as far as limits are concerned."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.types import Scope

from motherhaven.server.auth.principal import PrincipalKind, policy_of, principal_of


class CallerKind(StrEnum):
    """OWNER: the shared key, a session of it, or open reading on this machine. KEY: a bot's
    own key or a session of it. STRANGER: nobody was asked for a key."""

    OWNER = "owner"
    KEY = "key"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from (`address`, behind a trusted proxy the client's) and by what
    right: the id of a bot's key, the name of a session."""

    kind: CallerKind
    address: str
    key_id: str | None = None
    session: str | None = None

    @property
    def name(self) -> str:
        """Whom what this request takes is counted for."""
        return self.key_id or self.address


def caller_of(scope: Scope) -> Caller:
    """Whom limits count a request for that the gate let in."""
    who = principal_of(scope)
    if not policy_of(scope).is_personal:
        return Caller(CallerKind.STRANGER, who.address)
    kind = CallerKind.OWNER if who.key is None else CallerKind.KEY
    signed_in = who.session if who.kind is PrincipalKind.SESSION else None
    session = None if signed_in is None else signed_in.name
    return Caller(kind, who.address, who.key.id if who.key else None, session)
