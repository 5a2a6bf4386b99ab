"""What the tests of the server share: a clock, payloads of the old clients, clients in process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI

from motherhaven.contract.money import plain
from motherhaven.server import Limits, ServerConfig, create_app
from motherhaven.server.auth.policy import Routes, Rule
from motherhaven.stores import MemoryStore, Store
from tests.patience import within

KEY = "test-key-0123456789"
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
API = "/api/llm-bot"
ORIGIN = "http://localhost:3000"


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        """The moment."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self.moment - NOW).total_seconds()

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self.moment += timedelta(seconds=seconds)


def naive(seconds: float = 0.0) -> str:
    """Local time as the old clients write it: no offset, microseconds."""
    return (NOW + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()


def decision(**changes: Any) -> dict[str, Any]:
    """A decision of an old client."""
    return {
        "timestamp": naive(),
        "coin": "BTC",
        "signal": "buy_to_enter",
        "quantity_usd": 50.25,
        "leverage": 5,
        "confidence": 0.72,
        "justification": "breakout above the range",
        **changes,
    }


def opening(**changes: Any) -> dict[str, Any]:
    """A position entry of an old client."""
    return {
        "coin": "BTC",
        "side": "long",
        "quantity_usd": 50.25,
        "leverage": 5,
        "entry_price": 99812.5,
        "entry_time": naive(),
        "status": "open",
        **changes,
    }


def closing(**changes: Any) -> dict[str, Any]:
    """A position exit of an old client: its entry_time is in another zone than the entry's."""
    entry = (NOW - timedelta(hours=5)).replace(tzinfo=None).isoformat()
    exits = {"exit_price": 100100, "exit_time": naive(60), "realized_pnl": 0.71}
    return {**opening(entry_time=entry), **exits, "status": "closed", **changes}


def account(**changes: Any) -> dict[str, Any]:
    """An account state of an old client."""
    return {
        "timestamp": naive(),
        "balance_usd": 1000,
        "equity_usd": 1010.5,
        "unrealized_pnl": 10.5,
        "realized_pnl": 0,
        "total_pnl": 10.5,
        "num_positions": 1,
        **changes,
    }


def status(**changes: Any) -> dict[str, Any]:
    """A heartbeat of an old client."""
    return {"timestamp": naive(), "status": "running", "message": "", **changes}


def fill(**changes: Any) -> dict[str, Any]:
    """A fill of our own client."""
    return {
        "coin": "BTC",
        "size": "0.0025",
        "price": "60000.5",
        "fee": "0.0675",
        "realized": "0",
        "liquidity": "taker",
        "reason": "entry",
        "position_id": "p1",
        **changes,
    }


def funding(**changes: Any) -> dict[str, Any]:
    """A funding payment of our own client; positive: the account paid."""
    return {
        "coin": "BTC",
        "amount": "0.0123",
        "rate": "0.0000125",
        "oracle": "60001",
        "position_id": "p1",
        **changes,
    }


def candles(*rows: list[Any], seconds: int = 60, coin: str = "BTC") -> dict[str, Any]:
    """Candles of our own client, each [start, open, high, low, close, volume]."""
    return {"coin": coin, "interval_seconds": seconds, "candles": list(rows)}


def execution(**changes: Any) -> dict[str, Any]:
    """What became of a decision."""
    return {"decision_id": "event-000001", "coin": "BTC", "execution_status": "executed", **changes}


def answer(**changes: Any) -> dict[str, Any]:
    """A model's answer, as our own client records it once for all its decisions."""
    return {
        "cycle_id": "c1",
        "decider": "anthropic:claude",
        "model": "claude",
        "system_prompt": "you trade",
        "user_prompt": "prices",
        "raw_response": '{"decisions": []}',
        "tokens_in": 100,
        "tokens_out": 20,
        "cost_usd": "0.0125",
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    """An order in one of its states."""
    return {
        "cloid": "0xabc",
        "coin": "BTC",
        "side": "buy",
        "size": "0.0025",
        "price": "60000.5",
        "kind": "market",
        "state": "filled",
        **changes,
    }


def cash_flow(**changes: Any) -> dict[str, Any]:
    """Money that came into the account."""
    return {"amount": "250.5", "reason": "deposit", "external_id": "tx-1", **changes}


def protection(**changes: Any) -> dict[str, Any]:
    """How a position is covered by its stop."""
    return {
        "coin": "BTC",
        "position_id": "p1",
        "size": "0.0025",
        "covered": "0.0025",
        "state": "protected",
        **changes,
    }


def command(**changes: Any) -> dict[str, Any]:
    """A command of a user."""
    return {"command_id": "k1", "name": "flatten", "state": "received", "by": "owner", **changes}


OLD_BODIES = {"decision": decision, "account": account, "position": opening, "status": status}


def item(number: int, kind: str = "decision", **changes: Any) -> dict[str, Any]:
    """A batch item of our own client; money as text."""
    payload: dict[str, Any] = {
        "decision": decision,
        "account": account,
        "position_opened": opening,
        "position_closed": closing,
        "status": status,
        "fill": fill,
        "funding": funding,
        "candles": candles,
        "execution": execution,
        "answer": answer,
        "order": order,
        "cash_flow": cash_flow,
        "protection": protection,
        "command": command,
    }[kind]()
    moment = (NOW + timedelta(seconds=number)).isoformat()
    return {
        "event_id": f"event-{number:06d}",
        "bot_id": "bot-1",
        "bot_name": "claude",
        "mode": "paper",
        "epoch": 1,
        "seq": number,
        "kind": kind,
        "time": moment,
        "recorded_at": moment,
        "payload": {**payload, "timestamp": moment},
        **changes,
    }


def event(number: int, kind: str, at: timedelta = timedelta(), **payload: Any) -> dict[str, Any]:
    """An item `at` after NOW whose payload differs in these fields; bot_id is the envelope's."""
    moment = (NOW + at).isoformat()
    envelope = {name: payload.pop(name) for name in ("bot_id", "mode") if name in payload}
    one = item(number, kind, time=moment, recorded_at=moment, **envelope)
    one["payload"] |= {"timestamp": moment, **payload}
    return one


def text_of(number: object) -> str:
    """A number of a JSON answer as plain decimal text."""
    from decimal import Decimal

    return plain(Decimal(str(number)))


def config(**changes: Any) -> ServerConfig:
    """A closed server on loopback with a key."""
    return ServerConfig(**{"port": 0, "api_key": KEY, "session_secret": b"s" * 32, **changes})


@cache
def declared() -> Routes:
    """Every route of the application with its policy."""
    routes: Routes = create_app(config(), MemoryStore(), FakeClock()).state.routes
    return routes


def rule_of(path: str) -> Rule:
    """The kind of the route at a path."""
    return declared().policy_of(path).rule


class Server:
    """An application in process, and clients that come to it from chosen places."""

    def __init__(self, app: FastAPI, store: Store, clock: FakeClock) -> None:
        self.app = app
        self.store = store
        self.clock = clock

    def client(
        self, *, peer: str = "127.0.0.1", host: str = "localhost:3000", key: str | None = None
    ) -> httpx.AsyncClient:
        """A client at `peer` that asks for `host`; its cookies are its own."""
        transport = httpx.ASGITransport(self.app, client=(peer, 40_000))
        headers = {"host": host} | ({"x-api-key": key} if key else {})
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)


@asynccontextmanager
async def running(
    settings: ServerConfig | None = None, store: Store | None = None
) -> AsyncIterator[Server]:
    """A started application over a memory store."""
    clock = FakeClock()
    store = store or MemoryStore()
    app = create_app(settings or config(), store, clock)
    async with app.router.lifespan_context(app):
        yield Server(app, store, clock)


QUICK = Limits(heartbeat_seconds=0.2)
"""Heartbeats for tests that wait for them; no deadline that a slow machine would miss."""

SHORT = Limits(heartbeat_seconds=0.2, header_seconds=0.5, body_seconds=0.5)
"""Deadlines for tests that wait for the server to end what is too slow, and for nothing else."""


class Sse:
    """A raw client of the live stream: no buffering library between the test and the bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.head = ""
        self._buffer = b""

    @classmethod
    async def open(cls, url: str, query: str = "", **headers: str) -> "Sse":
        """Connect and read the head of the answer."""
        place = httpx.URL(url)
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        lines = [f"GET {API}/live{query} HTTP/1.1", f"Host: localhost:{place.port}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        one = cls(reader, writer)
        one.head = (await within(reader.readuntil(b"\r\n\r\n"))).decode()
        one.status = int(one.head.split()[1])
        return one

    async def event(
        self, *, skip: tuple[str, ...] = ("heartbeat",), silent: bool = False
    ) -> dict[str, str]:
        """The next event as its fields; `silent`: or a bare id."""
        while True:
            fields = await within(self._event())
            if "event" in fields and fields["event"] not in skip:
                return fields
            if silent and "event" not in fields and "id" in fields:
                return fields

    async def _event(self) -> dict[str, str]:
        while b"\n\n" not in self._buffer:
            size = int((await self.reader.readline()).strip() or b"0", 16)
            if size == 0:
                raise EOFError("the stream ended")
            self._buffer += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        block, _, self._buffer = self._buffer.partition(b"\n\n")
        pairs = (line.partition(": ") for line in block.decode().split("\n"))
        return {name: value for name, _, value in pairs if name}

    def close(self) -> None:
        """Go away without a word."""
        self.writer.close()
