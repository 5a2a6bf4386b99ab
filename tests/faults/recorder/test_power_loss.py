"""Power loss: acknowledged events survive at synchronous=FULL, and only there.

A recording VFS notes every write and sync of a real run. A power cut is then replayed at
many moments: what was synced is on the disk, of what was not any 512-byte sectors.
"""

import os
import random
from dataclasses import dataclass, field

import apsw
import pytest

from motherhaven.contract.errors import MotherhavenError
from motherhaven.testing.clock import FakeClock
from tests.unit.recorder.support import decision, open_journal, open_recorder

SECTOR = 512
CUTS = 60


@dataclass
class Tape:
    """What happened to the files, in order; `acked` marks acknowledgements."""

    steps: list = field(default_factory=list)

    def note(self, *step):
        self.steps.append(step)


class RecordingVfs(apsw.VFS):
    """Passes everything to the system's VFS and notes it on the tape."""

    def __init__(self, tape):
        self.tape = tape
        super().__init__("recording", "")

    def xOpen(self, name, flags):
        return RecordingFile(name, flags, self.tape)

    def xDelete(self, filename, syncdir):
        super().xDelete(filename, syncdir)
        self.tape.note("delete", os.path.basename(filename))


class RecordingFile(apsw.VFSFile):
    def __init__(self, name, flags, tape):
        self.tape = tape
        self.name = os.path.basename(name.filename() if hasattr(name, "filename") else str(name))
        super().__init__("", name, flags)

    def xWrite(self, data, offset):
        super().xWrite(data, offset)
        self.tape.note("write", self.name, offset, bytes(data))

    def xSync(self, flags):
        super().xSync(flags)
        self.tape.note("sync", self.name)

    def xTruncate(self, size):
        super().xTruncate(size)
        self.tape.note("truncate", self.name, size)


def record_run(folder, synchronous):
    """A run of log calls with checkpoints in between, on tape."""
    tape = Tape()
    vfs = RecordingVfs(tape)
    recorder = open_recorder(
        folder / "run.db", FakeClock(), vfs="recording", synchronous=synchronous
    )
    recorder.journal._connection.wal_autocheckpoint(40)
    for n in range(60):
        recorded = recorder.record("decision", decision(n, raw_response="x" * (n % 5 * 1_500)))
        tape.note("acked", recorded.event_id)
    recorder.journal.close()
    vfs.unregister()
    return tape


def disk_after_cut(tape, cut, rng):
    """The files as a power cut after `cut` steps may leave them, and the acknowledged ids."""
    stable, pending, acked = {}, {}, []
    for step in tape.steps[:cut]:
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
    return stable, acked


def _torn(change):
    if change[0] != "write":
        return [change]
    _, offset, data = change
    return [("write", offset + at, data[at : at + SECTOR]) for at in range(0, len(data), SECTOR)]


def _apply(files, name, change):
    content = files.setdefault(name, bytearray())
    if change[0] == "truncate":
        del content[change[1] :]
        return
    _, offset, data = change
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def losses(folder, tape, seed):
    """How many acknowledged events are gone after each of many power cuts."""
    rng = random.Random(seed)
    first = next(i for i, step in enumerate(tape.steps) if step[0] == "acked")
    lost = []
    for number in range(CUTS):
        files, acked = disk_after_cut(tape, rng.randrange(first, len(tape.steps)), rng)
        place = folder / str(number)
        place.mkdir()
        for name, content in files.items():
            if not name.endswith("-shm"):
                (place / name).write_bytes(content)
        try:
            journal = open_journal(place / "run.db", seed=number)
            connection = journal.open_connection("normal")
            kept = {row[0] for row in connection.execute("SELECT event_id FROM events")}
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            connection.close()
            journal.close()
        except MotherhavenError:
            kept = set()
        lost.append(len(set(acked) - kept))
    return lost


def test_acknowledged_events_survive_power_loss(tmp_path):
    """Full synchronisation: after 60 torn power cuts no acknowledged event is missing."""
    tape = record_run(tmp_path, "full")
    assert sum(step[0] == "sync" for step in tape.steps) > 60
    assert losses(tmp_path, tape, 1) == [0] * CUTS


def test_the_check_can_see_a_loss(tmp_path):
    """The same with synchronous=NORMAL loses acknowledged events: the test above is no sham."""
    tape = record_run(tmp_path, "normal")
    assert sum(losses(tmp_path, tape, 1)) > 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 22))
def test_many_power_cuts(tmp_path, seed):
    """1,200 more cuts."""
    assert losses(tmp_path, record_run(tmp_path, "full"), seed) == [0] * CUTS
