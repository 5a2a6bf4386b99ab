"""What a write transaction does: append events, keep parts, prune."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from motherhaven.contract.events import Event, TextPart
from motherhaven.stores.cursors import live_cursor
from motherhaven.stores.keys import micros
from motherhaven.stores.meaning import is_same
from motherhaven.stores.project import project
from motherhaven.stores.protocol import Appended
from motherhaven.stores.records import digest_of, prepare
from motherhaven.stores.rejected import FIRST_NUMBER, claimed_bot, hour_of, new_rejection
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
            n = before[0]
            if is_same(event, digest, before[1:], partial(work.payload, n, event.event_id)):
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
    connection.execute("DELETE FROM errors WHERE kind = 'ingest' AND time < ?", (before,))
    if limit <= floor:
        return 0
    connection.execute("DELETE FROM texts WHERE id >= ? AND id < ?", event_range(floor + 1, limit))
    connection.execute(
        "UPDATE events SET payload = '{}' WHERE n > ? AND n <= ? "
        "AND kind NOT IN ('decision', 'account', 'status', 'fill', 'funding')",
        (floor, limit),
    )
    connection.execute("UPDATE meta SET value = ? WHERE name = 'floor'", (str(limit),))
    return limit - floor


def report_rejected(work: SqliteWork, bot_id: str | None, at: datetime, message: str) -> bool:
    """Keep a refusal among the errors, unless it is there or there are enough."""
    connection = work.connection
    claimed = claimed_bot(bot_id)
    found: Any = connection.execute("SELECT no FROM bots WHERE id = ?", (claimed,)).get
    number = found or 0
    kept: list[tuple[Any, ...]] = connection.execute(
        "SELECT event_id FROM errors WHERE bot = ? AND time >= ? AND time < ? AND kind = 'ingest'",
        (number, *hour_of(at)),
    ).fetchall()
    newest: Any = connection.execute("SELECT max(no) FROM errors").get
    state = new_rejection(
        claimed=claimed,
        known=found is not None,
        at=at,
        message=message,
        kept=[row[0] for row in kept],
        number=max(FIRST_NUMBER, (newest or 0) + 1),
    )
    if state is None:
        return False
    connection.execute(
        "INSERT INTO errors (no, bot, kind, event_id, time, epoch, seq, message) "
        "VALUES (?, ?, ?, ?, ?, 0, 0, ?)",
        (state.key.n, number, state.kind, state.event_id, micros(at), state.message),
    )
    return True
