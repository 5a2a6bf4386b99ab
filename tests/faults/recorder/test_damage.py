"""Damaged files: set aside, everything readable saved, a new epoch, loudly."""

import logging
import os
import random
import signal

import apsw
import pytest

from motherhaven.recorder.repair import rebuild
from motherhaven.testing.clock import FakeClock
from tests.unit.recorder.support import account, decision, open_journal, open_recorder, status


def filled(path, events=200):
    """A closed journal with some events; its bot id and all event ids."""
    recorder = open_recorder(path, FakeClock())
    ids = [
        recorder.record("decision", decision(n, raw_response="x" * 2_000)).event_id
        for n in range(events)
    ]
    recorder.record("account", account())
    recorder.record(
        "position_opened",
        {"position_id": "p", "coin": "BTC", "side": "long", "quantity_usd": 1, "leverage": 1,
         "entry_price": 1, "status": "open", "decision_id": ids[0]},
    )  # fmt: skip
    bot_id = recorder.journal.bot_id
    recorder.journal.close()
    return bot_id, ids


def flip(path, offset, length=200):
    """Overwrite bytes with noise."""
    data = bytearray(path.read_bytes())
    data[offset : offset + length] = random.Random(offset).randbytes(length)
    path.write_bytes(data)


def event_ids(journal):
    """All event ids in the journal, in order."""
    connection = journal.open_connection("normal")
    found = [row[0] for row in connection.execute("SELECT event_id FROM events ORDER BY seq")]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return found


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_flipped_pages_cost_only_what_they_held(tmp_path, caplog, place):
    """Noise over a page: the file is kept aside, the same bot goes on in the next epoch."""
    path = tmp_path / "j.db"
    bot_id, ids = filled(path)
    flip(path, int(path.stat().st_size * place) // 4096 * 4096)
    recorder = open_recorder(path, FakeClock(), seed=8)
    assert recorder.journal.bot_id == bot_id
    assert recorder.journal.identity.epoch == 2
    recorder.record("status", status("after"))
    kept = event_ids(recorder.journal)
    recorder.journal.close()
    assert len(set(ids) & set(kept)) > 150
    assert [p.name for p in tmp_path.glob("*.damaged-*")]
    (record,) = [r for r in caplog.records if r.levelno == logging.CRITICAL]
    assert "is damaged: set aside" in record.message


def test_a_destroyed_header_keeps_the_bots_identity(tmp_path):
    """Even when SQLite cannot open the file at all, the bot's id is found in its bytes."""
    path = tmp_path / "j.db"
    bot_id, _ = filled(path, 5)
    flip(path, 0, 100)
    journal = open_journal(path, seed=8)
    assert (journal.bot_id, journal.identity.epoch) == (bot_id, 2)
    journal.close()


def test_a_truncated_file_saves_its_beginning(tmp_path):
    """Half a file: what stands in it is saved; new events are numbered on."""
    path = tmp_path / "j.db"
    _, ids = filled(path)
    os.truncate(path, path.stat().st_size // 8192 * 4096)
    recorder = open_recorder(path, FakeClock(), seed=8)
    new = recorder.record("status", status()).event_id
    kept = event_ids(recorder.journal)
    recorder.journal.close()
    assert kept[-1] == new
    assert len(set(kept) & set(ids)) > 40


def test_rubbish_in_place_of_a_journal(tmp_path):
    """A file that never was a database is set aside, and recording begins."""
    path = tmp_path / "j.db"
    path.write_bytes(b"rubbish " * 1000)
    recorder = open_recorder(path)
    recorder.record("status", status())
    assert len(event_ids(recorder.journal)) == 1
    recorder.journal.close()


def killed(path, events=30):
    """A journal whose process was killed: its events stand in the write-ahead log only."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        recorder = open_recorder(path, FakeClock(), seed=None)
        for n in range(events):
            recorded = recorder.record("decision", decision(n, raw_response="x" * 2_000))
            os.write(writer, recorded.event_id.encode() + b"\n")
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as stream:
        return stream.read().split()


def test_a_log_left_by_a_kill_is_no_damage(tmp_path, caplog):
    """An intact write-ahead log is simply read: same epoch, nothing set aside."""
    path = tmp_path / "j.db"
    ids = killed(path)
    assert (tmp_path / "j.db-wal").stat().st_size > 100_000
    journal = open_journal(path, seed=8)
    assert event_ids(journal) == ids
    assert journal.identity.epoch == 1
    journal.close()
    assert caplog.records == []


@pytest.mark.parametrize("offset", [0, 20, 32 + 24 + 10, 60_000, 110_000])
def test_a_flipped_log_is_noticed_and_read_past_the_damage(tmp_path, caplog, offset):
    """SQLite would silently forget acknowledged commits behind a bad frame; we do not."""
    path = tmp_path / "j.db"
    ids = killed(path)
    flip(tmp_path / "j.db-wal", offset, 2)
    journal = open_journal(path, seed=8)
    kept = event_ids(journal)
    assert journal.identity.epoch == 2
    journal.close()
    assert len(set(ids) & set(kept)) >= len(ids) - 2
    assert any("is damaged" in r.message for r in caplog.records)


def test_damage_found_while_running_does_not_stop_the_bot(tmp_path, caplog):
    """Corruption met by a write: the same call succeeds on the new file."""
    path = tmp_path / "j.db"
    recorder = open_recorder(path, FakeClock())
    ids = [
        recorder.record("decision", decision(n, raw_response="x" * 2_000)).event_id
        for n in range(100)
    ]
    connection = recorder.journal._connection
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'")
    page = connection.pragma("page_size")
    recorder.journal._drop()
    with path.open("r+b") as raw:
        raw.seek((root - 1) * page)
        raw.write(b"\xff" * 100)
    new = recorder.record("status", status("goes on")).event_id
    assert new in event_ids(recorder.journal)
    assert recorder.journal.identity.epoch == 2
    recorder.journal.close()
    assert ids


def test_a_kill_during_the_repair_is_finished_by_the_next_start(tmp_path, monkeypatch):
    """Stopped after the new file was ready but before the exchange: nothing is lost."""
    path = tmp_path / "j.db"
    _, ids = filled(path)
    flip(path, path.stat().st_size // 2 // 4096 * 4096)

    def stop(*args):
        raise SystemExit("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(rebuild, "_exchange", stop)
        with pytest.raises(SystemExit):
            open_journal(path, seed=8)
    assert path.with_name("j.db.salvaged").exists()
    journal = open_journal(path, seed=9)
    assert len(set(event_ids(journal)) & set(ids)) > 150
    assert journal.identity.epoch == 2
    journal.close()
    assert not path.with_name("j.db.salvaged").exists()


def test_what_was_shipped_is_remembered_through_a_repair(tmp_path, shipping):
    """Marks of shipped events are carried over; only the rest waits."""
    path = shipping.recorder.journal.path
    for n in range(50):
        shipping.recorder.record("decision", decision(n, raw_response="x" * 2_000))
    shipping.drain()
    shipping.recorder.record("decision", decision(99))
    shipping.outbox.close()
    shipping.recorder.journal.close()
    size = path.stat().st_size
    flip(path, size // 2 // 4096 * 4096)
    recorder = open_recorder(path, FakeClock(), seed=8)
    outbox = type(shipping.outbox)(recorder.journal, shipping.clock)
    assert outbox.behind() <= 2
    outbox.close()
    recorder.journal.close()
