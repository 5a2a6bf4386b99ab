"""Other libraries that open the journal in the bot's process cost no acknowledged event."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

from benchmarks._sweeps import Count, compare, decision, make_recorder
from benchmarks._sweeps.readers import READERS, acknowledged_by, one
from motherhaven.recorder import fileguard


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("reader", READERS)
def test_readers_in_the_process_cost_nothing(tmp_path, reader, elsewhere):
    """Fast logging from threads beside a reader, then kill -9: all is there, undamaged."""
    count = Count()
    one(tmp_path / "run", reader, 60, elsewhere=elsewhere, count=count)
    tally = count.tally(reader, 60, 0)
    assert tally.acknowledged >= 60
    assert tally.clean, tally


def log_read_log(path, reader, pipe):
    """Five calls, a reader in the process that closes the file, five more, kill -9."""
    recorder = make_recorder(path, None)
    for n in range(10):
        if n == 5:
            READERS[reader](path)
            subprocess.run(
                [sys.executable, "-c",
                 "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("
                 "'SELECT count(*) FROM events').fetchone()", path],
                check=True,
            )  # fmt: skip
        os.write(pipe, recorder.record("decision", decision(n)).event_id.encode() + b"\n")
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("reader", READERS)
def test_without_locks_of_our_own_the_loss_is_noticed(tmp_path, monkeypatch, caplog, reader):
    """Where the system has no locks of open files, what lies in a lost log is written again."""
    monkeypatch.setattr(fileguard, "_COMMANDS", {})
    path = tmp_path / "bot.db"
    known = acknowledged_by(lambda pipe: log_read_log(path, reader, pipe))
    assert len(known) == 10
    count = Count()
    compare(count, path, known)
    assert count.tally(reader, 1, 0).clean


def test_a_lost_log_is_told_loudly_and_its_events_keep_their_numbers(tmp_path, monkeypatch, caplog):
    """The record is written again before the call returns; ids, rows and order stay."""
    monkeypatch.setattr(fileguard, "_COMMANDS", {})
    path = tmp_path / "bot.db"
    recorder = make_recorder(path, None)
    recorder.record("decision", decision(0))
    reader = sqlite3.connect(path)
    reader.execute("SELECT count(*) FROM events").fetchone()
    reader.close()
    assert not (tmp_path / "bot.db-wal").exists()
    second = recorder.record("decision", decision(1))
    third = recorder.record("decision", decision(2))
    assert [second.seq, third.seq, third.row_id] == [2, 3, 3]
    assert "another program removed or replaced the journal's files" in caplog.text
    assert not (tmp_path / "bot.db.rescued").exists()
    recorder.journal.close()


def test_the_log_is_not_taken_away_while_a_bot_runs(tmp_path):
    """With the locks, another library's close leaves the log where it is."""
    path = tmp_path / "bot.db"
    recorder = make_recorder(path, None)
    recorder.record("decision", decision(0))
    if not recorder.journal._files.guard.active:
        pytest.skip("this system has no locks of open files")
    before = os.stat(f"{path}-wal").st_ino
    for reader in READERS.values():
        reader(path)
    recorder.record("decision", decision(1))
    assert os.stat(f"{path}-wal").st_ino == before
    recorder.journal.close()
    assert not os.path.exists(f"{path}-wal")


@pytest.mark.parametrize(
    "gone", [("bot.db",), ("bot.db-wal",), ("bot.db", "bot.db-wal", "bot.db-shm")]
)
def test_deleted_files_are_made_again_with_all_they_held(tmp_path, caplog, gone):
    """What the open connection still reads is carried over, once, before the call returns."""
    recorder = make_recorder(tmp_path / "bot.db", None)
    known = [recorder.record("decision", decision(n)).event_id for n in range(5)]
    for name in gone:
        (tmp_path / name).unlink()
    known.append(recorder.record("decision", decision(5)).event_id)
    count = Count()
    recorder.journal.close()
    compare(count, tmp_path / "bot.db", known, sound=False)
    assert count.tally("", 1, 0).clean
    assert "were carried over" in caplog.text


def test_a_backup_put_in_place_takes_in_what_it_lacks(tmp_path, caplog):
    """An older copy moved over the open file: its events and ours are there, each once."""
    path = tmp_path / "bot.db"
    recorder = make_recorder(path, None)
    known = [recorder.record("decision", decision(n)).event_id for n in range(3)]
    recorder.journal.close()
    shutil.copy(path, tmp_path / "backup")
    recorder = make_recorder(path, None)
    known += [recorder.record("decision", decision(n)).event_id for n in range(3, 6)]
    os.replace(tmp_path / "backup", path)
    known.append(recorder.record("decision", decision(6)).event_id)
    recorder.journal.close()
    count = Count()
    compare(count, path, known)
    assert count.tally("", 1, 0).clean


def test_the_shippers_marks_survive_a_reader(tmp_path):
    """The shipper's connection in the same process: it goes on, and nothing is sent twice."""
    from motherhaven.recorder.sending.outbox import Outbox, Settled
    from motherhaven.testing.clock import FakeClock

    path = tmp_path / "bot.db"
    recorder = make_recorder(path, None)
    outbox = Outbox(recorder.journal, FakeClock())
    seen = []
    for n in range(20):
        recorder.record("decision", decision(n))
        READERS["sqlite3"](path)
        taken = outbox.take(10, 1 << 20)
        seen += [event.event_id for event in taken]
        outbox.settle([Settled(event) for event in taken])
    outbox.reload()
    assert outbox.behind() == 0
    assert len(seen) == len(set(seen)) == 20
    outbox.close()
    recorder.journal.close()
