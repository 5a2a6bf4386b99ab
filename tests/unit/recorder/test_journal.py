"""The journal keeps what it said it kept, and refuses what it cannot keep."""

import os
import sqlite3
import stat
import threading

import apsw
import pytest

from motherhaven.contract.errors import InvalidEvent, JournalError, JournalTooNew
from motherhaven.recorder.core import NewEvent
from motherhaven.recorder.schema import SCHEMA_VERSION
from motherhaven.testing.clock import FakeClock
from tests.unit.recorder.support import account, decision, open_journal, open_recorder, status


def rows(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_a_journal_syncs_fully_and_logs_ahead(tmp_path):
    """The recording connection runs WAL with synchronous=FULL, which power loss needs."""
    journal = open_journal(tmp_path / "j.db")
    connection = journal.open_connection("full")
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    connection.close()
    journal.close()


def test_identity_is_random_and_stays_with_the_file(tmp_path):
    """The bot id is made with the journal, read again on reopening, unlike another's."""
    first = open_journal(tmp_path / "a.db", seed=1)
    bot_id = first.bot_id
    first.close()
    again = open_journal(tmp_path / "a.db", seed=2)
    other = open_journal(tmp_path / "b.db", seed=2)
    assert again.bot_id == bot_id != other.bot_id
    assert again.identity.epoch == 1
    again.close()
    other.close()


def test_events_are_numbered_without_gaps_per_journal_and_lane(recorder, tmp_path):
    """seq counts all events, lane_seq each lane's, across reopening."""
    recorder.record("decision", decision(1))
    recorder.record("status", status())
    recorder.journal.close()
    again = open_recorder(tmp_path / "journal.db", seed=8)
    again.record_many([NewEvent("decision", decision(2)), NewEvent("account", account())])
    again.journal.close()
    found = rows(tmp_path / "journal.db", "SELECT seq, lane, lane_seq, kind FROM events ORDER BY 1")
    assert found == [
        (1, 2, 1, "decision"), (2, 0, 1, "status"), (3, 2, 2, "decision"), (4, 1, 1, "account"),
    ]  # fmt: skip


def test_the_same_event_again_changes_nothing_another_under_its_id_is_refused(recorder, clock):
    """Recording is idempotent by event id; the id with another payload is an error."""
    first = recorder.record("decision", decision(1), time=clock.now(), event_id="d-1")
    assert recorder.record("decision", decision(1), time=clock.now(), event_id="d-1") == first
    with pytest.raises(InvalidEvent, match="d-1 was recorded before with another payload"):
        recorder.record("decision", decision(2), event_id="d-1")


def test_record_many_is_all_or_nothing(recorder, tmp_path):
    """One bad event in a batch leaves none of it behind."""
    with pytest.raises(InvalidEvent):
        recorder.record_many([NewEvent("account", account()), NewEvent("status", {"status": "x"})])
    opening = {
        "position_id": "p", "coin": "BTC", "side": "long", "quantity_usd": 1, "leverage": 1,
        "entry_price": 1, "status": "open",
    }  # fmt: skip
    with pytest.raises(InvalidEvent, match="position_id: 'p' was opened before"):
        recorder.record_many([NewEvent("position_opened", opening)] * 2)
    assert rows(tmp_path / "journal.db", "SELECT count(*) FROM events") == [(0,)]
    assert rows(tmp_path / "journal.db", "SELECT count(*) FROM positions") == [(0,)]


def test_two_clocks_are_kept(tmp_path):
    """The market's time and the time of recording stand side by side."""
    clock = FakeClock()
    recorder = open_recorder(tmp_path / "j.db", clock)
    past = clock.now().replace(year=2018)
    clock.jump(-86_400 * 3)
    recorder.record("status", status(), time=past)
    recorder.journal.close()
    assert rows(tmp_path / "j.db", "SELECT time, recorded_at FROM events") == [
        ("2018-01-02T03:04:05.000000Z", "2025-12-30T03:04:05.000000Z")
    ]


def test_a_newer_schema_is_refused_untouched(tmp_path):
    """A journal of a newer version raises and is not changed."""
    path = tmp_path / "j.db"
    open_journal(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalTooNew, match="upgrade Motherhaven"):
        open_journal(path)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_explained(tmp_path):
    """A folder that cannot be written gives an error that says what to do."""
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(JournalError, match="MOTHERHAVEN_DATA"):
        open_journal(tmp_path / "j.db")


def test_a_path_that_cannot_be_made_is_explained(tmp_path):
    """A file where the folder should be gives an error that says what to do."""
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(JournalError, match="MOTHERHAVEN_DATA"):
        open_journal(tmp_path / "data" / "j.db")


def test_full_disk_is_unhealthy_until_space_returns(recorder, tmp_path):
    """SQLITE_FULL raises with advice, nothing is kept; healthy again when there is room."""
    recorder.record("status", status())
    connection = recorder.journal._connection
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages)
    with pytest.raises(JournalError, match="disk is full"):
        recorder.record("decision", decision(1, raw_response="x" * 100_000))
    assert not recorder.journal.healthy()
    connection.pragma("max_page_count", 1 << 30)
    recorder.journal._next_probe = 0.0
    assert recorder.journal.healthy()
    recorder.record("decision", decision(2))
    assert rows(tmp_path / "journal.db", "SELECT kind FROM events") == [("status",), ("decision",)]


