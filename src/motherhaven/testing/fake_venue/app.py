"""The ASGI application of a fake venue: bounded bodies in, JSON out, connections cut on demand."""

from dataclasses import replace
from typing import Any, Final

from motherhaven.contract.errors import ConfigError, InvalidJson
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.testing.fake_venue import stream
from motherhaven.testing.fake_venue.faults import DropReply, HalfBody, RateLimited
from motherhaven.testing.fake_venue.info import base_weight, rows_weight
from motherhaven.testing.fake_venue.log import SeenRequest
from motherhaven.testing.fake_venue.server import CUT
from motherhaven.testing.fake_venue.state import State

MOST_BYTES: Final = 1 << 20
PATHS: Final = ("/info", "/exchange")
SWITCH: Final = "/switch"
_MOST_TIMES: Final = 1_000_000
_ORDERS_A_WEIGHT: Final = 40


class FakeVenueApp:
    """Serves one `State`: the venue's paths, and /switch for whoever rehearses with it."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or one connection of the stream."""
        if scope["type"] == "websocket":
            self._state.tick()
            if self._state.down or scope["path"] != "/ws":
                await receive()
                await send({"type": "websocket.close", "code": 1013})
                return
            await stream.serve(self._state.stream, receive, send)
            return
        if scope["type"] != "http":
            return
        if scope["method"] != "POST" or scope["path"] not in (*PATHS, SWITCH):
            await _send(send, 404, b'"Not Found"')
            return
        body = await _body(receive)
        if body is None:
            await _send(send, 413, b'"length limit exceeded"')
        elif scope["path"] == SWITCH and any(name == b"origin" for name, _ in scope["headers"]):
            await _send(send, 403, b'{"error":"no page of a browser may set switches"}')
        elif scope["path"] == SWITCH:
            await _send(send, *self._switch(body))
        else:
            await self._answer(scope, send, body)

    # --- the venue's paths --------------------------------------------------------------

    async def _answer(self, scope: Any, send: Any, body: bytes) -> None:
        state, path = self._state, scope["path"]
        state.tick()
        if state.down:
            scope[CUT]()
            return
        seen = state.unanswered(path, body)
        if self._limited(seen):
            state.requests.append(replace(seen, status=429))
            await _send(send, 429, b"null")
            return
        dropped = self._take(DropReply, seen)
        half = self._take(HalfBody, seen)
        if dropped is None or not dropped.before:
            seen = state.ask(seen)
            state.weights.spend(rows_weight(seen.kind, seen.reply))
        lost = dropped is not None or half is not None
        state.requests.append(replace(seen, reply=None) if lost else seen)
        if dropped is not None:
            scope[CUT]()
        elif half is not None:
            await _send_half(send, _text(seen))
            scope[CUT]()
        else:
            await _send(send, seen.status, _text(seen))

    def _limited(self, seen: SeenRequest) -> bool:
        if self._take(RateLimited, seen, everything=True) is not None:
            return True
        weight = base_weight(seen.kind)
        if seen.path == "/exchange":
            action = seen.action if isinstance(seen.action, dict) else {}
            items = [value for value in action.values() if isinstance(value, list)]
            weight = 1 + sum(map(len, items)) // _ORDERS_A_WEIGHT
        return not self._state.weights.spend(weight)

    def _take(self, kind: type[Any], seen: SeenRequest, *, everything: bool = False) -> Any:
        """The switch of this kind, if it is on and this request is meant."""
        fault = self._state.switches.on(kind)
        if fault is None:
            return None
        meant = seen.kind == fault.only
        if fault.only is None:
            meant = everything or seen.path == "/exchange"
        return self._state.switches.take(kind) if meant else None

    # --- switches -----------------------------------------------------------------------

    def _switch(self, body: bytes) -> tuple[int, bytes]:
        """Set a switch as `FakeVenue.switch` does: {"name": …, "times": …, "arguments": {…}}."""
        try:
            wanted = loads(body)
            if not isinstance(wanted, dict) or not isinstance(wanted.get("name"), str):
                raise ConfigError('send {"name": "drop_reply", "times": 1, "arguments": {}}')
            times, arguments = wanted.get("times", 1), wanted.get("arguments", {})
            whole = isinstance(times, int) and 0 <= times <= _MOST_TIMES
            if not (times is None or whole) or not isinstance(arguments, dict):
                raise ConfigError("times is a whole number or null, arguments an object")
            self._state.switch(wanted["name"], times, arguments)
        except (ConfigError, InvalidJson) as error:
            return 400, dumps({"error": str(error)})
        return 200, dumps({"on": self._state.switches.armed()})


async def _body(receive: Any) -> bytes | None:
    """The body of a request; None where it is longer than any that the venue takes."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > MOST_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _text(seen: SeenRequest) -> bytes:
    """The body of an answer: JSON, or the bare text of an error of HTTP."""
    if seen.status != 200 and isinstance(seen.reply, str):
        return seen.reply.encode()
    return dumps(seen.reply)


async def _send(send: Any, status: int, body: bytes) -> None:
    await _start(send, status, len(body))
    await send({"type": "http.response.body", "body": body})


async def _send_half(send: Any, body: bytes) -> None:
    await _start(send, 200, len(body))
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


async def _start(send: Any, status: int, length: int) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(length).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
