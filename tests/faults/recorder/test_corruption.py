"""Damage of every kind: the journal opens, keeps what is intact, and says what is gone."""

import json
import logging
import os
import random
import sqlite3
import stat
import time

import apsw
import pytest

from benchmarks._sweeps.corruptions import sweep
from motherhaven.contract.errors import JournalError
from motherhaven.recorder.core import NewEvent
from motherhaven.recorder.repair import checks
from tests.patience import figure
from tests.unit.recorder.support import decision, open_journal, open_recorder, status


def filled(path, events=40, size=3_000):
    """A closed journal; its event ids."""
    recorder = open_recorder(path)
    made = [NewEvent("decision", decision(n, raw_response="x" * size)) for n in range(events)]
    ids = [kept.event_id for kept in recorder.record_many(made)]
    recorder.journal.close()
    return ids


def kept_in(journal):
    """Event ids in the journal, which must be sound."""
    connection = journal.open_connection("normal")
    found = [row[0] for row in connection.execute("SELECT event_id FROM events ORDER BY seq")]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return found


def overwrite(path, old, new):
    """Replace bytes that stand in the file once or more."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def test_random_damage_costs_only_what_it_hit(tmp_path):
    """60 seeded corruptions: flips, cuts, zeros, splices, swapped pages, deleted files."""
    (tally,) = sweep(tmp_path, 60, 8)
    assert tally.acknowledged > 1_000
    assert tally.clean, tally


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"justification":"decision 7"', b'"justification":"decision\xff7"'),
        (b'"justification":"decision 7"', b'"justification"x"decision 7"'),
        (b'"justification":"decision 7"', b'"justification":"decision 8"'),
    ],
)
def test_a_changed_row_is_damage_and_never_believed(tmp_path, caplog, old, new):
    """Text that is no UTF-8, no JSON, or another's."""
    path = tmp_path / "j.db"
    ids = filled(path)
    overwrite(path, old, new)
    recorder = open_recorder(path, seed=8)
    kept = kept_in(recorder.journal)
    assert set(kept) < set(ids)
    assert recorder.journal.identity.epoch == 2
    recorder.record("decision", decision(99))
    recorder.journal.close()
    assert "is damaged" in caplog.text


@pytest.mark.parametrize("column", ["event_id", "bot_id", "mode", "kind", "time", "recorded_at",
                                    "epoch", "row_id", "sha256", "seq"])  # fmt: skip
def test_the_digest_covers_the_whole_envelope(tmp_path, column):
    """Any field that is changed behind the recorder's back is found when the file is opened."""
    path = tmp_path / "j.db"
    ids = filled(path, 5)
    connection = apsw.Connection(str(path))
    value = 77 if column in ("epoch", "row_id", "seq") else "other-77"
    connection.execute(f"UPDATE events SET {column} = ? WHERE event_id = ?", (value, ids[2]))
    connection.close()
    journal = open_journal(path, seed=8)
    assert kept_in(journal) == [*ids[:2], *ids[3:]]
    assert journal.identity.epoch == 2
    journal.close()


def test_large_files_are_looked_through_behind_the_recording(tmp_path, monkeypatch, caplog):
    """Beyond 32 MiB the bot starts at once; the damage is found and repaired a little later."""
    path = tmp_path / "j.db"
    ids = filled(path)
    overwrite(path, b'"justification":"decision 7"', b'"justification":"decision 8"')
    monkeypatch.setattr(checks, "AT_ONCE_BYTES", 0)
    recorder = open_recorder(path, seed=8)
    new = recorder.record("status", status()).event_id
    assert recorder.journal.wait_checked(60)
    assert recorder.journal.identity.epoch == 2
    kept = kept_in(recorder.journal)
    assert set(kept) == {*ids, new} - {ids[7]}
    assert recorder.record("status", status("on")).event_id in kept_in(recorder.journal)
    recorder.journal.close()


@pytest.mark.parametrize("size", [0, 1, 2, 100, 4_095])
def test_a_file_that_was_cut_off_costs_nothing_of_its_log(tmp_path, size):
    """SQLite takes a file of 0 bytes, and of 1, for a new one and would delete its log."""
    path, copy = tmp_path / "j.db", tmp_path / "copy.db"
    recorder = open_recorder(path)
    ids = [recorder.record("decision", decision(n)).event_id for n in range(5)]
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes((tmp_path / f"j.db{suffix}").read_bytes())
    recorder.journal.close()
    os.truncate(copy, size)
    journal = open_journal(copy, seed=8)
    assert kept_in(journal) == ids
    journal.close()