def test_a_writer_elsewhere_is_waited_for_then_named(tmp_path):
    """Another process's transaction is waited for; past the limit the error says so."""
    recorder = open_recorder(tmp_path / "j.db", busy_seconds=0.05)
    other = apsw.Connection(str(tmp_path / "j.db"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another process keeps it locked"):
        recorder.record("status", status())
    other.execute("COMMIT")
    recorder.record("status", status())
    other.close()
    recorder.journal.close()


def test_a_vanished_file_is_made_anew_with_the_next_epoch(recorder, tmp_path, caplog):
    """Deleting the file under a running bot loses nothing: what it held is written again."""
    recorder.record("status", status("before"))
    bot_id = recorder.journal.bot_id
    for file in tmp_path.glob("journal.db*"):
        file.unlink()
    recorder.record("status", status("after"))
    assert recorder.journal.bot_id == bot_id
    assert recorder.journal.identity.epoch == 2
    assert rows(tmp_path / "journal.db", "SELECT message FROM bot_status") == [
        ("before",),
        ("after",),
    ]
    assert "vanished" in caplog.text
    assert "1 events were carried over" in caplog.text


def test_threads_share_one_journal(recorder, tmp_path):
    """Many threads at once: every call is kept, numbers unique."""

    def work(number):
        for i in range(20):
            recorder.record("decision", decision(number * 100 + i))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(
        tmp_path / "journal.db", "SELECT count(*), count(DISTINCT event_id) FROM events"
    ) == [(100, 100)]


def test_an_in_memory_journal_works_and_leaves_nothing(tmp_path, monkeypatch):
    """`:memory:` serves a replay: same calls, no file."""
    monkeypatch.chdir(tmp_path)
    recorder = open_recorder(":memory:", synchronous="off")
    assert recorder.record("decision", decision(1)).row_id == 1
    recorder.journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_closed_journal_says_so(recorder):
    """Recording after close is an error, not a silent loss."""
    recorder.journal.close()
    with pytest.raises(JournalError, match="closed"):
        recorder.record("status", status())


def test_a_commit_that_only_seemed_to_fail_counts_as_kept(tmp_path):
    """The log's sync failed once, but the event is there and the disk works again: kept."""
    vfs = FailingVfs()
    recorder = open_recorder(tmp_path / "j.db", vfs="failing")
    recorder.record("status", status("first"))
    vfs.fail = "sync once"
    recorder.record("status", status("second"))
    recorder.journal.close()
    messages = rows(tmp_path / "j.db", "SELECT message FROM bot_status ORDER BY id")
    assert messages == [("first",), ("second",)]
    vfs.unregister()


class FailingVfs(apsw.VFS):
    """Fails a COMMIT after its frames were written, or before."""

    def __init__(self):
        self.fail = None
        super().__init__("failing", "")

    def xOpen(self, name, flags):
        return FailingFile("", name, flags, self)


class FailingFile(apsw.VFSFile):
    def __init__(self, base, name, flags, vfs):
        self.vfs = vfs
        self.is_log = (flags[0] if isinstance(flags, list) else flags) & apsw.SQLITE_OPEN_WAL
        super().__init__(base, name, flags)

    def xSync(self, flags):
        if self.is_log and self.vfs.fail in ("sync", "sync once"):
            self.vfs.fail = "sync" if self.vfs.fail == "sync" else None
            raise apsw.IOError("EIO on fsync")
        return super().xSync(flags)

    def xWrite(self, data, offset):
        if self.is_log and self.vfs.fail == "write":
            raise apsw.FullError("no space")
        return super().xWrite(data, offset)


@pytest.mark.parametrize("how", ["sync", "write"])
def test_a_failed_commit_is_looked_up_before_it_is_judged(tmp_path, how):
    """After an error at COMMIT the error tells the truth: not kept, or not known."""
    vfs = FailingVfs()
    recorder = open_recorder(tmp_path / "j.db", vfs="failing")
    recorder.record("status", status("first"))
    vfs.fail = how
    with pytest.raises(JournalError) as raised:
        recorder.record("status", status("second"))
    assert recorder.journal.failure
    vfs.fail = None
    recorder.record("status", status("third"))
    recorder.journal.close()
    messages = [m for (m,) in rows(tmp_path / "j.db", "SELECT message FROM bot_status ORDER BY id")]
    assert ("second" in messages) == ("is not known" in str(raised.value))
    assert messages[0] == "first"
    assert messages[-1] == "third"
    vfs.unregister()


@pytest.mark.parametrize("ids", [("b", "d"), ("e", "f"), ("a", "b"), ("d", "e", "d"), ("e", "e")])
def test_a_batch_takes_what_is_new_of_it_whatever_its_ids(recorder, tmp_path, ids):
    """Ids before, among and past those on record; one of them twice: each is kept once."""
    recorder.record_many([NewEvent("decision", decision(ord(one)), None, one) for one in "bcd"])
    known = rows(tmp_path / "journal.db", "SELECT seq, event_id FROM events")
    recorder.record_many([NewEvent("decision", decision(ord(one)), None, one) for one in ids])
    recorder.journal.close()
    found = rows(tmp_path / "journal.db", "SELECT seq, event_id FROM events ORDER BY seq")
    fresh = [one for one in dict.fromkeys(ids) if one not in "bcd"]
    assert found == [*known, *((4 + number, one) for number, one in enumerate(fresh))]
    decisions = rows(tmp_path / "journal.db", "SELECT count(*) FROM decisions")
    assert decisions == [(3 + len(fresh),)]
