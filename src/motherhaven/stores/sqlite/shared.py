"""Shared records in SQLite."""

import apsw

from motherhaven.stores.shared import Shared, check_record
from motherhaven.stores.sqlite.work import SqliteWork


def record(connection: apsw.Connection, name: str) -> Shared | None:
    """A record, or None."""
    check_record(name)
    row = connection.execute("SELECT text, revision FROM shared WHERE name = ?", (name,)).fetchone()
    return None if row is None else Shared(str(row[0]), int(str(row[1])))


def put_record(work: SqliteWork, name: str, text: str, revision: int | None) -> bool:
    """Replace a record that still has this revision; None: that is not there yet."""
    check_record(name, text)
    connection = work.connection
    if revision is None:
        query = "INSERT OR IGNORE INTO shared (name, revision, text) VALUES (?, 1, ?)"
        connection.execute(query, (name, text))
    else:
        query = (
            "UPDATE shared SET text = ?, revision = revision + 1 WHERE name = ? AND revision = ?"
        )
        connection.execute(query, (text, name, revision))
    return connection.changes() == 1
