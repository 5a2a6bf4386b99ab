"""What the store suite builds on: backends, a still clock, and a bot that makes events."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from motherhaven.contract.events import Event, Kind
from motherhaven.contract.jsonio import loads
from motherhaven.contract.wire import event_from_item, event_from_single
from motherhaven.stores import DecisionFilter, MemoryStore, Store
from motherhaven.stores.sqlite import SqliteStore
from tests import serverkit
from tests.firestore_emulator import firestore_store
from tests.postgres_server import postgres_store

START = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
ANY = DecisionFilter()


class StillClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - START).total_seconds()


@dataclass(frozen=True)
class Backend:
    """One adapter under test. `shared`: two stores at one place see each other's commits."""

    name: str
    make: Callable[[Path, Any], Store]
    """`make(place, clock)`"""
    durable: bool
    shared: bool


BACKENDS = (
    Backend("memory", lambda place, clock: MemoryStore(clock=clock), durable=False, shared=False),
    Backend(
        "sqlite",
        lambda place, clock: SqliteStore(place / "store.db", clock=clock),
        durable=True,
        shared=True,
    ),
    Backend("postgresql", postgres_store, durable=True, shared=True),
    Backend("firestore", firestore_store, durable=True, shared=True),
)
"""To put another adapter under the whole suite, add it here."""


@dataclass(frozen=True)
class Place:
    """Where the stores of one test live."""

    backend: Backend
    path: Path
    clock: StillClock

    def store(self) -> Store:
        """A store at this place, not yet open."""
        return self.backend.make(self.path, self.clock)

    def run(self, scenario: Callable[[Store], Awaitable[None]]) -> None:
        """Run `scenario` on an open store, and close it whatever happens."""

        async def whole() -> None:
            store = self.store()
            await store.open()
            try:
                await scenario(store)
            finally:
                await store.close()

        asyncio.run(whole())


