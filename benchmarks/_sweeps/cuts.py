"""Power cuts: a recorded run's writes and syncs, replayed up to any moment.

What was synced is on the disk; of what was not, any 512-byte sectors are. Every other
run goes on from what a cut left, so that what one cut leaves behind meets the next.
"""

import os
import random
import shutil
from dataclasses import dataclass, field
from itertools import count as numbers
from pathlib import Path
from typing import Any, Literal

import apsw

from benchmarks._sweeps import Count, Tally, compare, decision
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.core import Recorder
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.sending.outbox import Outbox, Settled
from motherhaven.testing.clock import FakeClock

SECTOR = 512
EVENTS = 60
CUTS_PER_RUN = 50
FILE = "run.db"

_names = numbers()

Files = dict[str, bytearray]
Step = tuple[Any, ...]


@dataclass
class BarSeries:
    """What happened to the files, in order; `acked` marks acknowledgements."""

    start: Files
    acked_before: list[str]
    steps: list[Step] = field(default_factory=list)

    def note(self, *step: Any) -> None:
        """Add one step."""
        self.steps.append(step)


class RecordingVfs(apsw.VFS):
    """Passes everything to the system's VFS and notes it on the series."""

    def __init__(self, series: BarSeries) -> None:
        self.series = series
        self.called = f"recording-{next(_names)}"
        super().__init__(self.called, "")

    def xOpen(
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:  # apsw's
        """Open through a file that notes."""
        return RecordingFile(name, flags, self.series)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # apsw's
        """Delete and note."""
        super().xDelete(filename, syncdir)
        self.series.note("delete", os.path.basename(filename))


class RecordingFile(apsw.VFSFile):
    """One file that notes what is done to it."""

    def __init__(
        self, name: str | apsw.URIFilename | None, flags: list[int], series: BarSeries
    ) -> None:
        self.series = series
        text = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self.name = os.path.basename(text)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # apsw's
        """Write and note."""
        super().xWrite(data, offset)
        self.series.note("write", self.name, offset, bytes(data))

    def xSync(self, flags: int) -> None:  # apsw's
        """Sync and note."""
        super().xSync(flags)
        self.series.note("sync", self.name)

    def xTruncate(self, size: int) -> None:  # apsw's
        """Truncate and note."""
        super().xTruncate(size)
        self.series.note("truncate", self.name, size)


def record_run(
    folder: Path, synchronous: Literal["full", "normal"], start: Files, acked: list[str], seed: int
) -> BarSeries:
    """A run of log calls with checkpoints, shipping marks and a restart, on series."""
    folder.mkdir()
    _put(folder, start)
    series = BarSeries(start, acked)
    vfs = RecordingVfs(series)
    rng = random.Random(seed)
    try:
        for part in range(2):
            clock = FakeClock()
            ids = IdSource(clock, random.Random(f"{seed}-{part}").randbytes)
            journal = Journal(
                folder / FILE, clock=clock, ids=ids, synchronous=synchronous, vfs=vfs.called
            )
            recorder = Recorder(journal, clock=clock, ids=ids)
            outbox = Outbox(journal, clock)
            assert journal._connection is not None
            journal._connection.wal_autocheckpoint(rng.choice((10, 40, 1_000)))
            for n in range(EVENTS // 2):
                sent = decision(n, rng.choice((0, 1_500, 3_000, 9_000)))
                series.note("acked", recorder.record("decision", sent).event_id)
                if n % 5 == 4:
                    outbox.settle([Settled(event) for event in outbox.take(3, 1 << 20)])
            outbox.close()
            journal.close()
    finally:
        vfs.unregister()
    return series


def disk_after_cut(series: BarSeries, cut: int, rng: random.Random) -> tuple[Files, list[str]]:
    """The files as a power cut after `cut` steps may leave them, and the acknowledged ids."""
    stable: Files = {name: bytearray(data) for name, data in series.start.items()}
    pending: dict[str, list[Step]] = {}
    acked = list(series.acked_before)
    for step in series.steps[:cut]:
        action, name, *rest = step
        if action == "acked":
            acked.append(name)
        elif action == "sync":
            for change in pending.pop(name, []):
                _apply(stable, name, change)
        elif action == "delete":
            stable.pop(name, None)
            pending.pop(name, None)
        else:
            pending.setdefault(name, []).append((action, *rest))
    for name, changes in pending.items():
        for change in changes:
            for piece in _torn(change):
                if rng.random() < 0.5:
                    _apply(stable, name, piece)
    return {name: data for name, data in stable.items() if not name.endswith("-shm")}, acked


def _torn(change: Step) -> list[Step]:
    if change[0] != "write":
        return [change]
    _, offset, data = change
    return [("write", offset + at, data[at : at + SECTOR]) for at in range(0, len(data), SECTOR)]


def _apply(files: Files, name: str, change: Step) -> None:
    content = files.setdefault(name, bytearray())
    if change[0] == "truncate":
        del content[change[1] :]
        return
    _, offset, data = change
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _put(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def cuts(folder: Path, n: int, seed: int, synchronous: Literal["full", "normal"] = "full") -> Tally:
    """`n` power cuts."""
    rng = random.Random(seed)
    count = Count()
    start: Files = {}
    acked: list[str] = []
    series = BarSeries({}, [])
    for number in range(n):
        if number % CUTS_PER_RUN == 0:
            place = folder / f"run-{number}"
            series = record_run(place, synchronous, start, acked, rng.getrandbits(32))
            shutil.rmtree(place)
        first = next(i for i, step in enumerate(series.steps) if step[0] == "acked")
        files, known = disk_after_cut(series, rng.randrange(first, len(series.steps)), rng)
        place = folder / str(number)
        place.mkdir()
        _put(place, files)
        compare(count, place / FILE, known)
        go_on = synchronous == "full" and number % (2 * CUTS_PER_RUN) == CUTS_PER_RUN - 1
        start, acked = (files, known) if go_on else ({}, [])
        if count.false_damage + count.unopened + count.lost == 0 or synchronous == "normal":
            shutil.rmtree(place)
    return count.tally(f"power cuts, synchronous={synchronous.upper()}", n, seed)


def sweep(folder: Path, n: int, seed: int) -> list[Tally]:
    """`n` cuts at FULL, and for comparison up to 200 at NORMAL, which loses events."""
    found = []
    for synchronous in ("full", "normal"):
        place = folder / synchronous
        place.mkdir()
        many = n if synchronous == "full" else min(n, 200)
        found.append(cuts(place, many, seed, synchronous))
    return found
