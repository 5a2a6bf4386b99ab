"""The SQLite store's commits are on disk before they are answered."""

from pathlib import Path

from motherhaven.stores.sqlite.connect import connect_writer

FULL = 2


def test_the_writer_syncs_fully_and_logs_ahead(tmp_path: Path) -> None:
    """synchronous=FULL: NORMAL loses acknowledged commits when the power fails."""
    connection = connect_writer(tmp_path / "store.db", "g")
    try:
        assert connection.pragma("synchronous") == FULL
        assert connection.pragma("journal_mode") == "wal"
    finally:
        connection.close()
