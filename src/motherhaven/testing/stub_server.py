"""A loopback ingest server that can be told to misbehave.

Honest by default: it keeps events once each, by id, and answers as the real server does.
`script` gives the behaviour of the next requests, one each; then it is honest again.
"""

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import LATER_KINDS, PAYLOADS, Event
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import event_from_item, part_from_item, payload_sha256

BATCH_PATH: Final = "/api/llm-bot/ingest/batch"
SINGLE_PREFIX: Final = "/api/llm-bot/ingest/"
_RECEIVED: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send back, and how. `cut_at`: close after so many bytes of the whole reply.

    `drip_seconds`: so long between single bytes. `silent`: never answer.
    """

    status: int = 200
    body: bytes = b'{"success":true}'
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    drip_seconds: float | None = None
    silent: bool = False


Behaviour = Callable[["StubServer", Request], Reply]


def always(reply: Reply) -> Behaviour:
    """A behaviour that gives the same reply to everything."""
    return lambda server, request: reply


def honest(server: "StubServer", request: Request) -> Reply:
    """Keep the events once each and answer like the real server."""
    return server.accept(request)


def lost_answer(server: "StubServer", request: Request) -> Reply:
    """Keep the events, then drop the connection before the answer."""
    server.accept(request)
    return Reply(cut_at=0)


class StubServer:
    """Serves on a free loopback port until closed; use it in a `with` statement."""

    def __init__(
        self,
        *,
        api_key: str = "stub-key-123456",
        batches: bool = True,
        max_body: int = 1 << 20,
        names_events: bool = True,
        later_kinds: bool = True,
    ) -> None:
        """`batches`: has the batch endpoint; `names_events`: single answers carry event_id.

        `later_kinds`: takes what servers of version 0.1 do not know, and says so.
        """
        self.later_kinds = later_kinds
        self.api_key = api_key
        self.batches = batches
        self.max_body = max_body
        self.names_events = names_events
        self.events: dict[str, Event] = {}
        self.order: list[str] = []
        self.singles: list[tuple[str, dict[str, Any]]] = []
        self.duplicates = 0
        self.requests: list[Request] = []
        self.poison: Callable[[dict[str, Any]], bool] = lambda item: False
        self.default: Behaviour = honest
        self._parts: dict[tuple[str, str, int], str] = {}
        self._script: deque[Behaviour] = deque()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, name="stub-server", daemon=True).start()

    def script(self, *behaviours: Behaviour | Reply) -> None:
        """Behave like this for the next requests, one each, in order."""
        with self._changed:
            for behaviour in behaviours:
                self._script.append(
                    always(behaviour) if isinstance(behaviour, Reply) else behaviour
                )

    def wait_for(self, condition: Callable[["StubServer"], bool], timeout: float = 10.0) -> bool:
        """Wait until `condition` holds, checked after every request; whether it does."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout)

    def close(self) -> None:
        """Refuse new connections and cut the open ones."""
        self._stop.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            for connection in list(self._open):
                connection.close()
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what an honest server does ----------------------------------------------------

    def accept(self, request: Request) -> Reply:
        """Keep what the request brings, once each, and say what became of it."""
        if request.headers.get("x-api-key") != self.api_key:
            return Reply(401, b'{"success":false,"error":"wrong key"}')
        if len(request.body) > self.max_body:
            return Reply(413, b'{"success":false,"error":"too large"}')
        if request.path == BATCH_PATH:
            if not self.batches:
                return Reply(404, b"<html>no such page</html>")
            return self._batch(request.body)
        if request.path.startswith(SINGLE_PREFIX):
            return self._single(request.path.removeprefix(SINGLE_PREFIX), request.body)
        return Reply(404, b"{}")

    def _batch(self, body: bytes) -> Reply:
        value = loads(body)
        with self._changed:
            parts = [self._part(item) for item in value["parts"]]
            results = [self._result(item) for item in value["events"]]
        told = {"success": True, "results": results, "parts": parts}
        return Reply(body=dumps(told | ({"kinds": list(PAYLOADS)} if self.later_kinds else {})))

    def _part(self, item: dict[str, Any]) -> dict[str, str]:
        part = part_from_item(item)
        self._parts[part.event_id, part.field, part.index] = part.text
        return {"event_id": part.event_id, "status": "stored"}

    def _result(self, item: dict[str, Any]) -> dict[str, str]:
        event_id = str(item.get("event_id"))
        try:
            if not self.later_kinds and item.get("kind") in LATER_KINDS:
                raise ContractError("this kind is unknown")
            if self.poison(item):
                raise ContractError("poison")
            event = event_from_item(item, _RECEIVED)
        except ContractError as error:
            return {"event_id": event_id, "status": "rejected", "error": str(error)}
        payload = event.payload
        if event.parts:
            joined = self._joined(event)
            if joined is None:
                return {"event_id": event_id, "status": "incomplete"}
            payload = joined
        return {"event_id": event_id, "status": self._keep(event, payload)}

    def _joined(self, event: Event) -> bytes | None:
        whole = loads(event.payload)
        for name, count in (event.parts or {}).items():
            pieces = [self._parts.get((event.event_id, name, i)) for i in range(count)]
            if None in pieces:
                return None
            whole[name] = "".join(piece for piece in pieces if piece is not None)
        joined = dumps(whole)
        return joined if payload_sha256(joined) == event.sha256 else None

    def _keep(self, event: Event, payload: bytes) -> str:
        known = self.events.get(event.event_id)
        if known is not None:
            self.duplicates += 1
            return "duplicate" if known.sha256 == payload_sha256(payload) else "conflict"
        kept = {name: getattr(event, name) for name in Event.__slots__}
        kept.update(payload=payload, sha256=payload_sha256(payload))
        self.events[event.event_id] = Event(**kept)
        self.order.append(event.event_id)
        return "stored"

    def _single(self, endpoint: str, body: bytes) -> Reply:
        value = json.loads(body)
        if self.poison(value):
            return Reply(422, b'{"success":false,"error":"poison"}')
        with self._changed:
            self.singles.append((endpoint, value))
        answer = {"success": True}
        if self.names_events and "event_id" in value:
            answer["event_id"] = value["event_id"]
        return Reply(body=dumps(answer))

    # -- the wire ----------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._open.add(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while not self._stop.is_set():
                    request = read_request(stream)
                    if request is None or not self._answer(connection, request):
                        return
        except OSError:
            return
        finally:
            with self._changed:
                self._open.discard(connection)

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        with self._changed:
            behaviour = self._script.popleft() if self._script else self.default
        reply = behaviour(self, request)
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        if reply.silent:
            self._stop.wait()
            return False
        data = encode_reply(reply)
        if reply.cut_at is not None:
            connection.sendall(data[: reply.cut_at])
            return False
        if reply.drip_seconds is not None:
            return self._drip(connection, data, reply.drip_seconds)
        connection.sendall(data)
        return True

    def _drip(self, connection: socket.socket, data: bytes, seconds: float) -> bool:
        for byte in data:
            connection.sendall(bytes((byte,)))
            if self._stop.wait(seconds):
                return False
        return True


def read_request(stream: Any) -> Request | None:
    """The next request of a stream, None when it ends."""
    line = stream.readline(65_536).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while text := stream.readline(65_536).decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = stream.read(length)
    if len(body) < length:
        return None
    return Request(line[0], line[1], headers, body)


def encode_reply(reply: Reply) -> bytes:
    """The bytes of a reply on the wire."""
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(reply.body)),
        **reply.headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Stub\r\n{head}\r\n".encode("latin-1") + reply.body
