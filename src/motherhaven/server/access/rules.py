"""Who may come in: one rule for each route, checked before the route runs."""

import hashlib
import hmac
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from motherhaven.contract.errors import StoreError
from motherhaven.server.access.callers import Caller, CallerKind
from motherhaven.server.access.cross_site import cross_site_problem
from motherhaven.server.access.guesses import Guesses
from motherhaven.server.access.keyring import BotKey, Keyring, KeyScope, looks_like_key
from motherhaven.server.access.sessions import Sessions, Ticket
from motherhaven.server.access.visitors import Rule, Visitor
from motherhaven.server.config import ServerConfig, is_loopback
from motherhaven.server.wire.problems import Problem, too_many_attempts

API: Final = "/api/llm-bot"

RULES: Final[dict[str, Rule]] = {
    "/": Rule.PUBLIC,
    "/healthz": Rule.PUBLIC,
    "/readyz": Rule.PUBLIC,
    "/api/openapi.json": Rule.READ,
    **{f"{API}/ingest/{name}": Rule.INGEST for name in ("decision", "account", "position")},
    **{f"{API}/ingest/{name}": Rule.INGEST for name in ("status", "batch")},
    **{f"{API}/{name}": Rule.FORM for name in ("login", "logout")},
    **{f"{API}/{name}": Rule.READ for name in ("decisions", "positions", "account", "status")},
    f"{API}/account/history": Rule.READ,
    **{f"{API}/{name}": Rule.READ for name in ("bots", "feed", "decision", "text", "trades")},
    f"{API}/text/download": Rule.READ,
    **{f"{API}/{name}": Rule.READ for name in ("trade", "equity", "errors", "session", "live")},
    **{f"{API}/{name}": Rule.READ for name in ("metrics", "candles", "outcome", "compare")},
    **{f"{API}/{name}": Rule.READ for name in ("errors/groups", "export", "event", "events")},
    "/{path:path}": Rule.PAGE,
}
"""Every route and its rule; a test fails for a route that is missing here."""


KEY_SCOPES: Final[dict[Rule, KeyScope]] = {
    Rule.INGEST: "ingest",
    Rule.READ: "read",
    Rule.PAGE: "read",
}
"""What a bot's own key needs at a route; the shared key opens all. A rule that is not here
asks for no key."""


def rule_of(path: str) -> Rule:
    """The rule for a request's path. What is not listed is closed."""
    rule = RULES.get(path) or RULES.get(path.rstrip("/"))
    if rule is not None:
        return rule
    return Rule.READ if path.startswith("/api") else Rule.PAGE


