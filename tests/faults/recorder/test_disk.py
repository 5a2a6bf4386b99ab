"""Real disks: no space left, and kill -9 at every single write."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from motherhaven.testing.clock import FakeClock
from tests.patience import HANG_SECONDS
from tests.programs import path_of
from tests.unit.recorder.support import open_recorder

ROOT = Path(__file__).parents[3]

FILL = """
import json, os, random, sys
sys.path.insert(0, sys.argv[2])
from motherhaven.contract.errors import JournalError
from tests.unit.recorder.support import FakeClock, decision, open_recorder

clock = FakeClock()
recorder = open_recorder(sys.argv[1] + "/j.db", clock, seed=None)
kept, failure = [], ""
while not failure:
    try:
        kept.append(recorder.record("decision", decision(1, raw_response="x" * 20_000)).event_id)
    except JournalError as error:
        failure = str(error)
unhealthy = not recorder.journal.healthy()
os.unlink(sys.argv[1] + "/ballast")
clock.advance(2)
healthy = recorder.journal.healthy()
kept.append(recorder.record("decision", decision(2)).event_id)
recorder.journal.close()
again = open_recorder(sys.argv[1] + "/j.db", clock, seed=None)
connection = again.journal.open_connection("normal")
found = {row[0] for row in connection.execute("SELECT event_id FROM events")}
sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
print(json.dumps([failure, unhealthy, healthy, set(kept) <= found, sound]))
"""

MOUNT = """
mount -t tmpfs -o size=4m tmpfs "$1" || exit 1
head -c 2000000 /dev/zero > "$1/ballast"
shift
exec "$@"
"""


def can_unshare():
    """Whether this machine lets us mount a small file system of our own."""
    if not shutil.which("unshare"):
        return False
    probe = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        check=False,
    )
    return probe.returncode == 0


def test_a_full_disk_stops_entries_until_space_returns(tmp_path):
    """ENOSPC on a 4 MB tmpfs: a clear error, unhealthy, nothing acknowledged lost; then on."""
    if not can_unshare():
        pytest.skip("cannot mount a tmpfs here; test_journal simulates the full disk")
    script = tmp_path / "fill.py"
    script.write_text(FILL)
    mounted = tmp_path / "small"
    mounted.mkdir()
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", MOUNT, "sh", mounted,
         sys.executable, script, mounted, ROOT],
        capture_output=True, text=True, timeout=HANG_SECONDS, check=True,
    )  # fmt: skip
    failure, unhealthy, healthy, all_kept, sound = json.loads(done.stdout)
    assert "disk is full" in failure
    assert [unhealthy, healthy, all_kept, sound] == [True] * 4


WRITE = """
import os, sys
sys.path.insert(0, sys.argv[2])
from tests.unit.recorder.support import FakeClock, decision, open_recorder

recorder = open_recorder(sys.argv[1] + "/j.db", FakeClock(), seed=None)
recorder.journal._connection.wal_autocheckpoint(20)
for n in range(12):
    os.write(1, recorder.record("decision", decision(n)).event_id.encode() + b"\\n")
recorder.journal.close()
os.write(1, b"end\\n")
"""


@pytest.mark.soak
def test_a_kill_at_every_write_keeps_what_was_acknowledged(tmp_path):
    """SIGKILL at the n-th pwrite64, for every n of a run with checkpoints."""
    script = tmp_path / "write.py"
    script.write_text(WRITE)
    n, finished = 0, False
    while not finished:
        n += 1
        folder = tmp_path / str(n)
        folder.mkdir()
        inject = f"inject=pwrite64:signal=SIGKILL:when={n}"
        done = subprocess.run(
            [path_of("strace"), "-f", "-o", os.devnull, "-e", "trace=pwrite64", "-e", inject,
             sys.executable, script, folder, ROOT],
            capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
        )  # fmt: skip
        acknowledged = done.stdout.split()
        finished = bool(acknowledged) and acknowledged[-1] == "end"
        recorder = open_recorder(folder / "j.db", FakeClock(), seed=None)
        connection = recorder.journal.open_connection("normal")
        found = {row[0] for row in connection.execute("SELECT event_id FROM events")}
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        recorder.journal.close()
        assert set(acknowledged) - {"end"} <= found
        shutil.rmtree(folder)
    assert n > 30
