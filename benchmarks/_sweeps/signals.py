"""Exceptions and log calls at any moment inside a log call: signals, and a raise at every line.

Whatever interrupts a call, the logger stays usable, a call that returned is durable, and
one that raised left its event there whole or not at all, never twice.
"""

import contextlib
import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks._sweeps import Count, Tally, decision, make_recorder
from motherhaven.recorder import TradingLogger, open_shipper
from motherhaven.testing.stub_server import StubServer

_NEXT = 0.0004
"""Seconds within which a signal comes: about as long as a call takes."""


class Interrupted(Exception):
    """What the handlers raise."""


class Run:
    """One logger, what it acknowledged, and what a handler does to it."""

    def __init__(self, path: Path, what: str, server: StubServer) -> None:
        self.path = path
        self.what = what
        recorder = make_recorder(path, None)
        shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
        self.logger = TradingLogger.build(recorder, shipper)
        self.acknowledged: list[str] = []
        self.interrupted = 0
        self._inside = 0

    def log(self, prefix: str, n: int) -> None:
        """One call of a kind that changes with `n`; notes its id when it returned."""
        event_id = f"{self.path.stem}-{prefix}-{n}"  # one server takes all
        if n % 3 == 0:
            self.logger.log_bot_status("running", f"call {n}", event_id=event_id)
        elif n % 3 == 1:
            self.logger.log_decision(
                decision(n) | {"exit_plan": None}, "x" * 500, event_id=event_id
            )
        else:
            self.logger.log_account_state(1_000 + n, 1_000 + n, event_id=event_id)
        self.acknowledged.append(event_id)

    def interrupt(self) -> None:
        """What a handler does in the middle of a call."""
        self.interrupted += 1
        if self.what in ("log", "log and raise") and self._inside == 0:
            self._inside += 1
            try:
                self.log("handler", self.interrupted)
            finally:
                self._inside -= 1
        if self.what == "exit":
            raise SystemExit(3)
        if self.what == "interrupt":
            raise KeyboardInterrupt
        if self.what in ("raise", "log and raise"):
            raise Interrupted

    def finish(self, count: Count) -> None:
        """Log once more, then compare the journal with what was acknowledged."""
        self.log("last", 0)
        shipped = self.logger.flush(60)
        connection = self.logger.recorder.journal.open_connection("normal")
        found = Counter(row[0] for row in connection.execute("SELECT event_id FROM events"))
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        self.logger.close(0.1)
        count.acknowledged += len(self.acknowledged)
        count.lost += len(set(self.acknowledged) - set(found))
        count.twice += sum(many - 1 for many in found.values())
        count.false_damage += not (sound and shipped)


KINDS = ("raise", "exit", "interrupt", "log", "log and raise")
_CAUGHT = (Interrupted, SystemExit, KeyboardInterrupt)


@contextlib.contextmanager
def _alarms(run: Run) -> Iterator[None]:
    """SIGALRM is answered by the run's handler; off again afterwards."""

    def handler(number: int, frame: FrameType | None) -> None:
        run.interrupt()

    before = signal.signal(signal.SIGALRM, handler)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def by_signals(run: Run, moments: int, rng: random.Random, count: Count) -> None:
    """A signal at so many random moments of calls on the main thread."""
    with _alarms(run):
        n = 0
        while run.interrupted < moments:
            n += 1
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, _NEXT))
                run.log("main", n)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except _CAUGHT:
                continue
    run.finish(count)


def by_lines(
    run: Run, prefix: str, kind: int, moments: int, rng: random.Random, *, opcodes: bool
) -> int:
    """Interrupt calls of one kind at so many of their lines (or instructions), drawn by lot.

    Traces the calling thread only. All of them are taken where there are no more.
    """
    many = _traced(run, prefix, kind, 0, opcodes=opcodes)
    chosen = rng.sample(range(1, many + 1), min(moments, many))
    for number, moment in enumerate(chosen, 1):
        _traced(run, prefix, kind + 3 * number, moment, opcodes=opcodes)
    return len(chosen)


def _traced(run: Run, prefix: str, n: int, moment: int, *, opcodes: bool) -> int:
    """One call, interrupted at its line number `moment` (0: never); how many lines it had."""
    seen = 0
    wanted = "opcode" if opcodes else "line"

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal seen
        frame.f_trace_opcodes = opcodes
        if event == wanted:
            seen += 1
            if seen == moment:
                sys.settrace(None)
                run.interrupt()
        return trace

    sys.settrace(trace)
    try:
        run.log(prefix, n)
    except _CAUGHT:
        pass
    finally:
        sys.settrace(None)
    return seen


def on_worker(work: Callable[[], int]) -> int:
    """Run `work` on a thread of its own; its result."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def sweep_here(folder: Path, n: int, seed: int, count: Count) -> int:
    """The whole sweep in this process; returns how many moments it came to."""
    rng = random.Random(seed)
    many, each = n // (2 * len(KINDS)) + 1, n // (12 * len(KINDS)) + 1
    moments = 0
    with StubServer() as server:
        for number, what in enumerate(KINDS):
            by_signals(Run(folder / f"signals-{number}.db", what, server), many, rng, count)
            moments += many
            for kind in range(3):
                run = Run(folder / f"lines-{number}-{kind}.db", what, server)
                for place, opcodes in (("main", False), ("main-opcode", True)):
                    moments += by_lines(run, place, kind, each, rng, opcodes=opcodes)
                for place, opcodes in (("worker", False), ("worker-opcode", True)):
                    work = partial(by_lines, run, place, kind, each, rng, opcodes=opcodes)
                    moments += on_worker(work)
                run.finish(count)
    return moments


def sweep(folder: Path, n: int, seed: int) -> list[Tally]:
    """At least `n` moments, in a process that is ended if it should ever hang."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reader)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            threading.Thread(target=_end_after, args=(120 + n // 10,), daemon=True).start()
            count = Count()
            moments = sweep_here(folder, n, seed, count)
            numbers = (moments, count.acknowledged, count.lost, count.twice, count.false_damage)
            os.write(writer, " ".join(map(str, numbers)).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read().split()
    os.waitpid(pid, 0)
    what = "exceptions and log calls inside a log call, by signals and at every line"
    if not told:
        return [Tally(what, n, 0, 0, 0, 1, 0, seed)]
    moments, acknowledged, lost, twice, false = map(int, told)
    return [Tally(what, moments, acknowledged, lost, twice, 0, false, seed)]


def _end_after(seconds: float) -> None:
    threading.Event().wait(seconds)
    os.write(2, b"a log call hangs\n")
    os._exit(2)
