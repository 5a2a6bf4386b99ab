"""uvicorn's HTTP protocol with the bounds it lacks.

A request's head and body have deadlines, heads a size, answers a reader; connections
beyond the bound are turned away. All of it costs a timer, not a task.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from motherhaven.server.config import Limits

_HEADERS: Final = b"x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: "
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n" + _HEADERS + b"0\r\n\r\n"
)
_TOO_SLOW_BODY: Final = (
    b'{"success":false,"error":{"code":"too_slow","message":"the body did not arrive in time",'
    b'"fix":"send it again over a faster connection"}}'
)
_TOO_SLOW: Final = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\n"
    + _HEADERS
    + b"%d\r\n\r\n%b" % (len(_TOO_SLOW_BODY), _TOO_SLOW_BODY)
)


class BoundedProtocol(HttpToolsProtocol):
    """One connection, bounded by `limits`."""

    limits = Limits()
    _late: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Turn the connection away if there are too many; else await its first head."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._expect(self.limits.header_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and with it every deadline."""
        self._arrived()
        self._flows()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that does not end."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.limits.header_bytes:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A head begins, the first one or the next on a kept connection."""
        super().on_message_begin()
        self._in_head = True
        if self._late is None:
            self._expect(self.limits.header_seconds, self.transport.abort)

    def on_headers_complete(self) -> None:
        """The head is whole; its body has a deadline too."""
        self._in_head, self._head_bytes = False, 0
        self._arrived()
        super().on_headers_complete()
        self._expect(self.limits.body_seconds, self._refuse_slow_body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._arrived()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read; give it some time."""
        super().pause_writing()
        if self._stalled is None:
            seconds = self.limits.send_seconds
            self._stalled = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._flows()
        super().resume_writing()

    def _expect(self, seconds: float, otherwise: Callable[[], None]) -> None:
        self._late = self.loop.call_later(seconds, otherwise)

    def _arrived(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _flows(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _refuse_slow_body(self) -> None:
        if not self.cycle.response_started:
            self.transport.write(_TOO_SLOW)
        self.transport.close()


def bounded_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol class of a server with these limits."""
    return type("LimitedProtocol", (BoundedProtocol,), {"limits": limits})
