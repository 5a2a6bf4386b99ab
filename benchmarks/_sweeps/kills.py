"""kill -9 of a bot that records and ships, at random moments."""

import os
import random
import signal
import time
from functools import partial
from pathlib import Path

from benchmarks._sweeps import Count, Tally, compare, decision, make_recorder
from benchmarks._sweeps.readers import acknowledged_by
from motherhaven.recorder import open_shipper
from motherhaven.testing.stub_server import StubServer

_KILLS_PER_JOURNAL = 25
_LONGEST = 0.04
"""Seconds that a bot lives at most after its first record."""


def log_until_killed(path: Path, server: StubServer, seconds: float, pipe: int) -> None:
    """Record and ship; write each acknowledged id to the pipe; die by SIGKILL meanwhile."""
    recorder = make_recorder(path, None)
    open_shipper(recorder, base_url=server.url, api_key=server.api_key)
    child = os.getpid()
    n = 0
    while True:
        event_id = recorder.record("decision", decision(n, n % 7 * 3_000)).event_id
        os.write(pipe, event_id.encode() + b"\n")
        if n == 0 and os.fork() == 0:  # a killer that no lock of the victim can hold up
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
            os._exit(0)
        n += 1


def sweep(folder: Path, n: int, seed: int) -> list[Tally]:
    """`n` kills; after each 25 the journal is compared with what was acknowledged.

    `twice` counts what the server holds besides, `lost` what it misses after the backlog.
    """
    rng = random.Random(seed)
    count = Count()
    for start in range(0, n, _KILLS_PER_JOURNAL):
        path = folder / f"bot-{start}.db"
        known: list[str] = []
        with StubServer() as server:
            for _ in range(min(_KILLS_PER_JOURNAL, n - start)):
                seconds = rng.uniform(0, _LONGEST)
                known += acknowledged_by(partial(log_until_killed, path, server, seconds))
            recorder = make_recorder(path, None)
            shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
            shipper.flush(60)
            shipper.close()
            recorder.journal.close()
            count.lost += len(set(known) - set(server.events))
            count.twice += len(server.order) - len(set(server.order))
        compare(count, path, known)
    return [count.tally("kill -9 of a bot that records and ships", n, seed)]
