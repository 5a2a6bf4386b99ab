"""Reading the log: the tail, whole payloads, long texts."""

from typing import Final

from motherhaven.contract.events import Kind
from motherhaven.contract.views import EventRow, TextSlice
from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.protocol import Stored, Tail
from motherhaven.stores.records import Record, no_event, payload_gone, restore
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.feeds import named
from motherhaven.stores.relational.texts import read_lengths, read_slice, read_texts
from motherhaven.stores.rows import Row
from motherhaven.stores.unreadable import one
from motherhaven.stores.views import event_of, event_row

_HEAD: Final = "SELECT coalesce(max(n), 0) FROM events"
_FLOOR: Final = "SELECT value FROM meta WHERE name = 'floor'"
_EVENTS: Final = "FROM events e JOIN bots b ON b.no = e.bot"


def head(session: Session) -> int:
    """The newest commit number, 0 before the first."""
    return int(session.value(_HEAD))


def identity(session: Session) -> tuple[str, int]:
    """The random id of this database, and its newest commit number."""
    return str(session.value("SELECT value FROM meta WHERE name = 'generation'")), head(session)


def floor(session: Session) -> int:
    """The newest commit number that was pruned."""
    return int(session.value(_FLOOR))


def locked_floor(session: Session) -> int:
    """As `floor`; nobody else may change it until the transaction ends."""
    return int(session.value(_FLOOR + session.dialect.locked))


def tail(session: Session, generation: str, after: str, limit: int) -> Tail:
    """Events after a cursor, in commit order."""
    d, newest = session.dialect, head(session)
    start = read_live_cursor(generation, after, floor=floor(session), head=newest)
    found: list[Row] = []
    if start < newest:
        query = f"SELECT {d.record()} {_EVENTS} WHERE e.n > ? ORDER BY e.n LIMIT ?"
        found = session.rows(query, (start, limit))
    end = found[-1][0] if found else start

    def read(row: Row) -> Stored:
        return Stored(live_cursor(generation, row[0]), event_of(d.record_of(row)))

    events = session.unreadable.each(found, named, read)
    return Tail(tuple(events), live_cursor(generation, end), more=end < newest)


def record(session: Session, event_id: str) -> Record:
    """The record of an event.

    Raises:
        NotFound: no such event.
    """
    d = session.dialect
    found = session.row(f"SELECT {d.record()} {_EVENTS} WHERE e.event_id = ?", (event_id,))
    if found is None:
        raise no_event(event_id)
    return d.record_of(found)


def event(session: Session, event_id: str) -> EventRow:
    """One event with the lengths of its long texts."""
    found = record(session, event_id)
    name = session.value("SELECT name FROM bots WHERE id = ?", (found.bot_id,))
    lengths = read_lengths(session, found.n)
    return one(event_id, lambda: event_row(found, name, lengths))


def full_payload(session: Session, event_id: str) -> tuple[Kind, bytes]:
    """The kind and the whole canonical payload."""
    found = record(session, event_id)
    if found.n <= floor(session):
        raise payload_gone(event_id)
    texts = read_texts(session, found.n)
    return found.kind, one(event_id, lambda: restore(found.payload, texts))


def text(session: Session, event_id: str, field: str, *, offset: int, limit: int) -> TextSlice:
    """A slice of one long text."""
    n = record(session, event_id).n
    return read_slice(session, event_id, n, field, offset=offset, limit=limit)
