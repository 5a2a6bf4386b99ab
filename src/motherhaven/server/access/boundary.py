"""The outermost layer: security headers on every answer, bounds on all requests together."""

import logging
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from motherhaven.server.config import Limits
from motherhaven.server.wire.problems import Problem, answer, internal_problem

LOG: Final = logging.getLogger("motherhaven.server")

API_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"content-security-policy", API_POLICY.encode()),
    (b"cache-control", b"no-store"),
)
"""Set on every answer that does not set them itself. There is no CORS header anywhere."""

DIRECT_SEND: Final = "motherhaven.send"
"""Where a stream finds the server's own `send`, for all after the first message."""

_LONG_LIVED: Final = frozenset({"/api/llm-bot/live"})


class Boundary:
    """Adds headers, bounds the requests in flight, tells faults to the log."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        counted = scope["path"] not in _LONG_LIVED
        out = _Out(send)
        scope[DIRECT_SEND] = send
        if counted and self._running >= self._limits.requests:
            await answer(_BUSY)(scope, receive, out)
            return
        self._running += counted
        try:
            await self._app(scope, receive, out)
        except Exception:
            # The last boundary: whatever was not foreseen becomes a clean 500 and a log line.
            LOG.exception("a request failed: %s %s", scope["method"], scope["path"])
            if not out.started:
                await answer(internal_problem())(scope, receive, out)
        finally:
            self._running -= counted

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)


_BUSY: Final = Problem(
    503,
    "busy",
    "the server has as many requests at once as it takes",
    "send it again after the time in Retry-After",
    {"retry-after": "1"},
)


class _Out:
    """Sends with the security headers."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers += [item for item in SECURITY_HEADERS if item[0] not in present]
            message = {**message, "headers": headers}
        await self._send(message)
