"""Reading the log: where it begins and ends, whole payloads, long texts."""

from collections.abc import Sequence
from typing import Final

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import Kind
from motherhaven.contract.views import EventRow, TextSlice
from motherhaven.stores.records import Record, no_event, payload_gone, restore
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.texts import read_lengths, read_slice, read_texts
from motherhaven.stores.unreadable import UNREADABLE, one
from motherhaven.stores.views import event_row

_HEAD: Final = "SELECT coalesce(max(n), 0) FROM events"
_FLOOR: Final = "SELECT value FROM meta WHERE name = 'floor'"
_ENDS: Final = f"SELECT ({_HEAD}), ({_FLOOR})"
_EVENTS: Final = "FROM events e JOIN bots b ON b.no = e.bot"


def head(session: Session) -> int:
    """The newest commit number, 0 before the first."""
    return int(session.value(_HEAD))


def identity(session: Session) -> str:
    """The random id of this database."""
    return str(session.value("SELECT value FROM meta WHERE name = 'generation'"))


def floor(session: Session) -> int:
    """The newest commit number that was pruned."""
    return int(session.value(_FLOOR))


def locked_floor(session: Session) -> int:
    """As `floor`; nobody else may change it until the transaction ends."""
    return int(session.value(_FLOOR + session.dialect.locked))


def ends(session: Session) -> tuple[int, int]:
    """The newest commit number, and the newest that was pruned."""
    [(newest, pruned)] = session.rows(_ENDS)
    return int(newest), int(pruned)


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
    return _whole(session, record(session, event_id))


def _whole(session: Session, found: Record) -> tuple[Kind, bytes]:
    if found.n <= floor(session):
        raise payload_gone(found.event_id)
    texts = read_texts(session, found.n)
    return found.kind, one(found.event_id, lambda: restore(found.payload, texts))


def full_payloads(session: Session, event_ids: Sequence[str]) -> dict[str, tuple[Kind, bytes]]:
    """Those of many events; what is gone is left out, so is what is damaged, which is noted."""
    found: dict[str, tuple[Kind, bytes]] = {}
    for event_id in event_ids:
        bot_id = ""
        try:
            known = record(session, event_id)
            bot_id = known.bot_id
            found[event_id] = _whole(session, known)
        except NotFound:
            continue
        except UNREADABLE as error:
            session.unreadable.note(bot_id, event_id, error)
    return found


def text(session: Session, event_id: str, field: str, *, offset: int, limit: int) -> TextSlice:
    """A slice of one long text."""
    n = record(session, event_id).n
    return read_slice(session, event_id, n, field, offset=offset, limit=limit)
