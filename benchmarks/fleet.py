"""A fleet of 1,000 bots on PostgreSQL beside SQLite: a decision, an account and a heartbeat each.

Each bot's cycle is one append, as its sender's request is; 64 of them wait at a time. Wall
time and processor time are taken in paired rounds; PostgreSQL's own processes count apart.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import benchmarks
from benchmarks.postgres import on_postgres
from benchmarks.stores import START, _account, _Clock, _decision
from motherhaven.contract.events import Event
from motherhaven.contract.wire import event_from_item
from motherhaven.stores import Store, open_store
from motherhaven.testing.postgres import PostgresProcess

BOTS: Final = 1_000
AT_ONCE: Final = 64
CYCLE_SECONDS: Final = 180

Figure = tuple[str, float, str]


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds of one round: by the clock, of this process, of the database's processes."""

    wall: float
    own: float
    server: float


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds, a cycle of each bot in each; `--full`: 20 of them."""
    rounds = 20 if benchmarks.FULL else rounds
    return on_postgres(lambda server, folder: _compare(server, folder, rounds))


async def _compare(server: PostgresProcess, folder: Path, rounds: int) -> list[Figure]:
    postgres = open_store(server.url, clock=_Clock(), data_dir=folder)
    sqlite = open_store("sqlite:///fleet.db", clock=_Clock(), data_dir=folder)
    costs: list[tuple[_Cost, _Cost]] = []
    for store in (postgres, sqlite):
        await store.open()
        await _cycle(store, _events(0), server)
    for number in range(1, rounds + 1):
        events = _events(number)
        costs.append((await _cycle(postgres, events, server), await _cycle(sqlite, events, server)))
    for store in (postgres, sqlite):
        await store.close()
    count = 3 * BOTS
    ratios = [ours.wall / theirs.wall for theirs, ours in costs]
    return [
        ("postgres: events a second", count / _median(a.wall for a, _ in costs), "durable"),
        ("sqlite: events a second", count / _median(b.wall for _, b in costs), "durable"),
        ("postgres / sqlite", _median(ratios), "events a second, paired (goal 0.8)"),
        ("postgres: us of ours an event", 1e6 * _median(a.own for a, _ in costs) / count, "CPU"),
        ("postgres: us of its own", 1e6 * _median(a.server for a, _ in costs) / count, "CPU"),
        ("sqlite: us an event", 1e6 * _median(b.own for _, b in costs) / count, "CPU"),
    ]


def _events(number: int) -> list[list[Event]]:
    """One cycle of every bot, validated."""
    dice = random.Random(number)
    at = START + timedelta(seconds=CYCLE_SECONDS * number)
    return [_bot_cycle(dice, bot, number, at.isoformat()) for bot in range(BOTS)]


def _bot_cycle(dice: random.Random, bot: int, number: int, at: str) -> list[Event]:
    status = {"timestamp": at, "status": "running", "message": "", "trades_today": 0}
    payloads = [("decision", _decision(dice, at)), ("account", _account(dice, at)),
                ("status", status)]  # fmt: skip
    items = [
        {"event_id": f"{bot:06x}-{dice.randrange(1 << 60):015x}-{seq}", "bot_id": f"bot-{bot:04}",
         "bot_name": "bench", "mode": "paper", "epoch": 1, "seq": 3 * number + seq, "kind": kind,
         "time": at, "recorded_at": at, "payload": payload}
        for seq, (kind, payload) in enumerate(payloads, 1)
    ]  # fmt: skip
    return [event_from_item(item, START + timedelta(seconds=CYCLE_SECONDS * number))
            for item in items]  # fmt: skip


async def _cycle(store: Store, appends: Sequence[list[Event]], server: PostgresProcess) -> _Cost:
    waiting = iter(appends)

    async def write() -> None:
        for events in waiting:
            await store.append(events)

    before = server_seconds(server)
    wall, own = time.perf_counter(), time.process_time()
    await asyncio.gather(*(write() for _ in range(AT_ONCE)))
    wall, own = time.perf_counter() - wall, time.process_time() - own
    return _Cost(wall, own, server_seconds(server) - before)


def server_seconds(server: PostgresProcess) -> float:
    """Processor time of the server's processes so far, those that ended included."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == server.pid:
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == server.pid:
                ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))
