"""What changes the database beside the log: parts of long texts, and retention."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from motherhaven.contract.events import TextPart
from motherhaven.stores.keys import moment
from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.postgres.migrate import LOCK_CLASS
from motherhaven.stores.rejected import FIRST_NUMBER, claimed_bot, hour_of, new_rejection

PRUNE_STEP: Final = 2_000
"""Events pruned in one commit, so that what is read or written meanwhile waits little."""

_KEEP_PARTS: Final = """
    INSERT INTO parts (bot_id, event_id, field, place, count, received, text)
    SELECT k.bot, k.id, k.field, k.place, k.count, %s, k.text
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::text[])
        AS k (bot, id, field, place, count, text)
    WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.event_id = k.id)
    ON CONFLICT (bot_id, event_id, field, place) DO UPDATE SET
        count = excluded.count, received = excluded.received, text = excluded.text
"""
_FLOOR: Final = "SELECT value::bigint FROM meta WHERE name = 'floor' FOR UPDATE"
_LEAN: Final = """
    UPDATE events SET payload = '{}'
    WHERE n > %s AND n <= %s AND kind NOT IN ('decision', 'account', 'status', 'fill', 'funding')
"""


_REJECTED: Final = """
    SELECT event_id FROM errors WHERE bot = %s AND kind = 'ingest' AND time >= %s AND time < %s
"""
_REJECT: Final = """
    INSERT INTO errors (no, bot, time, epoch, seq, event_id, kind, message, decision_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def put_parts(connection: Connection, parts: Sequence[TextPart], received: datetime) -> None:
    """Keep parts; those of an event that is kept already are dropped."""
    latest = {(p.bot_id, p.event_id, p.field, p.index): p for p in parts}
    # In one order everywhere, so that two servers never wait for each other.
    rows = [(*key, latest[key].count, latest[key].text) for key in sorted(latest)]
    if rows:
        connection.execute(_KEEP_PARTS, (received, *(list(c) for c in zip(*rows, strict=True))))


def report_rejected(
    connection: Connection, lock: int, bot_id: str | None, at: datetime, message: str
) -> bool:
    """Keep a refusal among the errors, unless it is there or there are enough."""
    claimed = claimed_bot(bot_id)
    # One at a time over all servers, beside the log: its bounds must hold.
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_CLASS + 1, lock))
    bot = connection.execute("SELECT no FROM bots WHERE id = %s", (claimed,)).fetchone()
    number = 0 if bot is None else bot[0]
    first, end = (moment(micros) for micros in hour_of(at))
    kept = connection.execute(_REJECTED, (number, first, end)).fetchall()
    last = connection.execute("SELECT max(no) FROM errors WHERE no >= %s", (FIRST_NUMBER,))
    newest = last.fetchall()[0][0]
    state = new_rejection(
        claimed=claimed,
        known=bot is not None,
        at=at,
        message=message,
        kept=[event_id for (event_id,) in kept],
        number=FIRST_NUMBER if newest is None else newest + 1,
    )
    if state is None:
        return False
    key, *told = state
    values = (key.n, number, moment(key.time), key.epoch, key.seq, told[0], *told[2:])
    connection.execute(_REJECT, values)
    return True


def prune_step(connection: Connection, before: datetime) -> int:
    """Drop up to PRUNE_STEP of the oldest events received before `before`; how many."""
    floor: int = connection.execute(_FLOOR).fetchall()[0][0]
    connection.execute("DELETE FROM parts WHERE received < %s", (before,))
    connection.execute("DELETE FROM errors WHERE kind = 'ingest' AND time < %s", (before,))
    limit = _limit(connection, floor, before)
    if limit <= floor:
        return 0
    connection.execute("DELETE FROM texts WHERE n > %s AND n <= %s", (floor, limit))
    connection.execute(_LEAN, (floor, limit))
    connection.execute("UPDATE meta SET value = %s WHERE name = 'floor'", (str(limit),))
    return limit - floor


def _limit(connection: Connection, floor: int, before: datetime) -> int:
    """The last event to drop: the one before the first that is to stay."""
    oldest = connection.execute(
        "SELECT n, received >= %s FROM events WHERE n > %s ORDER BY n LIMIT %s",
        (before, floor, PRUNE_STEP),
    ).fetchall()
    limit = floor
    for n, stays in oldest:
        if stays:
            break
        limit = n
    return limit
