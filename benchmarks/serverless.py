"""The cold start of the ASGI entry: from the start of a process to its first whole answer.

A new interpreter imports the code, reads the settings, opens the store and answers, as on a
platform that keeps no process. Firestore is the official emulator; left out where it is missing.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
SCRIPT: Final = ROOT / "tests" / "acceptance" / "one_request.py"
KEY: Final = "benchmark-key-0123456789"
LIMIT_SECONDS: Final = 120.0

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Medians over `rounds` processes of each kind."""
    emulator = import_module("tests.firestore_emulator")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        stores = {"sqlite": f"sqlite:///{folder}/cold.db"}
        if emulator.find_jar() is None:
            figures.append(("firestore: skipped", float("nan"), "needs the Firestore emulator"))
        else:
            emulator.emulator_host()
            stores["firestore"] = f"firestore://cold-{os.getpid()}"
        for name, store in stores.items():
            _answer(store, folder)  # the schema is made once, not at each start
            taken = [_answer(store, folder) for _ in range(rounds)]
            whole, work, answer = (statistics.median(part) for part in zip(*taken, strict=True))
            figures += [
                (f"{name}: cold start s", whole, "process start to first answer"),
                (f"{name}: of it processor time s", work, "whatever else runs"),
                (f"{name}: of it the request s", answer, "open the store and answer"),
            ]
    return figures


def _answer(store: str, folder: str) -> tuple[float, float, float]:
    """Seconds of a whole process, its processor time, and the seconds of its request."""
    env = {**os.environ, "LLM_BOT_API_KEY": KEY, "MOTHERHAVEN_STORE": store}
    request: dict[str, Any] = {
        "method": "GET", "path": "/api/llm-bot/bots", "headers": {"x-api-key": KEY},
    }  # fmt: skip
    begun, worked = time.perf_counter(), _worked()
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], input=json.dumps(request), cwd=folder, env=env,
        capture_output=True, encoding="utf-8", timeout=LIMIT_SECONDS, check=False,
    )  # fmt: skip
    whole = time.perf_counter() - begun
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    answer = json.loads(done.stdout)
    if answer["status"] != 200:
        raise RuntimeError(done.stdout)
    return whole, _worked() - worked, float(answer["seconds"])


def _worked() -> float:
    """Processor seconds of the processes that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
