"""Who a request comes from, as far as limits are concerned."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from starlette.types import Scope

CALLER_ENTRY: Final = "motherhaven.caller"
"""Where a request's ASGI scope holds its Caller."""


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
    """The caller that the gate found."""
    known: Caller | None = scope.get(CALLER_ENTRY)
    if known is not None:
        return known
    client = scope.get("client")
    return Caller(CallerKind.STRANGER, client[0] if client else "")