@pytest.mark.parametrize("size", [0, 1])
def test_an_emptied_file_is_told(tmp_path, caplog, size):
    """A file that SQLite takes for empty is no error, but nothing that happens silently."""
    path = tmp_path / "j.db"
    filled(path, 3)
    os.truncate(path, size)
    journal = open_journal(path, seed=8)
    assert kept_in(journal) == []
    journal.close()
    assert "was empty" in caplog.text


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_folder_in_its_place_is_explained(tmp_path, suffix):
    """A directory where a file should be: an error that says what to do, on any file system."""
    (tmp_path / f"j.db{suffix}").mkdir()
    told = r"j\.db: opening the journal failed.*(MOTHERHAVEN_DATA|check the disk)"
    with pytest.raises(JournalError, match=told):
        open_journal(tmp_path / "j.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read_is_explained(tmp_path):
    """No permission: an error that says what to do."""
    path = tmp_path / "j.db"
    filled(path, 1)
    path.chmod(0)
    with pytest.raises(JournalError, match="MOTHERHAVEN_DATA"):
        open_journal(path)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)


@pytest.mark.parametrize("offset", [16, 18, 20, 28, 40, 44, 56, 68, 100, 103, 105])
@pytest.mark.parametrize("value", [b"\x00\x00", b"\xff\xff", b"\x00\x03"])
def test_odd_headers_cost_nothing(tmp_path, offset, value):
    """Page size, format, encoding, application id, the first page's own header: all is kept."""
    path = tmp_path / "j.db"
    ids = filled(path, 6, 200)
    data = bytearray(path.read_bytes())
    data[offset : offset + len(value)] = value
    path.write_bytes(data)
    journal = open_journal(path, seed=8)
    assert kept_in(journal) == ids
    journal.close()


def repair_seconds(folder, events):
    """CPU seconds to open a journal of so many events of which a page is noise."""
    folder.mkdir()
    path = folder / "j.db"
    recorder = open_recorder(path, synchronous="off")
    for start in range(0, events, 1_000):
        many = range(start, min(events, start + 1_000))
        recorder.record_many([NewEvent("decision", decision(n)) for n in many])
    recorder.journal.close()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = random.Random(1).randbytes(4096)
    path.write_bytes(data)
    begun = time.process_time()
    journal = open_journal(path, seed=8)
    took = time.process_time() - begun
    assert len(kept_in(journal)) > events - 30
    assert journal.identity.epoch == 2
    journal.close()
    return took


@pytest.mark.figures
def test_repair_takes_time_in_proportion(tmp_path):
    """A large journal is repaired whole; ten times the events take ten times as long (a figure)."""
    small = min(repair_seconds(tmp_path / str(n), 500) for n in range(2))
    figure("repair of 5,000 / of 500", repair_seconds(tmp_path / "large", 5_000) / small, 30)


@pytest.mark.soak
@pytest.mark.figures
@pytest.mark.timeout(1800)
def test_repair_of_forty_thousand(tmp_path):
    """40,000 events within 12 times of 4,000."""
    small = min(repair_seconds(tmp_path / str(n), 4_000) for n in range(2))
    figure("repair of 40,000 / of 4,000", repair_seconds(tmp_path / "large", 40_000) / small, 12)


def test_marks_that_make_no_sense_are_not_believed(tmp_path):
    """A mark beyond the last event would keep events from ever being sent."""
    path = tmp_path / "j.db"
    ids = filled(path, 6)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE lanes SET done = 1 << 40")
    connection.execute("UPDATE events SET time = 'damaged' WHERE event_id = ?", (ids[0],))
    connection.commit()
    connection.close()
    journal = open_journal(path, seed=8)
    connection = journal.open_connection("normal")
    assert connection.execute("SELECT done FROM lanes").fetchall() == [(0,)] * 3
    connection.close()
    journal.close()


def test_what_is_said_of_damage_names_the_files(tmp_path, caplog):
    """One critical line: which file, where it was put, how much was saved, what to do."""
    path = tmp_path / "j.db"
    filled(path, 6)
    overwrite(path, b'"justification":"decision 3"', b'"justification":"decision 4"')
    open_journal(path, seed=8).close()
    (record,) = [r for r in caplog.records if r.levelno == logging.CRITICAL]
    assert "holds the 5 events" in record.message
    (aside,) = tmp_path.glob("j.db.damaged-*[0-9]")
    assert str(aside) in record.message
    assert json.dumps("decision 4") in aside.read_bytes().decode("latin-1")
