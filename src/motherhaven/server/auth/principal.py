"""Who makes a request, found out once and handed on from there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from starlette.types import Scope

from motherhaven.server.auth.keys.cache import ApiKey
from motherhaven.server.auth.policy import Policy
from motherhaven.stores.share_links import ShareLink

PRINCIPAL_ENTRY: Final = "motherhaven.principal"
POLICY_ENTRY: Final = "motherhaven.policy"
"""Where a request's ASGI scope holds its Principal, and the Policy that let it in."""


class PrincipalKind(StrEnum):
    """By what a caller is known.

    KEY: a bot's own key, revoked or not. SHARED_KEY: LLM_BOT_API_KEY. SESSION: a browser that
    signed in. SHARE: a browser with an open share link. OPEN: this machine, where reading is
    open to it. ANONYMOUS: by nothing that is good.
    """

    KEY = "key"
    SHARED_KEY = "shared key"
    SESSION = "session"
    SHARE = "share"
    OPEN = "open"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A good session. `key`: the bot's key that it came from; None: the shared one."""

    name: str
    key: ApiKey | None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request.

    address: where from, behind a trusted proxy the client's. key: the bot's key whose rights
    these are, a session's and a link's too. session: a good one, though a key may count before
    it. confirmed_until: so long the session may give commands (Unix seconds).
    sent_key: a key was sent, right or wrong; looks_like_key: it has the form of a bot's.
    ended_link: a link's cookie came that opens nothing. foreign_host: reading is open to this
    machine, but the name that was asked for is not the server's.
    """

    kind: PrincipalKind
    address: str
    key: ApiKey | None = None
    session: SignedIn | None = None
    link: ShareLink | None = None
    confirmed_until: int | None = None
    sent_key: bool = False
    looks_like_key: bool = False
    ended_link: bool = False
    foreign_host: bool = False

    @property
    def bot_id(self) -> str | None:
        """The only bot that it sends for and sees; None: any."""
        return None if self.key is None else self.key.bot_id

    @property
    def may_control(self) -> bool:
        """Whether its session could give commands once it has confirmed."""
        session = self.session
        return session is not None and (session.key is None or "control" in session.key.scopes)

    @property
    def name(self) -> str:
        """As people know it: a key by name and id, never its secret."""
        own = "the shared key" if self.key is None else f"{self.key.name} ({self.key.id})"
        return f"{own}, dashboard" if self.kind is PrincipalKind.SESSION else own


def principal_of(scope: Scope) -> Principal:
    """Who makes this request, as the gate found."""
    found: Principal = scope[PRINCIPAL_ENTRY]
    return found


def policy_of(scope: Scope) -> Policy:
    """The policy that let this request in."""
    found: Policy = scope[POLICY_ENTRY]
    return found
