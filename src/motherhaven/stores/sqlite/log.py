"""Reading the log: the tail, whole payloads, long texts."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from typing import Final

import apsw

from motherhaven.contract.events import Kind
from motherhaven.contract.views import TextSlice
from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.protocol import Stored, Tail
from motherhaven.stores.records import Record, no_event, payload_gone, restore
from motherhaven.stores.sqlite import rows
from motherhaven.stores.sqlite.texts import read_slice, read_texts
from motherhaven.stores.views import event_of

FROM: Final = f"SELECT {rows.RECORD} FROM events e JOIN bots b ON b.no = e.bot"


def head(connection: apsw.Connection) -> int:
    """The newest commit number, 0 before the first."""
    newest = connection.execute("SELECT max(n) FROM events").get
    return newest if isinstance(newest, int) else 0


def floor(connection: apsw.Connection) -> int:
    """The newest commit number that was pruned."""
    return int(str(connection.execute("SELECT value FROM meta WHERE name = 'floor'").get))


def identity(connection: apsw.Connection) -> tuple[str, int]:
    """The random id of this database, and its newest commit number."""
    name = connection.execute("SELECT value FROM meta WHERE name = 'generation'").get
    return str(name), head(connection)


def origin(connection: apsw.Connection, generation: str) -> str:
    """The cursor before the oldest event that tail() still gives."""
    return live_cursor(generation, floor(connection))


def tail(connection: apsw.Connection, generation: str, after: str, limit: int) -> Tail:
    """Events after a cursor, in commit order."""
    newest = head(connection)
    start = read_live_cursor(generation, after, floor=floor(connection), head=newest)
    found = connection.execute(
        f"{FROM} WHERE e.n > ? ORDER BY e.n LIMIT ?", (start, limit)
    ).fetchall()
    records = [rows.record_of(row) for row in found]
    end = records[-1].n if records else start
    return Tail(
        tuple(Stored(live_cursor(generation, record.n), event_of(record)) for record in records),
        live_cursor(generation, end),
        more=end < newest,
    )


def record(connection: apsw.Connection, event_id: str) -> Record:
    """The record of an event.

    Raises:
        NotFound: no such event.
    """
    found = connection.execute(f"{FROM} WHERE e.event_id = ?", (event_id,)).fetchone()
    if found is None:
        raise no_event(event_id)
    return rows.record_of(found)


def full_payload(connection: apsw.Connection, event_id: str) -> tuple[Kind, bytes]:
    """The kind and the whole canonical payload."""
    found = record(connection, event_id)
    if found.n <= floor(connection):
        raise payload_gone(event_id)
    return found.kind, restore(found.payload, read_texts(connection, found.n))


def text(
    connection: apsw.Connection, event_id: str, field: str, *, offset: int, limit: int
) -> TextSlice:
    """A slice of one long text."""
    n = record(connection, event_id).n
    return read_slice(connection, event_id, n, field, offset=offset, limit=limit)
