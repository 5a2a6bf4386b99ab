"""uvicorn's HTTP protocol with the bounds it lacks: late or huge heads, too many connections."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from motherhaven.server.boundary import ABORT
from motherhaven.server.config import Limits

_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\n"
    b"x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """Drops a connection whose request head is late or too large."""

    limits = Limits()
    _late: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn, but with a bound on connections and a deadline for the first head."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and with it the deadline."""
        self._head_arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that does not end."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.limits.header_bytes:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins: let the application drop this connection if it must."""
        super().on_message_begin()
        self._await_head()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # with a key of ours
        scope[ABORT] = self.transport.abort

    def on_headers_complete(self) -> None:
        """The head is whole; the body has its own deadline."""
        self._head_arrived()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._in_head = True
        if self._late is None:
            self._late = self.loop.call_later(self.limits.header_seconds, self.transport.abort)

    def _head_arrived(self) -> None:
        self._in_head, self._head_bytes = False, 0
        if self._late is not None:
            self._late.cancel()
            self._late = None


def bounded_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol class of a server with these limits."""
    return type("LimitedProtocol", (BoundedProtocol,), {"limits": limits})
