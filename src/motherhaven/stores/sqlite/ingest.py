"""What a write transaction does: append events, keep parts, prune."""

from collections.abc import Sequence
from typing import Final

from motherhaven.contract.events import Event, TextPart
from motherhaven.stores.cursors import live_cursor
from motherhaven.stores.project import project
from motherhaven.stores.protocol import Appended
from motherhaven.stores.records import digest_of, prepare
from motherhaven.stores.sqlite.texts import event_range
from motherhaven.stores.sqlite.work import SqliteWork

PRUNE_STEP: Final = 2_000
"""Events pruned in one commit, so that appends in between wait little."""

_KEEP_PART: Final = """
    REPLACE INTO parts (bot_id, event_id, field, place, count, received, text)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE event_id = ?2)
"""


def append(work: SqliteWork, events: Sequence[Event], generation: str) -> list[Appended]:
    """Keep the events that are new and say of each what became of it."""
    known = work.known(events)
    results = []
    for event in events:
        digest = digest_of(event)
        before = known.get(event.event_id)
        if before is not None:
            n, *rest = before
            if (event.bot_id, event.kind, digest) == tuple(rest):
                cursor = live_cursor(generation, n)
                results.append(Appended(event.event_id, "duplicate", cursor))
            else:
                results.append(Appended(event.event_id, "conflict"))
            continue
        prepared = None if digest is None else prepare(event, digest, work.parts(event))
        if prepared is None:
            results.append(Appended(event.event_id, "incomplete"))
            continue
        record = work.keep(prepared)
        known[event.event_id] = (record.n, record.bot_id, record.kind, prepared.digest)
        project(record, event.body, work)
        results.append(Appended(event.event_id, "stored", live_cursor(generation, record.n)))
    return results


def put_parts(work: SqliteWork, parts: Sequence[TextPart], received: int) -> None:
    """Keep parts; those of an event that is kept already are dropped."""
    work.connection.executemany(
        _KEEP_PART,
        [
            (part.bot_id, part.event_id, part.field, part.index, part.count, received, part.text)
            for part in parts
        ],
    )


def prune_step(work: SqliteWork, before: int) -> int:
    """Drop up to PRUNE_STEP of the oldest events received before `before`; how many."""
    connection = work.connection
    floor = int(str(connection.execute("SELECT value FROM meta WHERE name = 'floor'").get))
    limit = min(floor + PRUNE_STEP, work.last)
    spared = connection.execute(
        "SELECT min(n) FROM events WHERE n > ? AND n <= ? AND received >= ?",
        (floor, limit, before),
    ).get
    if isinstance(spared, int):
        limit = spared - 1
    connection.execute("DELETE FROM parts WHERE received < ?", (before,))
    if limit <= floor:
        return 0
    connection.execute("DELETE FROM texts WHERE id >= ? AND id < ?", event_range(floor + 1, limit))
    connection.execute(
        "UPDATE events SET payload = '{}' WHERE n > ? AND n <= ? "
        "AND kind NOT IN ('decision', 'account', 'status')",
        (floor, limit),
    )
    connection.execute("UPDATE meta SET value = ? WHERE name = 'floor'", (str(limit),))
    return limit - floor