class Door:
    """Decides about each visitor by the rule of the route."""

    def __init__(
        self, config: ServerConfig, sessions: Sessions, guesses: Guesses, keys: Keyring
    ) -> None:
        self.keys = keys
        self.guesses = guesses
        self._config = config
        self._sessions = sessions
        self._digest = _digest(config.api_key.encode()) if config.api_key else None

    @property
    def revision(self) -> int:
        """Changes whenever a session is revoked or the bots' keys change."""
        return self._sessions.revision + self.keys.revision

    def refusal(self, rule: Rule, visitor: Visitor) -> Problem | None:
        """Why the visitor may not come in; None when it may."""
        foreign = cross_site_problem(rule, visitor)
        if foreign is not None or rule is Rule.PUBLIC:
            return foreign
        if rule is Rule.FORM:
            return self._refuse_form(visitor)
        key = self.keys.find(visitor.raw_header(b"x-api-key"))
        if key is not None:
            return _refuse_key(key, KEY_SCOPES[rule])
        if rule is Rule.INGEST:
            return self._refuse_ingest(visitor)
        if self.knows_key(visitor.raw_header(b"x-api-key")) or self.session_of(visitor):
            return None
        return self._refuse_reading(visitor)

    async def renew(self, visitor: Visitor) -> None:
        """Have the bots' keys fresh where the visitor comes with one, or with a session of one.

        Raises:
            StoreError: the store does not answer; no key of it can be judged.
        """
        await self.keys.renew(visitor.raw_header(b"x-api-key"))
        tickets = (self._sessions.read(token) for token in visitor.tokens)
        if any(ticket and ticket.key_id for ticket in tickets):
            await self.keys.refresh()

    def key_of(self, rule: Rule, visitor: Visitor) -> BotKey | None:
        """The bot's own key that lets the visitor in; None: the shared one, or none is needed.

        A cookie never sends records, so that no foreign page can have a browser do it.
        """
        given = visitor.raw_header(b"x-api-key")
        key = self.keys.find(given)
        if key is not None or rule is Rule.INGEST or self.knows_key(given):
            return key
        ticket = self.session_of(visitor)
        return self.keys.reader(ticket.key_id) if ticket and ticket.key_id else None

    def caller_of(self, rule: Rule, visitor: Visitor, key: BotKey | None) -> Caller:
        """Whom limits count the visitor as, who came in with `key` or the shared one."""
        address = self.address_of(visitor)
        if rule in (Rule.PUBLIC, Rule.FORM):
            return Caller(CallerKind.STRANGER, address)
        given = visitor.raw_header(b"x-api-key")
        by_header = self.knows_key(given) or self.keys.find(given) is not None
        ticket = None if by_header or rule is Rule.INGEST else self.session_of(visitor)
        kind = CallerKind.OWNER if key is None else CallerKind.KEY
        return Caller(kind, address, key.id if key else None, ticket.name if ticket else None)

    async def has_keys(self) -> bool:
        """Whether there is any key that could open this server, as far as the store tells."""
        if self._digest is None:
            with suppress(StoreError):
                await self.keys.refresh()
        return self._digest is not None or self.keys.any_active

    def refuse_sign_in(self, key: bytes) -> Problem | None:
        """Why this key cannot sign a browser in; None when it can."""
        if self.knows_key(key):
            return None
        known = self.keys.find(key)
        return WRONG_KEY if known is None else _refuse_key(known, "read")

    def knows_key(self, given: bytes | None) -> bool:
        """Whether this is the server's key; takes the same time for every wrong one."""
        if given is None or self._digest is None:
            return False
        return hmac.compare_digest(_digest(given), self._digest)

    def session_of(self, visitor: Visitor) -> Ticket | None:
        """The visitor's valid session, if it has one whose key still may read."""
        for token in visitor.tokens:
            ticket = self._sessions.read(token)
            if ticket and (ticket.key_id is None or self.keys.reader(ticket.key_id)):
                return ticket
        return None

    def _refuse_ingest(self, visitor: Visitor) -> Problem | None:
        if self.knows_key(visitor.raw_header(b"x-api-key")):
            return None
        given = visitor.raw_header(b"x-api-key")
        if looks_like_key(given):
            return self._too_many(visitor) or _UNKNOWN_KEY
        if self._digest is None and not self.keys.any_active:
            return self._too_many(visitor) or _NO_KEY_SET
        return self._too_many(visitor) or Problem(
            401,
            "unauthorized",
            "the x-api-key header is missing" if given is None else "the key is wrong",
            "compare the bot's MOTHERHAVEN_API_KEY with the server's LLM_BOT_API_KEY; they must "
            "be equal; restart both after a change",
        )

    def _refuse_reading(self, visitor: Visitor) -> Problem | None:
        config = self._config
        if config.open_reading and is_loopback(visitor.peer) and self._direct(visitor):
            if host_name(visitor.header(b"host")) in config.hosts:
                return None
            return Problem(
                403,
                "foreign_host",
                "this host name is not one of this server's",
                "open http://localhost with the server's port, or add the name to "
                "MOTHERHAVEN_ALLOWED_HOSTS",
            )
        return self._too_many(visitor) or Problem(
            401,
            "unauthorized",
            "reading needs a key",
            "send LLM_BOT_API_KEY, or a key with the scope read, as x-api-key; or sign in at "
            "/llm-bot",
        )

    def _too_many(self, visitor: Visitor) -> Problem | None:
        """429 for a peer that has sent too many wrong keys; counts this one.

        The right key is let in before this is asked, so nobody, not even one behind the
        same proxy, can lock the bot out.
        """
        if visitor.raw_header(b"x-api-key") is None:
            return None
        wait = self.guesses.wrong(self.address_of(visitor))
        if wait <= 0:
            return None
        return too_many_attempts(wait, "too many wrong keys from this address")

    def address_of(self, visitor: Visitor) -> str:
        """The client's address where a trusted proxy tells it, else the peer's."""
        return self._config.proxies.client(visitor.peer, visitor.headers)

    def _direct(self, visitor: Visitor) -> bool:
        """No proxy in between, or only the development proxy of this machine."""
        forwarded = visitor.forwarded
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

    def _refuse_form(self, visitor: Visitor) -> Problem | None:
        origin = visitor.header(b"origin")
        if origin is None or self._own(origin, visitor):
            return None
        return Problem(
            403,
            "foreign_origin",
            "this form was sent from another site",
            "sign in on this server's own page; a proxy in between must pass on the Host header",
        )

    def _own(self, origin: str, visitor: Visitor) -> bool:
        place = urlsplit(origin).netloc.lower()
        hosts = {visitor.header(b"host"), *self._config.allowed_hosts}
        if self._config.dev_proxy and is_loopback(visitor.peer):
            hosts.add(visitor.header(b"x-forwarded-host"))
        return place != "" and place in {host.lower() for host in hosts if host}


def _refuse_key(key: BotKey, scope: KeyScope) -> Problem | None:
    """Why a bot's own key does not open a route that needs `scope`."""
    if key.revoked_at is not None:
        return Problem(
            401,
            "key_revoked",
            f"key {key.id} ({key.name}) was revoked",
            f"make a new one like it: motherhaven keys rotate {key.id}",
        )
    if scope in key.scopes:
        return None
    return Problem(
        403,
        "missing_scope",
        f"key {key.id} ({key.name}) lacks the scope {scope}; it has {', '.join(key.scopes)}",
        f"make one that has it: motherhaven keys create --name NAME --scope {scope}",
    )


_NO_KEY_SET: Final = Problem(
    401,
    "no_key_set",
    "this server has no key, so it takes no events",
    "set LLM_BOT_API_KEY in the server's environment or .env.local and restart it; give the "
    "bot the same value as MOTHERHAVEN_API_KEY",
)
_UNKNOWN_KEY: Final = Problem(
    401,
    "unauthorized",
    "the key is wrong: this server's store knows no such key",
    "copy it again, whole; `motherhaven keys list` shows the keys of the server's store",
)
WRONG_KEY: Final = Problem(
    401,
    "unauthorized",
    "That key is not this server's",
    "enter the server's LLM_BOT_API_KEY, or a key with the scope read",
)


def host_name(header: str | None) -> str | None:
    """The name in a Host header without its port, in lower case; None if malformed."""
    if not header:
        return None
    name, _, port = header.rpartition(":") if _has_port(header) else (header, "", "")
    if port and not port.isdecimal():
        return None
    return name.strip("[]").lower()


def _has_port(header: str) -> bool:
    return ":" in header and not header.endswith("]")


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
