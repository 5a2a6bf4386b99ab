"""HTTP POST under one total deadline, over the standard library.

Read timeouts of HTTP clients count from the last byte, so a server that sends one byte
a second holds them for ever. Here connecting, sending and reading share one deadline.
Redirects are never followed. One connection is kept open between calls.
"""

import errno
import http.client
import math
import queue
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


class _Connection(http.client.HTTPConnection):
    """Connects by the deadline given before each request."""

    sock: _PlainSocket | _TlsSocket | None

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
    """Posts to one server with one key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        """
        Raises:
            ConfigError: the URL or the key cannot be used; never shows the key.
        """
        parts = urlsplit(base_url.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                "MOTHERHAVEN_API_URL must be a full address, e.g. http://localhost:3000"
            )
        if not api_key.isascii() or not api_key.isprintable():
            raise ConfigError(
                "MOTHERHAVEN_API_KEY holds characters that cannot travel in a header; "
                "use letters, digits and punctuation"
            )
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json", "x-api-key": api_key}
        context = _tls_context() if parts.scheme == "https" else None
        port = parts.port or (443 if context else 80)
        self._host, self._port, self._context = parts.hostname, port, context
        self._connection: _Connection | None = None
        self._closed = False

    def post(self, path: str, body: bytes, timeout: float) -> Answer:
        """As Transport.post."""
        deadline = time.monotonic() + timeout
        fresh = self._connection is None
        try:
            return self._attempt(path, body, deadline)
        except (ConnectionError, http.client.BadStatusLine) as error:
            self._reset()
            if fresh or self._closed or isinstance(error, ConnectionRefusedError):
                raise ShippingError(_cause(error)) from error
        except (OSError, http.client.HTTPException) as error:
            self._reset()
            raise ShippingError(_cause(error)) from error
        # A connection kept from before had been closed by the server: once more, on a new one.
        try:
            return self._attempt(path, body, deadline)
        except (OSError, http.client.HTTPException) as error:
            self._reset()
            raise ShippingError(_cause(error)) from error

    def close(self) -> None:
        """As Transport.close."""
        self._closed = True
        self._reset()

    def abandon(self) -> None:
        """After a fork: forget the parent's connection without a word on it."""
        self._connection = None

    def _reset(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _attempt(self, path: str, body: bytes, deadline: float) -> Answer:
        connection = self._connection
        if connection is None:
            connection = _Connection(self._host, self._port, self._context)
            self._connection = connection
        connection.deadline = deadline
        if connection.sock is not None:
            connection.sock.deadline = deadline
        connection.request("POST", self._prefix + path, body, self._headers)
        response = connection.getresponse()
        answer = Answer(
            response.status,
            response.reason or http.client.responses.get(response.status, ""),
            {name.lower(): value for name, value in response.getheaders()},
            _read(response),
        )
        if response.will_close:
            self._reset()
        return answer


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
        return f"TLS failed ({error.reason or error})"
    if isinstance(error, http.client.RemoteDisconnected):
        return "Connection closed without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "Answer cut off"
    if isinstance(error, ConnectionError):
        return "Connection reset"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"Not an HTTP answer ({type(error).__name__})"
