"""Whether a caller may come in at a route: one answer from who it is and the route's policy."""

from typing import Final

from motherhaven.server.auth import denials
from motherhaven.server.auth.authenticate import Authenticator
from motherhaven.server.auth.keys.cache import ApiKey, KeyScope
from motherhaven.server.auth.keys.guesses import Guesses
from motherhaven.server.auth.policy import Policy, Rule
from motherhaven.server.auth.principal import Principal, PrincipalKind
from motherhaven.server.auth.sessions.tokens import Sessions
from motherhaven.server.auth.shares.links import may_open
from motherhaven.server.config import ServerConfig, is_loopback
from motherhaven.server.http.request_facts import RequestFacts, place_of
from motherhaven.server.wire.problems import Problem, too_many_attempts

_OWN_SITES: Final = frozenset({b"same-origin", b"none"})
_READING: Final = frozenset({"GET", "HEAD"})


def cross_site_problem(policy: Policy, facts: RequestFacts) -> Problem | None:
    """Why a request that another site caused may not run; None when none did.

    Browsers tell it in Sec-Fetch-Site. A link to a page, which the user follows, is let
    through: the other site cannot see what it shows.
    """
    sites = facts.all_values(b"sec-fetch-site")
    if all(value.strip().lower() in _OWN_SITES for value in sites) or _is_link(policy, facts):
        return None
    return denials.CROSS_SITE


def _is_link(policy: Policy, facts: RequestFacts) -> bool:
    return (
        policy.linked_to
        and facts.method in _READING
        and facts.all_values(b"sec-fetch-mode") == [b"navigate"]
        and facts.all_values(b"sec-fetch-dest") == [b"document"]
    )


def refuse_key(key: ApiKey, scope: KeyScope) -> Problem | None:
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


class Authorizer:
    """Judges each caller by the policy of the route, and counts wrong keys."""

    def __init__(
        self,
        config: ServerConfig,
        authenticator: Authenticator,
        sessions: Sessions,
        guesses: Guesses,
    ) -> None:
        self._config = config
        self._sessions = sessions
        self._authenticator = authenticator
        self.guesses = guesses

    def refusal(self, who: Principal, policy: Policy, facts: RequestFacts) -> Problem | None:
        """Why the caller may not come in; None when it may."""
        if policy.own_pages and not self._is_own_page(facts):
            return denials.FOREIGN_ORIGIN
        if policy.scope is None or who.kind is PrincipalKind.SHARED_KEY:
            return None
        if policy.own_pages and facts.method != "POST":
            return None  # no form: the route itself says that it does not take the method
        if who.kind is PrincipalKind.KEY and who.key is not None:
            return refuse_key(who.key, policy.scope)
        if who.kind is PrincipalKind.SESSION and _takes_session(policy, who):
            return self._refuse_session(who, policy, facts)
        if policy.by_open_reading:
            if who.link is not None:
                shown = may_open(who.link, policy.links, facts.method, facts.path)
                return None if shown else denials.SHARE_ONLY
            if who.kind is PrincipalKind.OPEN:
                return None
            if who.foreign_host:
                return denials.FOREIGN_HOST
        return self._too_many(who) or self._unknown(who, policy)

    async def confirm(self, facts: RequestFacts, given: bytes) -> str | Problem:
        """What lets the browser's session give commands, for its own key; else why not.

        The session is looked at anew: it may have ended while the key was on its way.

        Raises:
            StoreError: the store does not answer.
        """
        keys = self._authenticator.keys
        await keys.renew(given)
        session = (await self._authenticator.authenticate(facts)).session
        if session is None:
            return denials.NO_SESSION
        own = keys.find(given)
        if session.key is None:
            is_right = self._authenticator.knows_key(given)
        else:
            is_right = own is not None and own.id == session.key.id
        if not is_right:
            return denials.WRONG_KEY
        refusal = None if own is None else refuse_key(own, "control")
        return refusal or self._sessions.confirmation(session.name)

    def _refuse_session(
        self, who: Principal, policy: Policy, facts: RequestFacts
    ) -> Problem | None:
        """Why a session does not do: to give commands it confirms first, on our own page."""
        if not policy.confirmed:
            return None
        if not self._is_own_page(facts):
            return denials.FOREIGN_ORIGIN
        refusal = None if who.key is None else refuse_key(who.key, "control")
        if refusal is not None:
            return refusal
        return denials.NOT_CONFIRMED if who.confirmed_until is None else None

    def _unknown(self, who: Principal, policy: Policy) -> Problem:
        """What somebody is told who comes with nothing that is good here."""
        if policy.rule is Rule.CONTROL:
            return denials.NO_CONTROL
        if policy.rule is Rule.FORM:
            return denials.NO_MAKER
        if policy.rule is not Rule.INGEST:
            return denials.SHARE_ENDED if who.ended_link else denials.NO_READER
        if who.looks_like_key:
            return denials.UNKNOWN_KEY
        if not self._authenticator.has_known_key:
            return denials.NO_KEY_SET
        return denials.WRONG_SENDER if who.sent_key else denials.NO_SENDER

    def _too_many(self, who: Principal) -> Problem | None:
        """429 for an address that has sent too many wrong keys; counts this one.

        The right key is let in before this is asked, so nobody, not even one behind the
        same proxy, can lock the bot out.
        """
        if not who.sent_key:
            return None
        wait = self.guesses.wrong(who.address)
        if wait <= 0:
            return None
        return too_many_attempts(wait, "too many wrong keys from this address")

    def _is_own_page(self, facts: RequestFacts) -> bool:
        """Whether a browser says that it was on our own page, or is no browser."""
        hosts = {facts.header(b"host"), *self._config.allowed_hosts}
        if self._config.dev_proxy and is_loopback(facts.peer):
            hosts.add(facts.header(b"x-forwarded-host"))
        own = {host.lower() for host in hosts if host}
        return all(place_of(origin) in own for origin in facts.all_values(b"origin"))


def _takes_session(policy: Policy, who: Principal) -> bool:
    """A read goes by the session though a wrong key came too; whatever changes something not."""
    return policy.by_session and (policy.by_open_reading or not who.sent_key)
