"""The outermost layer: security headers on every answer, and no odd text behind it."""

import logging
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from motherhaven.server.http.headers import SecureSend
from motherhaven.server.http.request_facts import at_root
from motherhaven.server.http.text_checks import odd_text
from motherhaven.server.wire.problems import answer, internal_problem

LOG: Final = logging.getLogger("motherhaven.server")

DIRECT_SEND: Final = "motherhaven.send"
"""Where a stream finds the server's own `send`, for all after the first message."""


class SecurityMiddleware:
    """Adds headers, refuses odd text, tells faults to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        scope, out = at_root(scope), SecureSend(send)
        scope[DIRECT_SEND] = send
        try:
            problem = odd_text(scope)
            app = self._app if problem is None else answer(problem)
            await app(scope, receive, out)
        except Exception:
            # The last boundary: whatever was not foreseen becomes a clean 500 and a log line.
            LOG.exception("a request failed: %s %s", scope["method"], scope["path"])
            if not out.started:
                await answer(internal_problem())(scope, receive, out)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)
