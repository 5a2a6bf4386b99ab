"""Reading the log: the tail, whole payloads, long texts."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from typing import Final

from motherhaven.contract.events import Kind
from motherhaven.contract.views import TextSlice
from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.postgres import rows
from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.postgres.texts import read_slice, read_texts
from motherhaven.stores.protocol import Stored, Tail
from motherhaven.stores.records import Record, no_event, payload_gone, restore
from motherhaven.stores.views import event_of

_FROM: Final = f"SELECT {rows.RECORD} FROM events e JOIN bots b ON b.no = e.bot"
_HEAD: Final = "SELECT coalesce(max(n), 0) FROM events"
_ENDS: Final = f"SELECT (SELECT value::bigint FROM meta WHERE name = 'floor'), ({_HEAD})"
_TAIL: Final = f"{_FROM} WHERE e.n > %s ORDER BY e.n LIMIT %s"
_EVENT: Final = f"{_FROM} WHERE e.event_id = %s"


def head(connection: Connection) -> int:
    """The newest commit number, 0 before the first."""
    return int(connection.execute(_HEAD).fetchall()[0][0])


def origin(connection: Connection) -> int:
    """The newest commit number that was pruned."""
    return int(connection.execute(_ENDS).fetchall()[0][0])


def tail(connection: Connection, generation: str, after: str, limit: int) -> Tail:
    """Events after a cursor, in commit order."""
    floor, newest = connection.execute(_ENDS).fetchall()[0]
    start = read_live_cursor(generation, after, floor=floor, head=newest)
    found = connection.execute(_TAIL, (start, limit)).fetchall() if start < newest else []
    records = [rows.record_of(row) for row in found]
    end = records[-1].n if records else start
    return Tail(
        tuple(Stored(live_cursor(generation, record.n), event_of(record)) for record in records),
        live_cursor(generation, end),
        more=end < newest,
    )


def record(connection: Connection, event_id: str) -> Record:
    """The record of an event.

    Raises:
        NotFound: no such event.
    """
    found = connection.execute(_EVENT, (event_id,)).fetchone()
    if found is None:
        raise no_event(event_id)
    return rows.record_of(found)


def full_payload(connection: Connection, event_id: str) -> tuple[Kind, bytes]:
    """The kind and the whole canonical payload."""
    found = record(connection, event_id)
    if found.n <= origin(connection):
        raise payload_gone(event_id)
    return found.kind, restore(found.payload, read_texts(connection, [found.n]).get(found.n, {}))


def full_payloads(connection: Connection, numbers: list[int]) -> dict[int, bytes]:
    """The whole payloads by commit number, of those that retention has left."""
    floor = origin(connection)
    texts = read_texts(connection, numbers)
    found = connection.execute(
        "SELECT n, payload FROM events WHERE n = ANY(%s) AND n > %s", (numbers, floor)
    )
    return {n: restore(payload.encode(), texts.get(n, {})) for n, payload in found}


def text(
    connection: Connection, event_id: str, field: str, *, offset: int, limit: int
) -> TextSlice:
    """A slice of one long text."""
    n = record(connection, event_id).n
    return read_slice(connection, event_id, n, field, offset=offset, limit=limit)
