"""`migrate` from SQLite into Firestore, the official emulator: copying, and proving it equal.

5,500 events of eleven bots; `--full`: 55,000. Left out where the emulator is missing.
"""

import asyncio
import os
import random
import tempfile
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import benchmarks
from benchmarks.stores import START, _account, _Clock, _decision
from motherhaven.contract.events import Event
from motherhaven.contract.wire import event_from_item
from motherhaven.stores import open_store
from motherhaven.stores.moving import StoreSource, copy, tally

FEW: Final = 5_500
MANY: Final = 55_000
BOTS: Final = 11
STEP: Final = 550

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """One copy, whatever `rounds` says: it is long enough."""
    emulator = import_module("tests.firestore_emulator")
    if emulator.find_jar() is None:
        return [("skipped", float("nan"), "needs the Firestore emulator")]
    emulator.emulator_host()
    return asyncio.run(_moved(MANY if benchmarks.FULL else FEW))


async def _moved(count: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        origin = open_store("sqlite:///origin.db", clock=_Clock(), data_dir=Path(folder))
        await origin.open()
        for number in range(count // STEP):
            await origin.append(_events(number))
        place = f"firestore://moved-{os.getpid()}"
        target = open_store(place, clock=_Clock(), data_dir=Path(folder))
        await target.open()
        source = StoreSource(origin)
        begun, work, theirs = time.perf_counter(), time.process_time(), _emulator_seconds()
        await copy(source, target, lambda done: None)
        copied, worked = time.perf_counter() - begun, time.process_time() - work
        theirs = _emulator_seconds() - theirs
        begun = time.perf_counter()
        there = await tally(StoreSource(target))
        proved = time.perf_counter() - begun
        if there.manifest() != (await tally(source)).manifest():
            raise RuntimeError("the copy is not equal")
        await target.close()
        await origin.close()
    return [
        ("firestore: events a second", count / copied, "copied (goal 500)"),
        ("firestore: us of ours an event", 1e6 * worked / count, "CPU, copying"),
        ("firestore: us of the emulator's", 1e6 * theirs / count, "CPU, copying"),
        ("firestore: events a CPU second", count / (worked + theirs), "both, one after the other"),
        ("firestore: events proved a second", count / proved, "read again and hashed"),
    ]


def _emulator_seconds() -> float:
    """Processor time so far of the emulator that this process started."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, _, fields = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue
            if name.endswith("(java") and int(fields.split()[1]) == os.getpid():
                ticks += sum(map(int, fields.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _events(number: int) -> list[Event]:
    dice = random.Random(number)
    events: list[Event] = []
    for place in range(STEP):
        seq = number * STEP + place
        at = START + timedelta(seconds=30 * seq)
        kind = "account" if place % 5 == 4 else "decision"
        payload: dict[str, Any] = (_account if kind == "account" else _decision)(
            dice, at.isoformat()
        )
        events.append(event_from_item(
            {"event_id": f"m-{seq:06d}", "bot_id": f"bot-{seq % BOTS}", "bot_name": "bench",
             "mode": "paper", "epoch": 1, "seq": seq, "kind": kind, "time": at.isoformat(),
             "recorded_at": at.isoformat(), "payload": payload}, at))  # fmt: skip
    return events
