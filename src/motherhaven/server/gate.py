"""The layer that applies each route's rule before the route runs."""

from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from motherhaven.contract.errors import StoreError
from motherhaven.server.access import Door, Rule, Visitor, rule_of
from motherhaven.server.keypage import key_page, plain_page
from motherhaven.server.keyring import SCOPE_ENTRY
from motherhaven.server.problems import Problem, answer, problem_of

_DOCUMENTS: Final = frozenset({"GET", "HEAD"})


class Gate:
    """Refuses whom the door refuses: with JSON, or for a page with the key page."""

    def __init__(self, app: ASGIApp, door: Door, *, has_key: bool) -> None:
        self._app = app
        self._door = door
        self._has_key = has_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = rule_of(scope["path"])
        visitor = Visitor(scope)
        problem = await self._refusal(rule, visitor)
        if problem is None:
            key = self._door.keys.find(visitor.raw_header(b"x-api-key"))
            scope[SCOPE_ENTRY] = key
            with self._door.keys.stream(key):
                await self._app(scope, receive, send)
            return
        response: ASGIApp = answer(problem)
        if rule is Rule.PAGE and _is_document(visitor):
            response = self._page(problem, scope)
        await response(scope, receive, send)

    async def _refusal(self, rule: Rule, visitor: Visitor) -> Problem | None:
        if rule is not Rule.PUBLIC:
            try:
                await self._door.keys.renew(visitor.raw_header(b"x-api-key"))
            except StoreError as error:
                return problem_of(error)
        return self._door.refusal(rule, visitor)

    def _page(self, problem: Problem, scope: Scope) -> ASGIApp:
        if problem.status != 401:
            return plain_page("Closed", f"{problem}; {problem.fix}.", problem.status)
        query = scope.get("query_string", b"").decode("latin-1")
        path = quote(scope["path"], safe="/") + (f"?{query}" if query else "")
        return key_page(has_key=self._has_key, next_path=path)


def _is_document(visitor: Visitor) -> bool:
    """Pages have no file extension; scripts, fonts and data files have one."""
    return visitor.method in _DOCUMENTS and "." not in visitor.path.rpartition("/")[2]
