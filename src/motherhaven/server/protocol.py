"""uvicorn's HTTP protocol with the bounds it lacks.

A request's head and body have deadlines, heads a size, answers a reader. Where connections
are at their bound, the one that has waited longest without a request makes room. All of it
costs a timer, not a task.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from motherhaven.server.config import Limits
from motherhaven.server.http.headers import raw_answer

_TOO_MANY: Final = raw_answer(
    503,
    "too_many_connections",
    "the server has as many connections at once as it takes, all of them in use",
    "connect again after the time in Retry-After",
    5,
)
_TOO_SLOW: Final = raw_answer(
    408,
    "too_slow",
    "the body did not arrive in time",
    "send it again over a faster connection",
)
_MALFORMED: Final = raw_answer(
    400, "malformed_request", "this is not an HTTP/1.1 request", "use an HTTP client library"
)
_LONG_HEAD: Final = raw_answer(
    431, "head_too_large", "the request's headers are too large", "send fewer or shorter headers"
)


class BoundedProtocol(HttpToolsProtocol):
    """One connection, bounded by `limits`."""

    limits = Limits()
    waiting: "OrderedDict[BoundedProtocol, None]" = OrderedDict()  # noqa: RUF012 - one a server
    """The connections without a whole head, the one that has waited longest first."""
    _late: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True
    _drained: int | None = None
    """Bytes thrown away since the last answer was written; None: the connection goes on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Await the first head; where there are too many connections, an idle one makes room."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections and not self._make_room():
            self._end_with(_TOO_MANY)
            return
        self.waiting[self] = None
        self._expect(self.limits.header_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and with it every deadline."""
        self._arrived()
        self._flows()
        self.waiting.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that does not end; throw away what is refused anyway."""
        if self._drained is not None:
            self._drained += len(data)
            if self._drained > self.limits.drain_bytes:
                self.transport.abort()
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._late is None and not self._answering:  # empty lines begin no message
                self._expect(self.limits.header_seconds, self.transport.abort)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.limits.header_bytes:
            self._end_with(_LONG_HEAD)

    def on_message_begin(self) -> None:
        """A head begins, the first one or the next on a kept connection."""
        super().on_message_begin()
        self._in_head = True
        if self._late is None:
            self._expect(self.limits.header_seconds, self.transport.abort)

    def on_headers_complete(self) -> None:
        """The head is whole; its body has a deadline too."""
        self._in_head, self._head_bytes = False, 0
        self.waiting.pop(self, None)
        self._arrived()
        super().on_headers_complete()
        if _has_body(self.headers):
            # Whoever is refused while it sends must be able to read the refusal.
            self.cycle.transport = _EndsSlowly(self.transport, self._drain)  # type: ignore[assignment]
        self._expect(self.limits.body_seconds, self._refuse_slow_body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._arrived()
        super().on_message_complete()
        self._in_head = True

    def on_response_complete(self) -> None:
        """Between requests this connection may have to make room for another."""
        if self._drained is not None:
            return
        super().on_response_complete()
        if not self.pipeline and not self.transport.is_closing():
            self.waiting[self] = None

    def pause_writing(self) -> None:
        """The client does not read; give it some time."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.limits.send_seconds, self._drop_stalled)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._flows()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed is refused in our form, with our headers."""
        self._refuse(_MALFORMED)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _drop_stalled(self) -> None:
        self.dropped_stalled()
        self.transport.abort()

    def dropped_stalled(self) -> None:
        """Called when a client is dropped because it did not read; for subclasses."""

    def _make_room(self) -> bool:
        while self.waiting:
            oldest, _ = self.waiting.popitem(last=False)
            if not oldest.transport.is_closing():
                oldest.transport.abort()
                return True
        return False

    def _end_with(self, data: bytes) -> None:
        self.transport.write(data)
        self._drain()

    def _drain(self) -> None:
        """End after the answer: no more is sent, and what still comes is thrown away.

        Closing at once would reset the connection, and the client could not read the answer.
        """
        if self._drained is not None or self.transport.is_closing():
            return
        self._drained = 0
        self.waiting.pop(self, None)
        self._arrived()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._expect(self.limits.drain_seconds, self.transport.abort)

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
        self._refuse(_TOO_SLOW)

    def _refuse(self, data: bytes) -> None:
        """Answer in the application's place, if nothing of an answer is out yet."""
        if self._answering:
            if self.cycle.response_started or self.pipeline:
                self.transport.abort()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._end_with(data)


class _EndsSlowly:
    """A transport for one answer, whose close() lets the client read it first."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        self.close = end
        self.is_closing = transport.is_closing
        self.write = transport.write


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def bounded_protocol(
    limits: Limits, on_stalled: Callable[[], None] = lambda: None
) -> type[asyncio.Protocol]:
    """The protocol class of a server with these limits.

    `on_stalled` is called when a client is dropped because it did not read.
    """
    parts = {
        "limits": limits,
        "waiting": OrderedDict(),
        "dropped_stalled": lambda _: on_stalled(),
    }
    return type("LimitedProtocol", (BoundedProtocol,), parts)
