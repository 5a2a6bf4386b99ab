"""Steps in several lanes: each lane takes the next step when it has ended one."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.common import ROOT, ToolError, say
from scripts.test_parts import LANE

LIMIT_SECONDS: Final = 2_400.0
"""How long one step may take before it is stopped: the longest takes some 12 minutes."""


@dataclass(frozen=True)
class Step:
    """A check: its name, and what runs it in a lane and gives its output.

    `run` raises ToolError when the check fails.
    """

    name: str
    run: Callable[[int], str]


def finished(
    command: Sequence[str | Path],
    lane: int,
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    limit: float = LIMIT_SECONDS,
) -> str:
    """The output of a command that ended well; it knows its lane from the environment.

    Raises:
        ToolError: it did not end with 0, or not within `limit` seconds; the text begins with its
            output. A pytest that is stopped so tells where each of its threads stood.
    """
    known = {**(env or os.environ), LANE: str(lane)}
    known.pop("PYTHONDONTWRITEBYTECODE", None)  # each process would compile every package anew
    # A file and not a pipe: a program that the command left behind cannot hold us up.
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            command, cwd=cwd, env=known, stdin=subprocess.DEVNULL, stdout=told,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            code = str(process.wait(timeout=limit))
        except subprocess.TimeoutExpired:
            _stop(process)
            code = f"nothing: it was stopped after {limit:.0f} s"
        told.seek(0)
        output = told.read().decode("utf-8", errors="replace")
    if code != "0":
        words = " ".join(str(word) for word in command[:3])
        raise ToolError(f"{output}\n`{words}` ended with exit code {code}")
    return output


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that is late; it may write its stacks first."""
    process.send_signal(signal.SIGABRT if hasattr(signal, "SIGABRT") else signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_steps(steps: Iterable[Step], lanes: int) -> list[str]:
    """Run all steps, in this order, `lanes` at a time; the names of those that failed.

    The output of a step is shown as a whole when it has ended.
    """
    waiting, failed = deque(steps), list[str]()
    lock = threading.Lock()

    def work(lane: int) -> None:
        while True:
            with lock:
                if not waiting:
                    return
                step = waiting.popleft()
                say(f"== {step.name}")
            started = time.monotonic()
            try:
                told, fault = step.run(lane), ""
            except (ToolError, OSError) as error:
                told, fault = str(error), "FAILED"
            with lock:
                print(told, end="" if told.endswith("\n") or not told else "\n", flush=True)
                say(f"{fault or 'ok'} {step.name} ({time.monotonic() - started:.1f} s)")
                if fault:
                    failed.append(step.name)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
