"""What becomes of each event of a batch; for adapters that use `loaded.LoadedWork`."""

from collections.abc import Sequence

from motherhaven.contract.events import Event
from motherhaven.stores.cursors import live_cursor
from motherhaven.stores.loaded import LoadedWork
from motherhaven.stores.meaning import is_same
from motherhaven.stores.own_ids import own_event
from motherhaven.stores.project import project
from motherhaven.stores.protocol import Appended
from motherhaven.stores.records import digest_of, prepare


def append(work: LoadedWork, events: Sequence[Event], generation: str) -> list[Appended]:
    """Keep the events that are new, project them, and say of each what became of it."""
    return [_append(work, event, generation) for event in events]


def _append(work: LoadedWork, sent: Event, generation: str) -> Appended:
    event = own_event(sent, work.owner)
    digest = digest_of(event)
    known = work.known(event.event_id)
    if known is not None:
        n, before = known[0], known[1:]
        if not is_same(event, digest, before, lambda: work.payload(event.event_id)):
            return Appended(sent.event_id, "conflict")
        return Appended(sent.event_id, "duplicate", live_cursor(generation, n))
    prepared = None if digest is None else prepare(event, digest, work.parts(sent))
    if prepared is None:
        return Appended(sent.event_id, "incomplete")
    record = work.keep(prepared)
    project(record, event.body, work)
    return Appended(sent.event_id, "stored", live_cursor(generation, record.n))
