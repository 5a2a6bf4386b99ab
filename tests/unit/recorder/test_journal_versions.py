"""Journals of older versions are taken over whole, with all that they hold."""

import os
import signal

import apsw
import pytest

from motherhaven.contract.bulk import encode
from motherhaven.recorder.digest import COLUMNS
from motherhaven.recorder.schema import SCHEMA_VERSION
from motherhaven.testing.clock import FakeClock
from tests.unit.recorder.support import account, decision, open_journal, open_recorder


def version_1(path):
    """A journal as version 1 wrote it: rows without a digest of their envelope."""
    recorder = open_recorder(path, FakeClock())
    ids = [recorder.record("decision", decision(n)).event_id for n in range(5)]
    recorder.journal.close()
    connection = apsw.Connection(str(path))
    connection.execute("ALTER TABLE events DROP COLUMN digest")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    return ids


def contents(path):
    """Everything but the digests."""
    connection = apsw.Connection(str(path))
    rows = connection.execute(
        "SELECT seq, event_id, bot_id, epoch, kind, time, sha256, payload FROM events ORDER BY seq"
    ).fetchall()
    version = connection.pragma("user_version")
    connection.close()
    return rows, version


def test_a_journal_of_version_1_is_taken_over(tmp_path, caplog):
    """Old rows are accepted by their payload's hash; new ones have the whole digest."""
    path = tmp_path / "j.db"
    ids = version_1(path)
    recorder = open_recorder(path, FakeClock(), seed=8)
    new = recorder.record("decision", decision(9)).event_id
    recorder.journal.close()
    connection = apsw.Connection(str(path))
    rows = connection.execute("SELECT event_id, digest IS NULL FROM events ORDER BY seq").fetchall()
    connection.close()
    assert rows == [*((event_id, 1) for event_id in ids), (new, 0)]
    assert contents(path)[1] == SCHEMA_VERSION
    again = open_journal(path, seed=9)
    assert again.identity.epoch == 1
    again.close()
    assert caplog.records == []


@pytest.mark.parametrize("version", [0, -1, 99_999])
def test_a_version_that_never_was_is_damage(tmp_path, version):
    """A damaged number in the header costs nothing."""
    path = tmp_path / "j.db"
    ids = version_1(path)
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    open_journal(path, seed=8).close()
    assert [row[1] for row in contents(path)[0]] == ids


def test_a_kill_at_any_statement_leaves_the_old_or_the_new_whole(tmp_path):
    """SIGKILL before each statement of opening an old journal; nothing changes but the version."""
    path = tmp_path / "j.db"
    version_1(path)
    before = contents(path)[0]
    original = path.read_bytes()
    versions = set()
    at, finished = 0, False
    while not finished:
        at += 1
        for file in tmp_path.glob("j.db*"):
            file.unlink()
        path.write_bytes(original)
        child = os.fork()
        if child == 0:
            left = [at]

            def count(cursor, statement, bindings, left=left):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return True

            apsw.connection_hooks.append(lambda c, count=count: c.set_exec_trace(count))
            open_journal(path, seed=8).close()
            os._exit(0)
        finished = os.waitpid(child, 0)[1] == 0
        rows, version = contents(path)
        versions.add(version)
        assert rows == before, f"after a kill at statement {at}"
        journal = open_journal(path, seed=9)
        assert journal.identity.epoch == 1
        journal.close()
        assert contents(path) == (before, SCHEMA_VERSION)
    assert versions == {1, SCHEMA_VERSION}
    assert at > 10


def test_a_journal_of_version_3_gets_its_column_for_bulk_records(tmp_path):
    """Its views show what they showed, and bulk records beside it."""
    path = tmp_path / "j.db"
    recorder = open_recorder(path, FakeClock())
    recorder.record("decision", decision(1))
    recorder.journal.close()
    connection = apsw.Connection(str(path))
    before = connection.execute("SELECT * FROM decisions").fetchall()
    connection.execute("DROP VIEW decisions; DROP VIEW account_state; DROP VIEW bot_status")
    for table in ("decision_rows", "account_rows", "status_rows"):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN bulk")
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    recorder = open_recorder(path, FakeClock(), seed=8)
    same = {name: value for name, value in decision(2).items() if name != "timestamp"}
    each = {"timestamp": ["2026-01-01T00:00:00.000000Z"] * 2}
    recorder.record("decisions", encode(2, same, each, {}))
    recorder.journal.close()
    connection = apsw.Connection(str(path))
    rows = connection.execute("SELECT * FROM decisions ORDER BY id").fetchall()
    connection.close()
    assert rows[:1] == before
    assert [row[0] for row in rows] == [1, 2, 3]


