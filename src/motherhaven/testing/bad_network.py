"""Sixty and more ways in which a network, a proxy or a stranger answers in a server's place.

`sweep` ships a journal through each of them and counts what is where in the end.
"""

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from motherhaven.contract.ids import IdSource
from motherhaven.recorder.core import Recorder
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.sending.batch_sender import BatchSender
from motherhaven.recorder.sending.outbox import Outbox
from motherhaven.recorder.sending.transport import HttpTransport
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.stub_server import Request, StubServer, encode_reply, read_request

Act = Callable[["Exchange"], None]
_FAULTS: Final = 3
_TIMEOUT: Final = 0.25
_STEPS: Final = 400


class Outcome(NamedTuple):
    """Counts of events: recorded, at the server in the end, missing, kept twice, set aside."""

    n: int
    acknowledged: int
    lost: int
    twice: int
    quarantined: int


@dataclass(slots=True)
class Exchange:
    """One request that came in, and the means to answer it in any way."""

    stub: StubServer
    request: Request
    connection: socket.socket
    held: threading.Event
    closed: bool = field(default=False)

    def honest(self) -> bytes:
        """Keep what came; the bytes of the answer that says so."""
        return encode_reply(self.stub.accept(self.request))

    def send(self, data: bytes) -> None:
        """Say these bytes."""
        self.connection.sendall(data)

    def close(self) -> None:
        """End the connection."""
        self.closed = True

    def reset(self) -> None:
        """End the connection with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.closed = True


def _said(data: bytes) -> Act:
    """Keep nothing, say `data`, and close."""

    def act(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.close()

    return act


def _answer(status: str, body: bytes = b"", *headers: str) -> Act:
    head = "".join(f"{line}\r\n" for line in (*headers, f"Content-Length: {len(body)}"))
    return _said(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body)


def _kept(change: Callable[[bytes], bytes], *, close: bool = True) -> Act:
    """Keep what came, and change the bytes of the answer."""

    def act(exchange: Exchange) -> None:
        exchange.send(change(exchange.honest()))
        if close:
            exchange.close()

    return act


def _header(name: str, value: str) -> Callable[[bytes], bytes]:
    """Replace a header, or add it."""

    def change(answer: bytes) -> bytes:
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = [x for x in head.split(b"\r\n") if not x.lower().startswith(name.lower().encode())]
        return b"\r\n".join([*lines, f"{name}: {value}".encode("latin-1")]) + b"\r\n\r\n" + body

    return change


def _body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def _chunked(pieces: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def change(answer: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces(_body(answer))

    return change


def _chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def _hold(exchange: Exchange) -> None:
    exchange.held.wait(5 * _TIMEOUT)
    exchange.close()


def _hold_after(exchange: Exchange) -> None:
    exchange.honest()
    _hold(exchange)


def _drip(exchange: Exchange) -> None:
    for byte in exchange.honest():
        exchange.send(bytes((byte,)))
        if exchange.held.wait(_TIMEOUT / 5):
            break
    exchange.close()


def _reset_after(exchange: Exchange) -> None:
    exchange.honest()
    exchange.reset()


def _twice(exchange: Exchange) -> None:
    exchange.send(exchange.honest() * 2)


_PAGE: Final = b"<!doctype html><title>Please log in</title>"
_FOREIGN: Final = b'{"success":true,"results":[{"event_id":"x","status":"stored"}],"parts":[]}'
_CUTS: Final = (0, 1, 8, 17, 40, 64, 90, 110, 150, 200)

MODES: Final[dict[str, Act]] = {
    **{f"cut at byte {k}": _kept(lambda a, k=k: a[:k]) for k in _CUTS},  # type: ignore[misc]  # bound now
    "closed": lambda exchange: exchange.close(),
    "reset": lambda exchange: exchange.reset(),
    "reset after the commit": _reset_after,
    "black hole": _hold,
    "black hole after the commit": _hold_after,
    "drip": _drip,
    "answered twice": _twice,
    "content-length too large": _kept(_header("Content-Length", "100000")),
    "content-length too small": _kept(_header("Content-Length", "20")),
    "content-length 0": _kept(_header("Content-Length", "0")),
    "content-length negative": _kept(_header("Content-Length", "-5")),
    "content-length huge": _kept(_header("Content-Length", "9" * 400)),
    "content-length text": _kept(_header("Content-Length", "many")),
    "content-length and chunked": _kept(_header("Transfer-Encoding", "chunked")),
    "no content-length": _kept(_header("Content-Length", "")),
    "chunked": _kept(_chunked(lambda b: _chunk(b) + b"0\r\n\r\n")),
    "chunked, without an end": _kept(_chunked(_chunk)),
    "chunked, no hex": _kept(_chunked(lambda b: b"zz\r\n" + b)),
    "chunked, negative": _kept(_chunked(lambda b: b"-5\r\n" + b)),
    "chunked, huge": _kept(_chunked(lambda b: b"f" * 40 + b"\r\n" + b)),
    "chunked, endless size": _kept(_chunked(lambda b: b"0" * 100_000)),
    "gzip said, plain sent": _kept(_header("Content-Encoding", "gzip")),
    "gzip bomb": _answer(
        "200 OK", gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip"
    ),
    "nine megabytes": _answer("200 OK", b" " * 9_000_000),
    **{
        f"redirect {code}": _answer(f"{code} Moved", b"", "Location: http://127.0.0.1:1/")
        for code in (301, 302, 303, 307, 308)
    },
    "100 first": _kept(lambda a: b"HTTP/1.1 100 Continue\r\n\r\n" + a, close=False),
    "103 first": _kept(lambda a: b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + a, close=False),
    "102 without end": _said(b"HTTP/1.1 102 Processing\r\n\r\n" * 200),
    "101": _said(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "HTTP/0.9": _said(_PAGE),
    "HTTP/1.0": _kept(lambda a: a.replace(b"HTTP/1.1", b"HTTP/1.0", 1)),
    "HTTP/2": _said(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
    "HTTP/9.9": _kept(lambda a: a.replace(b"HTTP/1.1", b"HTTP/9.9", 1)),
    "status 000": _said(b"HTTP/1.1 000 Nothing\r\n\r\n"),
    "status 99999": _said(b"HTTP/1.1 99999 Much\r\n\r\n"),
    "no status": _said(b"HTTP/1.1\r\n\r\n"),
    "SSH": _said(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "TLS alert": _said(b"\x15\x03\x03\x00\x02\x02\x46"),
    "noise": _said(bytes(range(256)) * 20),
    "empty lines": _said(b"\r\n" * 1_000),
    "a header of 100 KB": _answer("200 OK", b"{}", "X-Long: " + "x" * 100_000),
    "1,000 headers": _answer("200 OK", b"{}", *(f"X-{n}: {n}" for n in range(1_000))),
    "a header without a colon": _answer("200 OK", b"{}", "nonsense"),
    "a header twice": _kept(lambda a: a.replace(b"\r\n", b"\r\nX-A: 1\r\nX-A: 2\r\n", 1)),
    "Retry-After twice": _answer("503 Busy", b"", "Retry-After: 1", "Retry-After: " + "9" * 99),
    "200 with a page": _answer("200 OK", _PAGE, "Content-Type: text/html"),
    "200 with verdicts of others": _answer("200 OK", _FOREIGN),
    "200 with success alone": _answer("200 OK", b'{"success":true}'),
    "200 for failures": _kept(lambda a: a.replace(b'"success":true', b'"success":null')),
    "a byte order mark": _answer("200 OK", b"\xef\xbb\xbf" + _FOREIGN),
    "UTF-16": _answer("200 OK", _FOREIGN.decode().encode("utf-16")),
    "deep JSON": _answer("200 OK", b"[" * 100_000),
    "a number bomb": _answer("200 OK", b'{"success":1e999999999}'),
    **{
        f"{code} with a page": _answer(f"{code} No", _PAGE)
        for code in (204, 400, 401, 402, 403, 404, 405, 408, 409, 410, 411, 413, 414, 415, 422,
                     425, 429, 431, 451, 500, 501, 502, 503, 504, 511, 520)
    },
}  # fmt: skip
"""By name. Each is met by the first requests; then the server is honest."""


class _BadServer:
    """An honest stub server behind a bad network."""

    def __init__(self, stub: StubServer, act: Act, faults: int) -> None:
        self._stub = stub
        self._act = act
        self._faults = faults
        self._held = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, name="bad-network", daemon=True).start()

    def close(self) -> None:
        """Let go of everybody."""
        self._held.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            connection.settimeout(20 * _TIMEOUT)
            while (request := read_request(stream)) is not None:
                exchange = Exchange(self._stub, request, connection, self._held)
                if self._faults > 0:
                    self._faults -= 1
                    self._act(exchange)
                else:
                    exchange.send(exchange.honest())
                if exchange.closed:
                    return


def sweep(
    folder: Path, seed: int, modes: Iterable[str] = tuple(MODES), events: int = 12
) -> dict[str, Outcome]:
    """Ship `events` events through each mode, more being recorded meanwhile.

    The outcome of each mode by its name; the same seed gives the same journal.
    """
    return {
        name: _ship(folder / f"{number}-{seed}", MODES[name], Random(seed + number), events)  # noqa: S311  # test data
        for number, name in enumerate(modes)
    }


def total(outcomes: dict[str, Outcome]) -> Outcome:
    """All modes together: (n, acknowledged, lost, twice, quarantined)."""
    return Outcome(*(sum(column) for column in zip(*outcomes.values(), strict=True)))


def _ship(folder: Path, act: Act, random: Random, events: int) -> Outcome:
    folder.mkdir(parents=True)
    clock = FakeClock()
    ids = IdSource(clock, random.randbytes)
    journal = Journal(folder / "journal.db", clock=clock, ids=ids, synchronous="off")
    recorder = Recorder(journal, clock=clock, ids=ids)
    with StubServer() as stub:
        bad = _BadServer(stub, act, _FAULTS)
        outbox = Outbox(journal, clock)
        transport = HttpTransport(bad.url, stub.api_key)
        sender = BatchSender(
            outbox, transport, clock=clock, random=random, timeout=_TIMEOUT, bot_name=None
        )
        for number in range(events // 2):
            recorder.record(*_event(number))
        for step in range(_STEPS):
            if step < events - events // 2:
                recorder.record(*_event(events // 2 + step))
            delay = sender.step()
            clock.advance(0.1 if delay is None else max(delay, 0.001))
            if step > events and outbox.behind() == 0:
                break
        outcome = _count(journal, outbox, stub)
        transport.close()
        outbox.close()
        journal.close()
        bad.close()
    return outcome


def _event(number: int) -> tuple[Any, dict[str, Any]]:
    if number % 3 == 0:
        return "status", {"status": "running", "message": f"status {number}"}
    return "decision", {
        "coin": "BTC", "signal": "hold", "quantity_usd": number, "leverage": 1,
        "confidence": "0.5", "justification": f"decision {number}",
    }  # fmt: skip


def _count(journal: Journal, outbox: Outbox, stub: StubServer) -> Outcome:
    connection = journal.open_connection("normal")
    recorded = {str(event_id) for (event_id,) in connection.execute("SELECT event_id FROM events")}
    connection.close()
    arrived = [*stub.order, *(str(body.get("event_id")) for _, body in stub.singles)]
    there = set(arrived)
    return Outcome(
        n=len(recorded),
        acknowledged=len(recorded & there),
        lost=len(recorded - there),
        twice=len(arrived) - len(there),
        quarantined=outbox.quarantined + outbox.not_applicable,
    )
