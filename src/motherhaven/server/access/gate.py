"""The layer that applies each route's rule before the route runs."""

from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from motherhaven.contract.errors import StoreError
from motherhaven.server.access.boundary import LOG
from motherhaven.server.access.callers import CALLER_ENTRY
from motherhaven.server.access.cross_site import cross_site_problem
from motherhaven.server.access.cursor_seal import CursorSeal
from motherhaven.server.access.key_use import KeyUse
from motherhaven.server.access.keypage import key_page, plain_page
from motherhaven.server.access.keyring import SCOPE_ENTRY
from motherhaven.server.access.refusals import Refusals
from motherhaven.server.access.rules import Door, rule_of
from motherhaven.server.access.visible import only
from motherhaven.server.access.visitors import Rule, Visitor
from motherhaven.server.wire.problems import TOO_MANY_ATTEMPTS, Problem, answer, problem_of

_DOCUMENTS: Final = frozenset({"GET", "HEAD"})
_KEYLESS: Final = frozenset({Rule.PUBLIC, Rule.FORM})


class Gate:
    """Refuses whom the door refuses: with JSON, or for a page with the key page.

    Who comes in with a key that is bound to one bot sees that bot alone.
    """

    def __init__(
        self, app: ASGIApp, door: Door, uses: KeyUse, refusals: Refusals, seal: CursorSeal
    ) -> None:
        self._app = app
        self._door = door
        self._uses = uses
        self._refusals = refusals
        self._seal = seal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = rule_of(scope["path"])
        visitor = Visitor(scope)
        problem = await self._refusal(rule, visitor)
        if problem is None:
            key = None if rule in _KEYLESS else self._door.key_of(rule, visitor)
            scope[SCOPE_ENTRY] = key
            scope[CALLER_ENTRY] = self._door.caller_of(rule, visitor, key)
            if key is not None:
                self._uses.note(key.id)
            with self._door.keys.stream(key), only(key.bot_id if key else None):
                await self._app(scope, receive, send)
            return
        if problem.code == TOO_MANY_ATTEMPTS:
            await self._door.guesses.hold(self._door.address_of(visitor))
        if rule is Rule.INGEST:
            await self._refusals.of_stranger(problem)
        response: ASGIApp = answer(problem)
        if rule is Rule.PAGE and _is_document(visitor):
            response = await self._page(problem, scope)
        await response(scope, receive, send)

    async def _refusal(self, rule: Rule, visitor: Visitor) -> Problem | None:
        foreign = cross_site_problem(rule, visitor)
        if foreign is not None:
            return foreign
        if rule is not Rule.PUBLIC:
            try:
                await self._door.renew(visitor)
                key = None if rule in _KEYLESS else self._door.key_of(rule, visitor)
                if key is not None and key.bot_id is not None:
                    await self._seal.ready()
            except StoreError as error:
                LOG.error("no key can be judged: %s", error)
                return problem_of(error)
        return self._door.refusal(rule, visitor)

    async def _page(self, problem: Problem, scope: Scope) -> ASGIApp:
        if problem.status != 401:
            return plain_page("Closed", f"{problem}; {problem.fix}.", problem.status)
        query = scope.get("query_string", b"").decode("latin-1")
        path = quote(scope["path"], safe="/") + (f"?{query}" if query else "")
        return key_page(has_key=await self._door.has_keys(), next_path=path)


def _is_document(visitor: Visitor) -> bool:
    """Pages have no file extension; scripts, fonts and data files have one."""
    return visitor.method in _DOCUMENTS and "." not in visitor.path.rpartition("/")[2]
