"""Shared records in PostgreSQL."""

from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.shared import Shared, check_record


def record(connection: Connection, name: str) -> Shared | None:
    """A record, or None."""
    check_record(name)
    query = "SELECT text, revision FROM shared WHERE name = %s"
    row = connection.execute(query, (name,)).fetchone()
    return None if row is None else Shared(str(row[0]), int(row[1]))


def put_record(connection: Connection, name: str, text: str, revision: int | None) -> bool:
    """Replace a record that still has this revision; None: that is not there yet."""
    check_record(name, text)
    if revision is None:
        query = "INSERT INTO shared VALUES (%s, 1, %s) ON CONFLICT DO NOTHING"
        return connection.execute(query, (name, text)).rowcount == 1
    query = "UPDATE shared SET text = %s, revision = revision + 1 WHERE name = %s AND revision = %s"
    return connection.execute(query, (text, name, revision)).rowcount == 1
