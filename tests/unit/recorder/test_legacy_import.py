"""An old database becomes a journal: everything kept, nothing shipped again, all or nothing."""

import os
import signal
import sqlite3

import apsw
import pytest

from motherhaven.contract.jsonio import loads
from motherhaven.recorder.schema import SCHEMA_VERSION
from motherhaven.recorder.sending.outbox import Outbox
from motherhaven.recorder.trading_logger import TradingLogger
from motherhaven.testing.clock import FakeClock
from tests.unit.recorder.old_schema import contents, fill_old, make_old
from tests.unit.recorder.support import open_journal, open_recorder


@pytest.fixture
def old(tmp_path):
    """Path and contents of a filled old database."""
    path = tmp_path / "trading_bot_paper.db"
    connection = make_old(path)
    fill_old(connection)
    before = contents(connection)
    connection.close()
    return path, before


def read(path):
    connection = sqlite3.connect(path)
    try:
        return contents(connection)
    finally:
        connection.close()


def same(before, after):
    """Every old column of every old row reads as before."""
    return {
        table: [{name: row[name] for name in before[table][0]} for row in rows]
        for table, rows in after.items()
    } == before


def test_every_row_reads_as_before(old):
    """Ids, texts, times, numbers and execution results of old rows stay as they were."""
    path, before = old
    open_journal(path).close()
    assert same(before, read(path))


def test_old_tables_settings_and_own_views_survive(old):
    """The old tables stay as old_*, foreign tables stay, a user's view sees new rows too."""
    path, _ = old
    recorder = open_recorder(path)
    logger = TradingLogger.build(recorder)
    logger.log_position_entry("new", "BTC", "long", 1, 1, 1)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM old_decisions").fetchone() == (5,)
    assert connection.execute("SELECT value FROM bot_settings").fetchone() == ("careful",)
    longs = connection.execute("SELECT position_id FROM my_longs ORDER BY 1").fetchall()
    assert longs == [("new",), ("old-open",)]
    connection.close()
    logger.close()


def test_old_rows_are_events_of_the_default_bot_and_wait_for_nothing(old):
    """Old rows were posted by the old client as bot `default`: nothing is shipped twice."""
    path, _ = old
    journal = open_journal(path)
    outbox = Outbox(journal, FakeClock())
    assert outbox.behind() == 0
    assert outbox.take(500, 900_000) == []
    connection = journal.open_connection("normal")
    found = connection.execute(
        "SELECT bot_id, epoch, count(*) FROM events GROUP BY 1, 2"
    ).fetchall()
    assert found == [("default", 0, 5 + 3 + 1 + 2)]
    connection.close()
    outbox.close()
    journal.close()


def test_new_events_go_on_after_old_ones(old):
    """New rows get the next ids and are shipped; an old open position can be closed."""
    path, _ = old
    recorder = open_recorder(path)
    logger = TradingLogger.build(recorder)
    decision = {"coin": "BTC", "signal": "hold", "quantity_usd": 1, "leverage": 1,
                "confidence": 1, "justification": "x"}  # fmt: skip
    assert logger.log_decision(decision) == 6
    assert logger.log_position_exit("old-open", 101, "2.5")
    assert not logger.log_position_exit("old-shut", 101, "2.5")
    outbox = Outbox(recorder.journal, FakeClock())
    waiting = outbox.take(500, 900_000)
    assert [event.kind for event in waiting] == ["position_closed", "decision"]
    closed = loads(waiting[0].payload)
    assert closed["entry_price"] == "100.125"
    assert closed["entry_time"] == "2025-01-17T12:00:00.123456Z"
    assert read(path)["positions"][0]["status"] == "closed"
    outbox.close()
    logger.close()


def test_taking_over_twice_changes_nothing(old):
    """Opening again finds a journal and leaves it alone."""
    path, before = old
    open_journal(path).close()
    first = read(path)
    open_journal(path).close()
    assert read(path) == first
    assert same(before, first)


def test_an_older_old_database_lacks_columns(tmp_path):
    """A database from before prompts and execution columns is taken over as well."""
    path = tmp_path / "j.db"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE decisions (id INTEGER PRIMARY KEY, timestamp TEXT, coin TEXT, signal TEXT,"
        " quantity_usd REAL, leverage REAL, confidence REAL, justification TEXT)"
    )
    connection.execute(
        "INSERT INTO decisions VALUES (7, 'no time', 'BTC', 'odd', 9e999, 1, 1, NULL)"
    )
    connection.commit()
    connection.close()
    open_journal(path).close()
    row = read(path)["decisions"][0]
    assert (row["id"], row["timestamp"], row["signal"]) == (7, "no time", "odd")
    assert row["quantity_usd"] == float("inf")
    assert row["execution_status"] == "pending"


class Killer:
    """Kills the process at the n-th statement of a connection."""

    def __init__(self, at):
        self.left = at

    def __call__(self, cursor, statement, bindings):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return True


def test_a_kill_at_any_statement_leaves_the_old_or_the_new_whole(old):
    """SIGKILL before each statement of the import; then opening finishes it, all there."""
    path, before = old
    original = path.read_bytes()
    at, finished = 0, False
    outcomes = set()
    while not finished:
        at += 1
        for file in path.parent.glob(path.name + "*"):
            file.unlink()
        path.write_bytes(original)
        child = os.fork()
        if child == 0:
            killer = Killer(at)
            apsw.connection_hooks.append(lambda c, killer=killer: c.set_exec_trace(killer))
            open_journal(path).close()
            os._exit(0)
        _, code = os.waitpid(child, 0)
        finished = code == 0
        check = apsw.Connection(str(path))
        ready = check.pragma("user_version") == SCHEMA_VERSION
        check.close()
        outcomes.add(ready)
        assert same(before, read(path)), f"after a kill at statement {at}"
        open_journal(path).close()
        assert same(before, read(path)), f"finished after a kill at statement {at}"
    assert at > 30
    assert outcomes == {False, True}
