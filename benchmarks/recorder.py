"""Recorder: a durable log call against the bare transaction, and against a black hole."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from motherhaven.contract.ids import IdSource
from motherhaven.recorder import TradingLogger, open_recorder, open_shipper
from motherhaven.settings import SystemClock
from motherhaven.testing.stub_server import Reply, StubServer, always

CALLS = 200
TEXT = "BTC trades at 97,412.5 above its 20-hour average; momentum fades, volume is thin.\n" * 50
HEAVY = ("pandas", "ccxt", "anthropic", "openai", "fastapi", "httpx")

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians over paired rounds of each round's median call; ratios above 1 are slower."""
    with tempfile.TemporaryDirectory() as name, StubServer() as hole, StubServer() as honest:
        hole.default = always(Reply(silent=True))
        folder = Path(name)
        bare = _Bare(folder / "bare.db")
        off = _logger(folder / "off.db", None)
        black = _logger(folder / "hole.db", hole)
        shipped = _logger(folder / "shipped.db", honest)
        calls: list[Callable[[], object]] = [
            bare.write, lambda: _log(off), lambda: _log(black), lambda: _log(shipped),
        ]  # fmt: skip
        medians = [_median_calls(calls) for _ in range(rounds + 1)][1:]
        shipped.flush(30)
        latency = [_acknowledged(shipped, honest) for _ in range(20 * rounds)]
        for logger in (off, black, shipped):
            logger.close(0.1)
        bare.close()
    bare_us, off_us, hole_us, ship_us = (
        statistics.median(column) * 1e6 for column in zip(*medians, strict=True)
    )
    ratio = [
        statistics.median(row[above] / row[below] for row in medians)
        for above, below in ((1, 0), (2, 1), (3, 1))
    ]
    return [
        ("bare transaction", bare_us, "us, two statements, synchronous=FULL, same bytes"),
        ("log_decision, shipping off", off_us, "us"),
        ("log_decision, black hole", hole_us, "us"),
        ("log_decision, shipping", ship_us, "us"),
        ("durable call / bare", ratio[0], "x, to stay at or below 1.5"),
        ("black hole / off", ratio[1], "x, to stay at or below 1.2"),
        ("shipping / off", ratio[2], "x, the server in the same process"),
        ("log call to server, median", statistics.median(latency) * 1e3, "ms"),
        ("heavy modules imported", _heavy_imports(), f"of {', '.join(HEAVY)}"),
    ]


def _logger(path: Path, server: StubServer | None) -> TradingLogger:
    clock = SystemClock()
    recorder = open_recorder(path, clock=clock, ids=IdSource(clock, os.urandom))
    if server is None:
        return TradingLogger.build(recorder)
    shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key, timeout=600)
    return TradingLogger.build(recorder, shipper)


def _log(logger: TradingLogger) -> int:
    decision = {
        "coin": "BTC", "signal": "hold", "quantity_usd": 50.0, "leverage": 3, "confidence": 0.7,
        "exit_plan": {"profit_target": 110.5, "stop_loss": 90.25}, "justification": TEXT[:300],
    }  # fmt: skip
    return logger.log_decision(decision, TEXT[:1_000], TEXT[:2_000], TEXT[:4_000])


class _Bare:
    """The floor: the same bytes in one row, the small columns in another, one commit."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("journal_mode", "wal")
        self._connection.pragma("synchronous", "full")
        self._connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, payload TEXT)")
        self._connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, a, b, c)")
        self._payload = TEXT[:4_000] + TEXT[:3_700]

    def write(self) -> None:
        """One durable transaction of two statements."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO events (payload) VALUES (?)", (self._payload,))
        self._connection.execute("INSERT INTO rows (a, b, c) VALUES ('BTC', 'hold', 50.0)")
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _median_calls(calls: list[Callable[[], object]]) -> list[float]:
    """Each call's median seconds, the calls taking turns: what disturbs one disturbs all."""
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(CALLS):
        for call, seconds in zip(calls, took, strict=True):
            started = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in took]


def _acknowledged(logger: TradingLogger, server: StubServer) -> float:
    """Seconds from the start of a log call until the server has the event."""
    before = len(server.events)
    started = time.perf_counter()
    _log(logger)
    server.wait_for(lambda stub: len(stub.events) > before)
    return time.perf_counter() - started


def _heavy_imports() -> float:
    code = f"import sys, motherhaven.recorder; print(len(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)
