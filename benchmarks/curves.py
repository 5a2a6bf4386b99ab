"""A year of 100 bots: our curves against DuckDB's group-by of the 17.5 million raw rows.

A bot reports its account every 180 s: 17.5 M rows a year. DuckDB gets them all. Our store
keeps daily rollups, one row for each bot and day however many reports there were, so it is
filled through `append` with a report every six hours only: the rows that the year's query
reads are as many as with all 17.5 M. `--full` appends them all (most of an hour, 10 GB).
"""

import asyncio
import importlib
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

import benchmarks
from benchmarks._serve import CONFIG
from motherhaven.contract.events import Event
from motherhaven.contract.wire import event_from_item
from motherhaven.server import create_app
from motherhaven.server.run import spare_collector
from motherhaven.settings import SystemClock
from motherhaven.stores import TIERS, Store, open_store

BOTS: Final = 100
DAYS: Final = 365
RAW_SECONDS: Final = 180
KEPT_SECONDS: Final = 6 * 3_600
START: Final = datetime(2025, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=DAYS)
DAY: Final = TIERS[-1]
VIEWS: Final = {
    "equity?range=1y": "100 curves over the year",
    "bots": "the leaderboard's rows",
    "metrics": "returns, ratios and trades of 100 bots",
    "compare?ids=": "10 bots side by side",
}

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds; a ratio above 1 means that we are faster."""
    with tempfile.TemporaryDirectory(prefix="motherhaven-bench-") as name:
        return asyncio.run(_measure(Path(name), rounds))


async def _measure(folder: Path, rounds: int) -> list[Figure]:
    clock = SystemClock()
    store = open_store("sqlite:///year.db", clock=clock, data_dir=folder)
    await store.open()
    reports = await _fill(store, RAW_SECONDS if benchmarks.FULL else KEPT_SECONDS)
    other = _duckdb(folder)
    ours: list[float] = []
    ratios: list[float] = []
    for _ in range(rounds + 1):
        ours.append(await _seconds(lambda: _ours(store)))
        if other is not None:
            begun = time.perf_counter()
            other()
            ratios.append((time.perf_counter() - begun) / ours[-1])
    views = await _views(store, clock, rounds)
    await store.close()
    what = f"ms, {BOTS} bots, a point a day; {reports} reports appended"
    figures = [("equity of a year", statistics.median(ours[1:]) * 1e3, what)]
    if other is None:
        figures.append(("DuckDB / ours", 0.0, "not installed: uv pip install duckdb"))
    else:
        rows = BOTS * DAYS * 86_400 // RAW_SECONDS / 1e6
        told = f"its group-by of {rows:.1f} M raw rows; goal >= 2"
        figures.append(("DuckDB / ours", statistics.median(ratios[1:]), told))
    return figures + views


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def _ours(store: Store) -> None:
    series = await store.equity(None, start=START, end=START + SPAN, bucket=DAY)
    if sum(len(one.points) for one in series) != BOTS * DAYS:
        raise RuntimeError("the curves are not whole")


async def _fill(store: Store, every: int) -> int:
    """Append the reports of all bots, in order of time; how many."""
    dice = random.Random(7)
    equity = [10_000.0] * BOTS
    batch: list[Event] = []
    steps = DAYS * 86_400 // every
    for step in range(steps):
        at = START + timedelta(seconds=step * every)
        for bot in range(BOTS):
            equity[bot] *= 1 + dice.gauss(0, 0.004)
            batch.append(_report(bot, step, at, equity[bot]))
        if len(batch) >= 2_000:
            await store.append(batch)
            batch = []
    await store.append(batch)
    return steps * BOTS


def _report(bot: int, step: int, at: datetime, equity: float) -> Event:
    gain, moment = f"{equity - 10_000:.2f}", at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    payload = {
        "timestamp": moment, "balance_usd": f"{equity:.2f}", "equity_usd": f"{equity:.2f}",
        "unrealized_pnl": "0", "realized_pnl": gain, "total_pnl": gain, "num_positions": 0,
        "deposits_usd": "10000",
    }  # fmt: skip
    item = {
        "event_id": f"b{bot:03d}-{step:09d}", "bot_id": f"bot-{bot:03d}", "bot_name": f"bot {bot}",
        "mode": "simulated", "epoch": 1, "seq": step + 1, "kind": "account", "time": moment,
        "recorded_at": moment, "payload": payload,
    }  # fmt: skip
    return event_from_item(item, at)


def _duckdb(folder: Path) -> Callable[[], object] | None:
    """The same year of raw rows in a DuckDB file, and the query; None without it."""
    try:
        duckdb: Any = importlib.import_module("duckdb")
    except ImportError:
        return None
    connection = duckdb.connect(str(folder / "raw.duckdb"))
    per_bot = DAYS * 86_400 // RAW_SECONDS
    connection.execute(
        "CREATE TABLE accounts AS SELECT (i % ?)::INTEGER AS bot, "
        "TIMESTAMP '2025-01-01' + INTERVAL 1 SECOND * ((i // ?) * ?) AS seen, "
        "(10000 + 500 * random())::DECIMAL(18, 2) AS equity FROM range(?) AS t(i)",
        [BOTS, BOTS, RAW_SECONDS, per_bot * BOTS],
    )
    connection.execute("CHECKPOINT")

    def once() -> object:
        rows = connection.execute(
            "SELECT bot, date_trunc('day', seen) AS day, arg_max(equity, seen), min(equity), "
            "max(equity) FROM accounts GROUP BY ALL ORDER BY bot, day"
        ).fetchall()
        if len(rows) != BOTS * DAYS:
            raise RuntimeError("the groups are not whole")
        return rows

    return once


async def _views(store: Store, clock: SystemClock, rounds: int) -> list[Figure]:
    """Milliseconds of the answers that the page's overviews ask for, the first and later ones."""
    app = create_app(CONFIG, store, clock)
    transport = httpx.ASGITransport(app=app)
    spare_collector()  # as a server does when it is ready
    figures: list[Figure] = []
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for view, what in VIEWS.items():
            ten = ",".join(f"bot-{bot:03d}" for bot in range(10))
            path = f"/api/llm-bot/{view}" + (ten if view.endswith("=") else "")
            took: list[float] = []
            for _ in range(rounds + 1):
                begun = time.perf_counter()
                answer = await client.get(path)
                took.append((time.perf_counter() - begun) * 1e3)
                answer.raise_for_status()
            name = view.partition("?")[0]
            figures.append((f"GET {name}, first", took[0], f"ms, {what}"))
            figures.append((f"GET {name}, again", statistics.median(took[1:]), "ms"))
    return figures
