"""Shared records, changed by compare-and-set."""

from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.shared import Shared, check_record


def get_shared_record(session: Session, name: str) -> Shared | None:
    """A record, or None."""
    check_record(name)
    row = session.row("SELECT text, revision FROM shared WHERE name = ?", (name,))
    return None if row is None else Shared(str(row[0]), int(row[1]))


def put_shared_record(session: Session, name: str, text: str, revision: int | None) -> bool:
    """Replace a record that still has this revision; None: that is not there yet."""
    check_record(name, text)
    if revision is None:
        query = "INSERT INTO shared (name, revision, text) VALUES (?, 1, ?) ON CONFLICT DO NOTHING"
        return session.run(query, (name, text)) == 1
    query = "UPDATE shared SET text = ?, revision = revision + 1 WHERE name = ? AND revision = ?"
    return session.run(query, (text, name, revision)) == 1
