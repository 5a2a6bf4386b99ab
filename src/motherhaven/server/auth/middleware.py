"""The gate: who makes a request is found out once, and judged by the route's policy."""

from contextlib import ExitStack
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from motherhaven.contract.errors import StoreError
from motherhaven.server.auth.authenticate import Authenticator
from motherhaven.server.auth.authorize import Authorizer, cross_site_problem
from motherhaven.server.auth.keys.use import KeyUse
from motherhaven.server.auth.policy import Policy, Routes, Rule
from motherhaven.server.auth.principal import POLICY_ENTRY, PRINCIPAL_ENTRY, Principal
from motherhaven.server.auth.standing import (
    STANDING_ENTRY,
    RightEndedError,
    Standing,
    WhileAllowed,
    standing_of,
)
from motherhaven.server.auth.visible.cursor_seal import CursorSeal
from motherhaven.server.auth.visible.viewer import viewing
from motherhaven.server.http.pages import key_page, plain_page
from motherhaven.server.http.request_facts import HEARD, RequestFacts
from motherhaven.server.http.security import LOG
from motherhaven.server.refusals import Refusals
from motherhaven.server.wire.problems import TOO_MANY_ATTEMPTS, Problem, answer, problem_of

_DOCUMENTS: Final = frozenset({"GET", "HEAD"})


class AuthMiddleware:
    """Refuses whom the policy refuses: with JSON, or for a page with the key page.

    Who comes in with a key that is bound to one bot sees that bot alone.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Routes,
        authenticator: Authenticator,
        authorizer: Authorizer,
        uses: KeyUse,
        refusals: Refusals,
        seal: CursorSeal,
    ) -> None:
        self._app = app
        self._routes = routes
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._uses = uses
        self._refusals = refusals
        self._seal = seal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy, facts = self._routes.policy_of(scope["path"]), RequestFacts(scope)
        who = self._authenticator.anonymous(facts)
        problem = cross_site_problem(policy, facts)
        if problem is None and policy.rule is not Rule.PUBLIC:
            try:
                who = await self._authenticator.authenticate(facts)
                problem = self._authorizer.refusal(who, policy, facts)
                if problem is None and policy.is_personal and who.bot_id is not None:
                    await self._seal.ready()
            except StoreError as error:
                LOG.error("no key can be judged: %s", error)
                problem = problem_of(error)
        if problem is not None:
            response = await self._refused(problem, policy, facts, who, scope)
            await response(scope, receive, send)
            return
        scope[PRINCIPAL_ENTRY], scope[POLICY_ENTRY] = who, policy
        scope[STANDING_ENTRY] = Standing(self._authenticator, self._authorizer, who, policy, facts)
        with ExitStack() as held:
            self._enter(held, who if policy.is_personal else None, facts)
            sending = WhileAllowed(send, standing_of(scope)) if policy.is_personal else send
            try:
                await self._app(scope, receive, sending)
            except RightEndedError:
                LOG.info(
                    "the rest of an answer was not sent: the key, session or share link that "
                    "asked for it is no longer valid; sign in again, or use a valid key"
                )

    def _enter(self, held: ExitStack, who: Principal | None, facts: RequestFacts) -> None:
        """What lasts as long as the request does."""
        if who is not None and who.key is not None:
            held.enter_context(self._authenticator.keys.stream(who.key))
            if who.link is None:
                self._uses.note(who.key.id)
            held.enter_context(self._authenticator.links.watched(who.link))
        held.enter_context(viewing(who, facts.header(HEARD)))

    async def _refused(
        self, problem: Problem, policy: Policy, facts: RequestFacts, who: Principal, scope: Scope
    ) -> ASGIApp:
        if problem.code == TOO_MANY_ATTEMPTS:
            await self._authorizer.guesses.hold(who.address)
        if policy.recorded:
            await self._refusals.of_stranger(problem, policy.rule.value)
        if policy.rule is Rule.PAGE and _is_document(facts):
            return await self._page(problem, scope)
        return answer(problem)

    async def _page(self, problem: Problem, scope: Scope) -> ASGIApp:
        if problem.status != 401:
            return plain_page("Closed", f"{problem}; {problem.fix}.", problem.status)
        query = scope.get("query_string", b"").decode("latin-1")
        path = quote(scope["path"], safe="/") + (f"?{query}" if query else "")
        return key_page(has_key=await self._authenticator.has_keys(), next_path=path)


def _is_document(facts: RequestFacts) -> bool:
    """Pages have no file extension; scripts, fonts and data files have one."""
    return facts.method in _DOCUMENTS and "." not in facts.path.rpartition("/")[2]
