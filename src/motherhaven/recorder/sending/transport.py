"""HTTP requests under one total deadline each, over the standard library.

Read timeouts of HTTP clients count from the last byte, so a server that sends one byte
a second holds them for ever. Here connecting, sending and reading share one deadline.
Redirects are never followed. One connection is kept open between calls.
"""

import errno
import http.client
import math
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from motherhaven.contract.errors import ConfigError, ShippingError

_MAX_ANSWER: Final = 8 << 20
_CHUNK: Final = 1 << 16
_MOST_INTERIM: Final = 20
_HIDDEN: Final = "[key]"
_SHORTEST_KEY: Final = 8
"""Characters: servers of ours take no shorter key, and a shorter one may be a common word."""
_REFUSED: Final = (errno.ECONNREFUSED, getattr(errno, "WSAECONNREFUSED", errno.ECONNREFUSED))


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names in lower case."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request; the seam between shipping and the network."""

    def post(self, path: str, body: bytes, timeout: float) -> Answer:
        """POST JSON to base URL + `path` within `timeout` seconds in all.

        Raises:
            ShippingError: no whole answer came; the message is the cause, in a few words.
        """
        ...

    def close(self) -> None:
        """Drop the connection for good; a call under way on another thread fails at once."""
        ...


class _Timed:
    """A socket whose every operation ends by `deadline` (of time.monotonic)."""

    deadline: float = math.inf

    def _arm(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(None if left == math.inf else left)  # type: ignore[attr-defined]  # a mixin for sockets

    def recv_into(self, *args: Any, **options: Any) -> int:
        self._arm()
        received: int = super().recv_into(*args, **options)  # type: ignore[misc]  # a mixin for sockets
        return received

    def send(self, *args: Any, **options: Any) -> int:
        self._arm()
        sent: int = super().send(*args, **options)  # type: ignore[misc]  # a mixin for sockets
        return sent


class _PlainSocket(_Timed, socket.socket):
    def sendall(self, *args: Any, **options: Any) -> None:
        self._arm()
        super().sendall(*args, **options)


class _TlsSocket(_Timed, ssl.SSLSocket):
    pass


class _Response(http.client.HTTPResponse):
    """Passes over interim answers (1xx), which the standard library does for 100 only."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INTERIM):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # no stub
            if not 100 < found[1] < 200 or found[1] == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return found
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("interim answers without an end")


class _Connection(http.client.HTTPConnection):
    """Connects by the deadline given before each request."""

    sock: _PlainSocket | _TlsSocket | None
    response_class = _Response

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self._context = context
        self.deadline = math.inf

    def connect(self) -> None:
        failure: OSError = TimeoutError()
        for family, kind, protocol, _, address in _addresses(self.host, self.port, self.deadline):
            plain = _PlainSocket(family, kind, protocol)
            plain.deadline = self.deadline
            try:
                plain._arm()
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sock = plain if self._context is None else self._wrap(plain, self._context)
            except OSError as error:
                failure = error
                plain.close()
            else:
                return
        raise failure

    def _wrap(self, plain: _PlainSocket, context: ssl.SSLContext) -> _TlsSocket:
        plain._arm()
        secure = context.wrap_socket(plain, server_hostname=self.host)
        assert isinstance(secure, _TlsSocket)
        secure.deadline = self.deadline
        return secure


class HttpTransport:
    """Asks one server with one key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        """
        Raises:
            ConfigError: the URL or the key cannot be used; never shows the key.
        """
        try:
            parts = urlsplit(base_url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme not in {"http", "https"} or not _fits_request(parts.path):
            raise ConfigError(
                "MOTHERHAVEN_API_URL must be a full address, e.g. http://localhost:3000"
            ) from None
        if not api_key.isascii() or not api_key.isprintable():
            raise ConfigError(
                "MOTHERHAVEN_API_KEY holds characters that cannot travel in a header; "
                "use letters, digits and punctuation"
            )
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json", "x-api-key": api_key}
        context = _tls_context() if parts.scheme == "https" else None
        port = port or (443 if context else 80)
        self._host, self._port, self._context = host, port, context
        self._connection: _Connection | None = None
        self._closed = False

    def post(self, path: str, body: bytes, timeout: float) -> Answer:
        """As Transport.post."""
        return self._call("POST", path, body, timeout)

    def get(self, path: str, timeout: float) -> Answer:
        """GET base URL + `path` within `timeout` seconds in all.

        Raises:
            ShippingError: no whole answer came; the message is the cause, in a few words.
        """
        return self._call("GET", path, None, timeout)

    def _call(self, method: str, path: str, body: bytes | None, timeout: float) -> Answer:
        deadline = time.monotonic() + timeout
        self._drop_if_stale()
        fresh = self._connection is None
        try:
            return self._attempt(method, path, body, deadline)
        except Exception as error:  # noqa: BLE001  # an answer of any kind; its words stay here
            self._reset()
            again = isinstance(error, (ConnectionError, http.client.BadStatusLine))
            if fresh or self._closed or not again or isinstance(error, ConnectionRefusedError):
                raise ShippingError(_cause(error)) from None
        # A connection kept from before had been closed by the server: once more, on a new one.
        try:
            return self._attempt(method, path, body, deadline)
        except Exception as error:  # noqa: BLE001  # as above
            self._reset()
            raise ShippingError(_cause(error)) from None

    def close(self) -> None:
        """As Transport.close."""
        self._closed = True
        self._reset()

    def abandon(self) -> None:
        """After a fork: forget the parent's connection without a word on it."""
        self._connection = None

    def _without_key(self, answer: Answer) -> Answer:
        """What a server sends back of what it was sent must not reach a log."""
        key = self._headers["x-api-key"]
        if len(key) < _SHORTEST_KEY:
            return answer
        return Answer(
            answer.status,
            answer.reason.replace(key, _HIDDEN),
            {name: value.replace(key, _HIDDEN) for name, value in answer.headers.items()},
            answer.body.replace(key.encode(), _HIDDEN.encode()),
        )

    def _drop_if_stale(self) -> None:
        """A kept connection that has something to say was closed, or would give its next
        answer to the wrong question."""
        sock = None if self._connection is None else self._connection.sock
        if sock is None:
            return
        if _is_readable(sock) or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            self._reset()

    def _reset(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _attempt(self, method: str, path: str, body: bytes | None, deadline: float) -> Answer:
        connection = self._connection
        if connection is None:
            connection = _Connection(self._host, self._port, self._context)
            self._connection = connection
        connection.deadline = deadline
        if connection.sock is not None:
            connection.sock.deadline = deadline
        try:
            connection.request(method, self._prefix + path, body, self._headers)
        except (BrokenPipeError, ConnectionResetError) as error:
            # Who refuses a body may answer and close before it has read all of it.
            response = _early_answer(connection, error)
        else:
            response = connection.getresponse()
        reason = response.reason or http.client.responses.get(response.status, "")
        answer = self._without_key(
            Answer(response.status, reason, _headers(response), _read(response))
        )
        if response.will_close or answer.status < 200:
            self._reset()
        return answer


def _early_answer(connection: _Connection, error: OSError) -> http.client.HTTPResponse:
    try:
        return connection.getresponse()
    except (OSError, http.client.HTTPException):
        raise error from None


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    """Headers by lower-case name; one that came twice has both values."""
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _is_readable(sock: socket.socket) -> bool:
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _fits_request(path: str) -> bool:
    return path.isascii() and path.isprintable() and " " not in path


def _read(response: http.client.HTTPResponse) -> bytes:
    whole = bytearray()
    while chunk := response.read(_CHUNK):
        whole += chunk
        if len(whole) > _MAX_ANSWER:
            raise http.client.HTTPException("the answer is larger than 8 MiB")
    if response.length:
        raise http.client.IncompleteRead(bytes(whole), response.length)
    return bytes(whole)


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    return context


def _addresses(host: str, port: int, deadline: float) -> list[Any]:
    """getaddrinfo by the deadline: the system's resolver has none, so it gets a thread."""
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.put(error)

    if host.replace(".", "").isdigit() or ":" in host or host == "localhost":
        resolve()
    else:
        threading.Thread(target=resolve, name="motherhaven-resolve", daemon=True).start()
    try:
        left = None if deadline == math.inf else max(0.0, deadline - time.monotonic())
        result = found.get(timeout=left)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, OSError):
        raise result
    return list(result)


def _cause(error: Exception) -> str:
    """The reason of a failure in the words that people search for."""
    if isinstance(error, TimeoutError):
        return "Timeout"
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return "Connection refused"
    if isinstance(error, socket.gaierror):
        return f"Name not found ({error.strerror})"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or type(error).__name__})"
    if isinstance(error, http.client.RemoteDisconnected):
        return "Connection closed without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "Answer cut off"
    if isinstance(error, ConnectionError):
        return "Connection reset"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"Not an HTTP answer ({type(error).__name__})"
