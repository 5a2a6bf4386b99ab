"""What changes the database beside the log: parts of long texts, refusals, retention."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from motherhaven.contract.events import TextPart
from motherhaven.stores.keys import micros
from motherhaven.stores.records import EMPTIED_KINDS
from motherhaven.stores.rejected import FIRST_NUMBER, claimed_bot, hour_of, new_rejection
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.log import head, locked_floor
from motherhaven.stores.relational.texts import drop_texts

PRUNE_STEP: Final = 2_000
"""Events pruned in one commit, so that what is read or written meanwhile waits little."""

_KEEP_PART: Final = """
    INSERT INTO parts (bot_id, event_id, field, place, count, received, text)
    SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (
        SELECT 1 FROM events e JOIN bots b ON b.no = e.bot WHERE e.event_id = ? AND b.id = ?
    )
    ON CONFLICT (bot_id, event_id, field, place) DO UPDATE SET
        count = excluded.count, received = excluded.received, text = excluded.text
"""
_STAYS: Final = "SELECT min(n) FROM events WHERE n > ? AND n <= ? AND received >= ?"
_EMPTIED: Final = ", ".join(f"'{kind}'" for kind in EMPTIED_KINDS)
_LEAN: Final = f"""
    UPDATE events SET payload = '{{}}'
    WHERE n > ? AND n <= ? AND kind IN ({_EMPTIED})
"""  # noqa: S608  (constants only)
_REJECTED: Final = """
    SELECT event_id FROM errors WHERE bot = ? AND kind = 'ingest' AND time >= ? AND time < ?
"""
_REJECT: Final = """
    INSERT INTO errors (no, bot, kind, event_id, time, epoch, seq, message, at, code)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def put_parts(session: Session, parts: Sequence[TextPart], received: datetime) -> None:
    """Keep parts; those of an event that is kept already are dropped."""
    at = session.dialect.rows.at(micros(received))
    latest = {(p.bot_id, p.event_id, p.field, p.index): p for p in parts}
    # In one order everywhere, so that two servers never wait for each other.
    rows = [
        (*key, latest[key].count, at, latest[key].text, key[1], key[0]) for key in sorted(latest)
    ]
    session.many(_KEEP_PART, rows)


def report_rejected(
    session: Session, bot_id: str | None, at: datetime, message: str, code: str | None
) -> bool:
    """Keep a refusal among the errors, unless it is there or there are enough."""
    rows, claimed = session.dialect.rows, claimed_bot(bot_id)
    session.alone()  # over all servers, beside the log: its bounds must hold
    found = (
        None if claimed is None else session.value("SELECT no FROM bots WHERE id = ?", (claimed,))
    )
    number = found or 0
    hour = [rows.at(end) for end in hour_of(at)]
    newest = session.value("SELECT max(no) FROM errors WHERE no >= ?", (FIRST_NUMBER,))
    state = new_rejection(
        claimed=claimed,
        known=found is not None,
        at=at,
        message=message,
        code=code,
        kept=[row[0] for row in session.rows(_REJECTED, (number, *hour))],
        number=FIRST_NUMBER if newest is None else newest + 1,
    )
    if state is None:
        return False
    time, epoch, seq, no = rows.key_values(state.key)
    told = (state.message, time, state.code)
    session.run(_REJECT, (no, number, state.kind, state.event_id, time, epoch, seq, *told))
    return True


def prune_step(session: Session, before: datetime) -> int:
    """Drop up to PRUNE_STEP of the oldest events received before `before`; how many."""
    at = session.dialect.rows.at(micros(before))
    floor = locked_floor(session)
    limit = min(floor + PRUNE_STEP, head(session))
    spared = session.value(_STAYS, (floor, limit, at))
    if spared is not None:
        limit = spared - 1
    session.run("DELETE FROM parts WHERE received < ?", (at,))
    session.run("DELETE FROM errors WHERE kind = 'ingest' AND time < ?", (at,))
    if limit <= floor:
        return 0
    drop_texts(session, floor + 1, limit)
    session.run(_LEAN, (floor, limit))
    session.run("UPDATE meta SET value = ? WHERE name = 'floor'", (str(limit),))
    return limit - floor
