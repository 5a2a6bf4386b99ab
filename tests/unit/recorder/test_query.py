"""`motherhaven query` reads a journal and can change nothing."""

import json
import os

import pytest
from typer.testing import CliRunner

from motherhaven.cli.main import app
from motherhaven.contract.errors import ConfigError, JournalError
from motherhaven.recorder.query import query
from tests.unit.recorder.support import decision, status

CHANGES = (
    "DELETE FROM events", "UPDATE lanes SET done = 9", "INSERT INTO lanes VALUES (7, 7)",
    "DROP TABLE events", "CREATE TABLE x (a)", "CREATE TEMP TABLE x (a)", "ALTER TABLE lanes ADD x",
    "ATTACH 'other.db' AS other", "VACUUM", "VACUUM INTO 'other.db'", "REINDEX", "ANALYZE",
    "PRAGMA journal_mode = delete", "PRAGMA user_version = 9", "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA writable_schema = 1", "BEGIN IMMEDIATE", "SELECT 1; DELETE FROM events",
    "WITH x AS (SELECT 1) DELETE FROM events", "SELECT load_extension('x')",
)  # fmt: skip


def run(*words):
    return CliRunner().invoke(app, ["query", *words])


@pytest.fixture
def path(tmp_path, recorder):
    """A journal that is open for recording."""
    recorder.record("decision", decision(1))
    recorder.record("decision", decision(2))
    recorder.record("status", status("ESC \x1b[31m and\nnewline"))
    return tmp_path / "journal.db"


@pytest.mark.parametrize("sql", CHANGES)
def test_nothing_that_changes_is_run(path, tmp_path, monkeypatch, sql):
    """Every kind of change is refused in plain words; the file stays byte for byte."""
    monkeypatch.chdir(tmp_path)
    before, files = path.read_bytes(), sorted(os.listdir(tmp_path))
    done = run(sql, "--journal", str(path))
    assert done.exit_code == 1
    assert "error: query:" in done.output
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == files


def test_a_table_shows_control_characters_as_escapes(path):
    """Columns, a rule, the rows; what a terminal would obey is only shown."""
    done = run("SELECT id, message FROM bot_status", "--journal", str(path))
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.output
    assert "ESC \\x1b[31m and\\nnewline" in done.output


def test_json_and_csv(path):
    """One object a line; a cell that begins like a formula is made safe."""
    sql = "SELECT id, justification, '=1+1' AS f FROM decisions"
    lines = run(sql, "--json", "--journal", str(path)).output.splitlines()
    assert json.loads(lines[1]) == {"id": 2, "justification": "decision 2", "f": "=1+1"}
    assert run(sql, "--csv", "--journal", str(path)).output.splitlines() == [
        "id,justification,f", "1,decision 1,'=1+1", "2,decision 2,'=1+1",
    ]  # fmt: skip
    assert run(sql, "--csv", "--json", "--journal", str(path)).exit_code == 1


@pytest.mark.parametrize("sql", ["SELEC", "SELECT x FROM decisions", "SELECT 1 FROM nowhere"])
def test_a_wrong_query_is_explained(path, sql):
    """SQLite's words and what to check."""
    with pytest.raises(ConfigError, match="check the SQL"):
        list(query(path, sql)[1])


def test_a_missing_or_foreign_file_is_explained(tmp_path):
    """No file is made; something else than a database is named."""
    with pytest.raises(ConfigError, match="there is no journal"):
        query(tmp_path / "none.db", "SELECT 1")
    (tmp_path / "text.db").write_text("not a database " * 100)
    with pytest.raises(JournalError, match=r"text\.db: reading failed"):
        query(tmp_path / "text.db", "SELECT 1")
    assert not (tmp_path / "none.db").exists()