class Bot:
    """Makes the events of one bot, numbered as its journal would."""

    def __init__(self, bot_id: str = "bot-a", name: str | None = "alpha", epoch: int = 1) -> None:
        self.bot_id = bot_id
        self.name = name
        self.mode = "paper"
        self.epoch = epoch
        self.seq = 0
        self.received: datetime | None = None

    def at(self, received: datetime) -> Self:
        """Let what follows be received at this time; else it is when it happens."""
        self.received = received
        return self

    def event(self, kind: Kind, payload: dict[str, Any], time: datetime, **envelope: Any) -> Event:
        """An event as the batch endpoint would build it."""
        self.seq += 1
        item = {
            "event_id": f"{self.bot_id}-{self.epoch}-{self.seq}",
            "bot_id": self.bot_id,
            "bot_name": self.name,
            "mode": self.mode,
            "epoch": self.epoch,
            "seq": self.seq,
            "kind": kind,
            "time": time.isoformat(),
            "recorded_at": time.isoformat(),
            "payload": payload,
        }
        return event_from_item(item | envelope, self.received or max(START, time))

    def decision(self, minute: float = 0, *, envelope: Any = None, **fields: Any) -> Event:
        """A decision, `minute` minutes after START."""
        time = START + timedelta(minutes=minute)
        payload = {
            "timestamp": time.isoformat(), "coin": "BTC", "signal": "hold", "quantity_usd": "12.50",
            "leverage": 3, "confidence": "0.7", "justification": "because",
        }  # fmt: skip
        return self.event("decision", payload | fields, time, **(envelope or {}))

    def execution(self, decision_id: str, minute: float = 0, **fields: Any) -> Event:
        """What became of a decision."""
        time = START + timedelta(minutes=minute)
        payload = {
            "timestamp": time.isoformat(), "decision_id": decision_id, "coin": "BTC",
            "execution_status": "executed",
        }  # fmt: skip
        return self.event("execution", payload | fields, time)

    def account(self, minute: float = 0, equity: str = "1000", **fields: Any) -> Event:
        """An account state."""
        time = START + timedelta(minutes=minute)
        payload = {
            "timestamp": time.isoformat(), "balance_usd": equity, "equity_usd": equity,
            "unrealized_pnl": "0", "realized_pnl": "0", "total_pnl": "0", "num_positions": 0,
        }  # fmt: skip
        return self.event("account", payload | fields, time)

    def opened(self, minute: float = 0, **fields: Any) -> Event:
        """A position's entry."""
        time = START + timedelta(minutes=minute)
        payload = {
            "coin": "BTC", "side": "long", "quantity_usd": "50", "leverage": "3",
            "entry_price": "60000.5", "entry_time": time.isoformat(), "status": "open",
        }  # fmt: skip
        return self.event("position_opened", payload | fields, time)

    def closed(self, minute: float = 0, **fields: Any) -> Event:
        """A position's exit."""
        time = START + timedelta(minutes=minute)
        payload = {
            "coin": "BTC", "side": "long", "quantity_usd": "50", "leverage": "3",
            "entry_price": "60000.5", "exit_price": "61000", "exit_time": time.isoformat(),
            "realized_pnl": "2.4", "status": "closed",
        }  # fmt: skip
        return self.event("position_closed", payload | fields, time)

    def fill(self, minute: float = 0, **fields: Any) -> Event:
        """One fill."""
        time = START + timedelta(minutes=minute)
        payload = {
            "timestamp": time.isoformat(), "coin": "BTC", "size": "0.0025", "price": "60000.5",
            "fee": "0.0675", "realized": "0", "liquidity": "taker", "reason": "entry",
            "position_id": "p1",
        }  # fmt: skip
        return self.event("fill", payload | fields, time)

    def funding(self, minute: float = 0, **fields: Any) -> Event:
        """One funding payment."""
        time = START + timedelta(minutes=minute)
        payload = {
            "timestamp": time.isoformat(), "coin": "BTC", "amount": "0.0123", "rate": "0.0000125",
            "oracle": "60001", "position_id": "p1",
        }  # fmt: skip
        return self.event("funding", payload | fields, time)

    def candles(self, minute: float = 0, *rows: Any, coin: str = "BTC") -> Event:
        """Candles of a coin, each (start, open, high, low, close, volume)."""
        time = START + timedelta(minutes=minute)
        payload = {
            "timestamp": time.isoformat(), "coin": coin, "interval_seconds": 60,
            "candles": [list(row) for row in rows],
        }  # fmt: skip
        return self.event("candles", payload, time)

    def answer(self, minute: float = 0, **fields: Any) -> Event:
        """A model's answer."""
        return self._at("answer", minute, serverkit.answer(**fields))

    def order(self, minute: float = 0, **fields: Any) -> Event:
        """An order in one of its states."""
        return self._at("order", minute, serverkit.order(**fields))

    def cash_flow(self, minute: float = 0, **fields: Any) -> Event:
        """Money that came in or went out."""
        return self._at("cash_flow", minute, serverkit.cash_flow(**fields))

    def protection(self, minute: float = 0, **fields: Any) -> Event:
        """How a position is covered."""
        return self._at("protection", minute, serverkit.protection(**fields))

    def command(self, minute: float = 0, **fields: Any) -> Event:
        """A command in one of its states."""
        return self._at("command", minute, serverkit.command(**fields))

    def _at(self, kind: Kind, minute: float, payload: dict[str, Any]) -> Event:
        time = START + timedelta(minutes=minute)
        return self.event(kind, {"timestamp": time.isoformat(), **payload}, time)

    def status(self, minute: float = 0, state: str = "running", **fields: Any) -> Event:
        """A heartbeat."""
        time = START + timedelta(minutes=minute)
        payload = {"timestamp": time.isoformat(), "status": state, "message": ""}
        return self.event("status", payload | fields, time)


class OldIds:
    """Ids as the server gives them to events that come without."""

    def __init__(self) -> None:
        self.count = 0

    def new(self) -> str:
        self.count += 1
        return f"old-{self.count}"


OLD_IDS: Any = OldIds()


def old(endpoint: Any, body: str, received: datetime = START) -> Event:
    """An event of an old client: the JSON text of a single endpoint, no ids, naive times."""
    return event_from_single(endpoint, loads(body.encode()), received, OLD_IDS)