def test_a_journal_of_version_4_gets_views_of_columns_by_a_rule(tmp_path):
    """What it had in lists is shown as before; rules and bulk records of statuses beside it."""
    path = tmp_path / "j.db"
    recorder = open_recorder(path, FakeClock())
    recorder.record("status", {"status": "running", "message": "cycle completed"})
    same = {name: value for name, value in account().items() if name != "timestamp"}
    day = "2026-01-01T00:00:00.000000Z"
    recorder.record("accounts", encode(2, same, {"timestamp": [day] * 2}, {}))
    recorder.journal.close()
    connection = apsw.Connection(str(path))
    views = {"account_state": [], "bot_status": []}
    for name in views:
        views[name] = connection.execute(f"SELECT * FROM {name} ORDER BY id").fetchall()
    connection.execute("DROP VIEW decisions; DROP VIEW account_state; DROP VIEW bot_status")
    connection.execute("ALTER TABLE status_rows DROP COLUMN bulk")
    connection.execute("CREATE VIEW bot_status AS SELECT id, timestamp, status FROM status_rows")
    for name in ("justification", "raw_response", "system_prompt", "user_prompt"):
        connection.execute(
            f"ALTER TABLE events ADD COLUMN {name} TEXT"
            f" AS (json_extract(payload, '$.{name}')) VIRTUAL"
        )
    connection.execute("PRAGMA user_version = 4")
    connection.close()
    recorder = open_recorder(path, FakeClock(), seed=8)
    each = {"timestamp": {"from": day, "seconds": 60}, "equity_usd": {"per": 10, "values": [5, 6]}}
    recorder.record("accounts", encode(2, same, each, {}))
    status = {"status": "running", "message": "cycle completed"}
    recorder.record("statuses", encode(2, status, {"timestamp": [day] * 2}, {}))
    recorder.journal.close()
    connection = apsw.Connection(str(path))
    for name, before in views.items():
        rows = connection.execute(f"SELECT * FROM {name} ORDER BY id").fetchall()
        assert rows[: len(before)] == before
        assert [row[0] for row in rows] == list(range(1, len(before) + 3))
    connection.close()


def test_a_journal_of_version_4_loses_its_columns_of_texts(tmp_path):
    """Its view shows the same texts; what nobody may lose is the payload that has them."""
    path = tmp_path / "j.db"
    recorder = open_recorder(path, FakeClock())
    recorder.record("decision", {**decision(1), "raw_response": "raw", "user_prompt": "asked"})
    recorder.journal.close()
    connection = apsw.Connection(str(path))
    before = connection.execute("SELECT * FROM decisions").fetchall()
    for name in ("justification", "raw_response", "system_prompt", "user_prompt"):
        connection.execute(
            f"ALTER TABLE events ADD COLUMN {name} TEXT"
            f" AS (json_extract(payload, '$.{name}')) VIRTUAL"
        )
    connection.execute("DROP VIEW decisions; DROP VIEW bot_status")
    connection.execute("ALTER TABLE status_rows DROP COLUMN bulk")
    connection.execute("PRAGMA user_version = 4")
    connection.close()
    rows = contents(path)[0]
    for _ in range(2):
        open_journal(path, seed=8).close()
        assert contents(path) == (rows, SCHEMA_VERSION)
    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT * FROM decisions").fetchall() == before
    assert {"raw", "asked"} <= set(before[0])
    columns = [row[1] for row in connection.execute("PRAGMA table_xinfo(events)")]
    assert columns == list(COLUMNS)
    connection.close()
