"""The SQLite store against the floor: durable batches, and a year's curve against a month's."""

import asyncio
import os
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import apsw

from motherhaven.contract.events import Event
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import event_from_item
from motherhaven.stores import TIERS
from motherhaven.stores.sqlite import SqliteStore

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
BATCH: Final = 500
POINTS: Final = 1_000
"""A curve has at most so many points; the smallest tier that keeps to it is read."""


class _Clock:
    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return 0.0


def run(rounds: int) -> list[tuple[str, float, str]]:
    """Medians of paired rounds: (figure, value, meaning)."""
    return [*asyncio.run(_ingest(rounds)), *asyncio.run(_curves(rounds))]


def _bodies(number: int, kinds: str) -> bytes:
    """A batch of 500 items as it comes over the wire; kinds: d decisions, a accounts."""
    dice = random.Random(number)
    items = []
    for place in range(BATCH):
        seq = number * BATCH + place
        at = (START + timedelta(seconds=60 * (seq // len(kinds)))).isoformat()
        kind = kinds[place % len(kinds)]
        payload = _decision(dice, at) if kind == "d" else _account(dice, at)
        items.append(
            {"event_id": f"{seq:012x}-{dice.randrange(1 << 60):015x}", "bot_id": f"bot-{seq % 5}",
             "bot_name": "bench", "mode": "paper", "epoch": 1, "seq": seq,
             "kind": "decision" if kind == "d" else "account", "time": at, "recorded_at": at,
             "payload": payload}
        )  # fmt: skip
    return dumps({"events": items})


def _decision(dice: random.Random, at: str) -> dict[str, Any]:
    words = " ".join(f"{dice.randrange(10**6):06d}" for _ in range(280))
    return {
        "timestamp": at, "coin": dice.choice(["BTC", "ETH", "SOL"]), "signal": "hold",
        "quantity_usd": "12.50", "leverage": "3", "confidence": "0.72", "model": "model-name",
        "justification": words[:300], "system_prompt": words[:900], "user_prompt": words,
        "raw_response": words[:600], "tokens_in": 2511, "tokens_out": 310, "cost_usd": "0.0041",
        "latency_ms": 4100, "cycle_id": "c", "decider": "claude",
        "verdict": {"allowed": True, "asked_usd": "80", "allowed_usd": "50"},
    }  # fmt: skip


def _account(dice: random.Random, at: str) -> dict[str, Any]:
    equity = f"{dice.randrange(900_000, 1_100_000) / 100:.2f}"
    return {
        "timestamp": at, "balance_usd": "10000.00", "equity_usd": equity, "unrealized_pnl": "1.5",
        "realized_pnl": "0", "total_pnl": "1.5", "num_positions": 1, "deposits_usd": "10000",
    }  # fmt: skip


def _validated(body: bytes) -> list[Event]:
    return [event_from_item(item, START) for item in loads(body)["events"]]


class _Floor:
    """In-process validate and executemany: the same bytes in one durable table."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(os.fspath(path))
        self._connection.execute("PRAGMA journal_mode=WAL").fetchall()
        self._connection.execute(
            "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; CREATE TABLE events ("
            "n INTEGER PRIMARY KEY, event_id TEXT UNIQUE, bot TEXT, kind TEXT, epoch INTEGER, "
            "seq INTEGER, time TEXT, payload TEXT)"
        ).fetchall()

    def append(self, body: bytes) -> None:
        rows = [
            (e.event_id, e.bot_id, e.kind, e.epoch, e.seq, e.time.isoformat(), e.payload.decode())
            for e in _validated(body)
        ]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT INTO events (event_id, bot, kind, epoch, seq, time, payload) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._connection.execute("COMMIT")


async def _ingest(rounds: int) -> list[tuple[str, float, str]]:
    figures = []
    for name, kinds in (("decisions", "d"), ("mixed", "dda")):
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteStore(Path(folder) / "store.db", clock=_Clock())
            await store.open()
            floor = _Floor(Path(folder) / "floor.db")
            ratios, speeds = [], []
            for number in range(4 * rounds):
                body = _bodies(number, kinds)
                start = time.perf_counter()
                floor.append(body)
                bare = time.perf_counter() - start
                start = time.perf_counter()
                await store.append(_validated(body))
                ours = time.perf_counter() - start
                ratios.append(bare / ours)
                speeds.append(BATCH / ours)
            await store.close()
        figures.append(
            (f"{name}: append vs executemany", statistics.median(ratios),
             "x of in-process validate + executemany of the same bytes, batches of 500 (>= 0.5)")
        )  # fmt: skip
        figures.append((f"{name}: events a second", statistics.median(speeds), "durable"))
    return figures


async def _curves(rounds: int) -> list[tuple[str, float, str]]:
    ratios, years = [], []
    with tempfile.TemporaryDirectory() as folder:
        store = await _filled(Path(folder) / "year.db", timedelta(days=365), bots=3, minutes=30)
        for _ in range(4 * rounds):
            times = []
            for days in (30, 365):
                end, span = START + timedelta(days=365), timedelta(days=days)
                start = time.perf_counter()
                await store.equity(None, start=end - span, end=end, bucket=_tier(span))
                times.append(time.perf_counter() - start)
            ratios.append(times[1] / times[0])
            years.append(times[1] * 1000)
        await store.close()
        path = Path(folder) / "dense.db"
        await (await _filled(path, timedelta(days=10), bots=1, minutes=3)).close()
        share = _rollup_share(path)
    return [
        ("equity: a year vs 30 days", statistics.median(ratios), "x the time (<= 2), 3 bots"),
        ("equity: a year", statistics.median(years), "ms, 3 bots"),
        ("rollups: disk", share, "of the rest, nothing but accounts every 180 s (<= 0.25)"),
    ]


def _tier(span: timedelta) -> int:
    """The finest rollup of which `span` has at most POINTS buckets."""
    return next(t for t in TIERS if span.total_seconds() / t <= POINTS or t == TIERS[-1])


async def _filled(path: Path, span: timedelta, *, bots: int, minutes: int) -> SqliteStore:
    """An open store with account states of `bots` bots every `minutes` minutes."""
    store = SqliteStore(path, clock=_Clock())
    await store.open()
    dice = random.Random(5)
    batch: list[Event] = []
    for seq in range(span // timedelta(minutes=minutes)):
        at = (START + timedelta(minutes=minutes * seq)).isoformat()
        for bot in range(bots):
            item = {"event_id": f"{seq:08x}-{dice.randrange(1 << 90):023x}", "epoch": 1,
                    "bot_id": f"bot-{bot}", "seq": seq, "kind": "account", "time": at,
                    "payload": _account(dice, at)}  # fmt: skip
            batch.append(event_from_item(item, START))
        if len(batch) >= 2_000:
            await store.append(batch)
            batch = []
    await store.append(batch)
    return store


def _rollup_share(path: Path) -> float:
    connection = apsw.Connection(os.fspath(path))
    query = "SELECT sum(pgsize) FROM dbstat WHERE name {} 'rollups'"
    rollups = connection.execute(query.format("=")).get
    rest = connection.execute(query.format("<>")).get
    assert isinstance(rollups, int)
    assert isinstance(rest, int)
    return rollups / rest
