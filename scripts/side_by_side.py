"""Steps in several lanes: each lane takes the next step when it has ended one."""

import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.common import ROOT, ToolError, say
from scripts.test_parts import LANE


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
) -> str:
    """The output of a command that ended well; it knows its lane from the environment.

    Raises:
        ToolError: it did not end with 0; the text begins with its output.
    """
    known = {**(env or os.environ), "PYTHONDONTWRITEBYTECODE": "1", LANE: str(lane)}
    done = subprocess.run(
        command, cwd=cwd, env=known, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    if done.returncode != 0:
        words = " ".join(str(word) for word in command[:3])
        raise ToolError(f"{done.stdout}\n`{words}` ended with exit code {done.returncode}")
    return done.stdout


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
