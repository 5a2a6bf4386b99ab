"""Ingest against mlflow's tracking server: one decision a request, and batches.

mlflow is not in the project's environment: name a Python that has it in MLFLOW_PYTHON
(`python -m venv V && V/bin/pip install mlflow`, then MLFLOW_PYTHON=V/bin/python). Its server
runs over SQLite as `mlflow server` starts it, with one worker; it logs four metrics and two
tags for a decision, without the prompts that ours keeps as well.
"""

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks._wire import decision_item, exchange, request, running, single_body
from scripts.ports import free_port

SINGLES: Final = 60
BATCH: Final = 150
"""Decisions a batch: four metrics each, and mlflow takes 1000 metrics at most."""
BATCHES: Final = 4
CONNECTIONS: Final = 8
_START_SECONDS: Final = 600
API: Final = "/api/2.0/mlflow"

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians of paired rounds; ratios above 1 mean that we are faster."""
    python = os.environ.get("MLFLOW_PYTHON")
    if not python:
        return [("ours / mlflow", 0.0, "skipped: set MLFLOW_PYTHON to a Python that has mlflow")]
    numbers = count()
    singles: list[tuple[float, float]] = []
    batches: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="motherhaven-bench-") as name:
        folder = Path(name)
        with running("real", folder) as server, _mlflow(python, folder) as other:
            for _ in range(rounds + 1):
                singles.append((_ours_singly(server.port, numbers), other.singly(numbers)))
                batches.append((_ours_batched(server.port, numbers), other.batched(numbers)))
    del singles[0], batches[0]
    return [
        ("single, ours", _median(a for a, _ in singles), f"decisions/s, {CONNECTIONS} connections"),
        ("single, mlflow", _median(b for _, b in singles), "decisions/s, a log-batch each"),
        ("single, ours / mlflow", _median(a / b for a, b in singles), "goal >= 50"),
        ("batch, ours", _median(a for a, _ in batches), f"decisions/s, {BATCH} a request"),
        ("batch, mlflow", _median(b for _, b in batches), "decisions/s, the same batches"),
        ("batch, ours / mlflow", _median(a / b for a, b in batches), "goal >= 15"),
    ]


def _median(values: Iterator[float]) -> float:
    return statistics.median(values)


class _Mlflow:
    """A running tracking server with one run to log to."""

    def __init__(self, port: int, run_id: str) -> None:
        self._port = port
        self._run = run_id

    def singly(self, numbers: "count[int]") -> float:
        """Decisions a second, one request each."""
        bodies = [self._body([next(numbers)]) for _ in range(SINGLES)]
        return SINGLES / _seconds(self._port, f"{API}/runs/log-batch", bodies, CONNECTIONS)

    def batched(self, numbers: "count[int]") -> float:
        """Decisions a second in batches, one after the other."""
        bodies = [self._body([next(numbers) for _ in range(BATCH)]) for _ in range(BATCHES)]
        return BATCHES * BATCH / _seconds(self._port, f"{API}/runs/log-batch", bodies, 1)

    def _body(self, numbers: list[int]) -> bytes:
        metrics: list[dict[str, Any]] = []
        for number in numbers:
            payload = decision_item(number)["payload"]
            for key in ("quantity_usd", "leverage", "confidence"):
                metrics.append(_metric(key, float(payload[key]), number))
            metrics.append(_metric("hold", 1.0, number))
        tags = [{"key": "coin", "value": "BTC"}, {"key": "signal", "value": "hold"}]
        return json.dumps({"run_id": self._run, "metrics": metrics, "tags": tags}).encode()


def _metric(key: str, value: float, step: int) -> dict[str, Any]:
    return {"key": key, "value": value, "timestamp": 1_767_225_600_000 + step, "step": step}


@contextmanager
def _mlflow(python: str, folder: Path) -> Iterator[_Mlflow]:
    """`mlflow server` over an SQLite file while the context lasts."""
    port = free_port()
    command = [
        python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _Mlflow(port, _new_run(f"http://127.0.0.1:{port}{API}", folder))
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def _new_run(url: str, folder: Path) -> str:
    """The id of a new run, once the server answers."""
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            answer = httpx.post(f"{url}/runs/create", json={"experiment_id": "0"}, timeout=120)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            if time.monotonic() > until:
                log = (folder / "mlflow.log").read_text(errors="replace")[-2_000:]
                raise RuntimeError(f"mlflow's server does not answer: {log}") from error
            time.sleep(0.2)
            continue
        return str(answer.json()["run"]["info"]["run_id"])


def _ours_singly(port: int, numbers: "count[int]") -> float:
    amount = 10 * SINGLES
    bodies = [single_body(next(numbers)) for _ in range(amount)]
    return amount / _seconds(port, "/api/llm-bot/ingest/decision", bodies, CONNECTIONS)


def _ours_batched(port: int, numbers: "count[int]") -> float:
    def body() -> bytes:
        return json.dumps({"events": [decision_item(next(numbers)) for _ in range(BATCH)]}).encode()

    amount = 4 * BATCHES
    took = _seconds(port, "/api/llm-bot/ingest/batch", [body() for _ in range(amount)], 1)
    return amount * BATCH / took


def _seconds(port: int, path: str, bodies: list[bytes], connections: int) -> float:
    """How long the posts take over kept-alive connections, each waiting for its answers."""
    requests = [request(path, body) for body in bodies]

    async def client(mine: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in mine:
            await exchange(reader, writer, one)
        writer.close()

    async def everyone() -> float:
        begun = time.perf_counter()
        await asyncio.gather(*(client(requests[n::connections]) for n in range(connections)))
        return time.perf_counter() - begun

    return asyncio.run(everyone())
