"""Finds out who makes a request, from its key, its cookies and where it comes from."""

import hashlib
import hmac
from contextlib import suppress

from motherhaven.contract.errors import StoreError
from motherhaven.server.auth.keys.cache import ApiKey, ApiKeyCache, looks_like_key
from motherhaven.server.auth.principal import Principal, PrincipalKind, SignedIn
from motherhaven.server.auth.sessions.remote_revocation import RemoteRevocation
from motherhaven.server.auth.sessions.tokens import SessionClaims, Sessions
from motherhaven.server.auth.shares.links import KnownLinks, key_of_link
from motherhaven.server.config import ServerConfig, is_loopback
from motherhaven.server.http.request_facts import CONFIRMED, RequestFacts, host_name
from motherhaven.stores.share_links import TOKEN_FORM, ShareLink


class Authenticator:
    """Makes the Principal of each request; nothing else looks at keys and cookies."""

    def __init__(
        self,
        config: ServerConfig,
        sessions: Sessions,
        keys: ApiKeyCache,
        ended: RemoteRevocation,
        links: KnownLinks,
    ) -> None:
        self.keys = keys
        self.links = links
        self._config = config
        self._sessions = sessions
        self._ended = ended
        self._digest = _digest(config.api_key.encode()) if config.api_key else None

    @property
    def revision(self) -> int:
        """Changes whenever a session is revoked, or the bots' keys or the links change."""
        return self._sessions.revision + self.keys.revision + self.links.revision

    @property
    def has_known_key(self) -> bool:
        """Whether any key that is known could open this server."""
        return self._digest is not None or self.keys.any_active

    async def has_keys(self) -> bool:
        """Whether there is any key that could open this server, as far as the store tells."""
        if self._digest is None:
            with suppress(StoreError):
                await self.keys.refresh()
        return self.has_known_key

    async def authenticate(self, facts: RequestFacts) -> Principal:
        """Who makes a request, by what the store says of keys, sessions and links now.

        Raises:
            StoreError: the store does not answer; no key of it can be judged.
        """
        await self.keys.renew(facts.raw_header(b"x-api-key"))
        if any(TOKEN_FORM.fullmatch(token) for token in facts.share_tokens):
            await self.links.refresh()
            # Anybody may send such a cookie, and some stores are paid by the read.
            link = self.links.find(facts.share_tokens)
            if link is not None and link.key_id is not None:
                await self.keys.refresh()
        claims = [self._sessions.read(token) for token in facts.tokens]
        if any(claims):
            await self._ended.fresh()
        if any(one and one.key_id for one in claims):
            await self.keys.refresh()
        return self.identify(facts)

    def anonymous(self, facts: RequestFacts) -> Principal:
        """Who is asked for nothing."""
        return Principal(PrincipalKind.ANONYMOUS, self._address(facts))

    def identify(self, facts: RequestFacts) -> Principal:
        """Who makes a request, by what is known of keys, sessions and links."""
        given = facts.raw_header(b"x-api-key")
        claims = self._session(facts)
        session = None if claims is None else SignedIn(claims.name, self._key_of(claims))
        key, kind, link = self.keys.find(given), PrincipalKind.ANONYMOUS, None
        if key is not None:
            kind = PrincipalKind.KEY
        elif self.knows_key(given):
            kind = PrincipalKind.SHARED_KEY
        elif session is not None:
            kind, key = PrincipalKind.SESSION, session.key
        elif not facts.all_values(b"x-api-key"):
            link = self.share_of(facts.share_tokens)
        if link is not None:
            kind, key = PrincipalKind.SHARE, key_of_link(link)
        foreign_host = False
        if kind is PrincipalKind.ANONYMOUS and self._is_open_to(facts):
            foreign_host = host_name(facts.header(b"host")) not in self._config.hosts
            kind = PrincipalKind.ANONYMOUS if foreign_host else PrincipalKind.OPEN
        return Principal(
            kind,
            self._address(facts),
            key=key,
            session=session,
            link=link,
            confirmed_until=self._confirmed(facts, claims),
            sent_key=given is not None,
            looks_like_key=looks_like_key(given),
            ended_link=link is None and bool(facts.share_tokens),
            foreign_host=foreign_host,
        )

    def knows_key(self, given: bytes | None) -> bool:
        """Whether this is the server's key; takes the same time for every wrong one."""
        if given is None or self._digest is None:
            return False
        return hmac.compare_digest(_digest(given), self._digest)

    def share_of(self, tokens: list[str]) -> ShareLink | None:
        """The open link of these tokens, if its maker still may see what it shows."""
        link = self.links.find(tokens) if tokens else None
        return link if link is not None and self.may_share(link) else None

    def may_share(self, link: ShareLink) -> bool:
        """Whether the rights with which a link was made are still there."""
        if link.key_id is None:
            return True
        key = self.keys.reader(link.key_id)
        return key is not None and key.bot_id in (None, link.bot_id)

    def _session(self, facts: RequestFacts) -> SessionClaims | None:
        """The first good session, whose key still may read."""
        for token in facts.tokens:
            claims = self._sessions.read(token)
            if claims and (claims.key_id is None or self.keys.reader(claims.key_id)):
                return claims
        return None

    def _key_of(self, claims: SessionClaims) -> ApiKey | None:
        return self.keys.reader(claims.key_id) if claims.key_id else None

    def _confirmed(self, facts: RequestFacts, claims: SessionClaims | None) -> int | None:
        given = None if claims is None else facts.header(CONFIRMED)
        if claims is None or given is None:
            return None
        return self._sessions.confirmed_until(claims.name, given)

    def _address(self, facts: RequestFacts) -> str:
        """The client's address where a trusted proxy tells it, else the peer's."""
        return self._config.proxies.client(facts.peer, facts.headers)

    def _is_open_to(self, facts: RequestFacts) -> bool:
        """Whether reading is open to this machine, and the request comes from it."""
        return self._config.open_reading and is_loopback(facts.peer) and self._direct(facts)

    def _direct(self, facts: RequestFacts) -> bool:
        """No proxy in between, or only the development proxy of this machine."""
        forwarded = facts.forwarded
        if not forwarded:
            return True
        return self._config.dev_proxy and all(self._local(*item) for item in forwarded)

    def _local(self, name: bytes, value: bytes) -> bool:
        parts = [part.strip() for part in value.decode("latin-1").split(",")]
        if name == b"x-forwarded-host":
            return all(host_name(part) in self._config.hosts for part in parts)
        if name == b"x-forwarded-for":
            return all(is_loopback(part) for part in parts)
        return name in {b"x-forwarded-proto", b"x-forwarded-port"}


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
