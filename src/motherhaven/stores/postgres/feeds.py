"""The feeds: decisions and errors by keyset, one decision with its neighbours."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from datetime import datetime
from typing import Any, Final

from motherhaven.contract.errors import NotFound
from motherhaven.contract.ids import DEFAULT_BOT
from motherhaven.contract.views import (
    DecisionDetail,
    DecisionPage,
    DecisionRow,
    ErrorRow,
    Execution,
)
from motherhaven.stores.keys import Key
from motherhaven.stores.postgres import rows
from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.postgres.texts import read_lengths
from motherhaven.stores.protocol import DecisionFilter
from motherhaven.stores.records import no_event
from motherhaven.stores.views import decision_detail, decision_row, error_row

_COLUMNS: Final = f"{rows.RECORD}, b.name, x.execution"
# The key of an execution is made here as rows.key_of makes it.
_KEY: Final = "substr(sha256(convert_to(e.event_id, 'UTF8')), 1, 16)"
_JOINS: Final = f"""
    JOIN bots b ON b.no = e.bot
    LEFT JOIN executions x ON x.bot = e.bot AND x.decision_key = {_KEY}
"""
_EXECUTED: Final = f"""EXISTS (
    SELECT 1 FROM events e JOIN executions x ON x.bot = e.bot AND x.decision_key = {_KEY}
    WHERE e.n = d.n AND x.status IN ('executed', 'partial')
)"""
_NEIGHBOUR: Final = """
    SELECT e.event_id FROM decisions d JOIN events e ON e.n = d.n
    WHERE d.bot = %s AND (d.time, d.epoch, d.seq, d.n) {sign} (%s, %s, %s, %s)
    ORDER BY d.time {way}, d.epoch {way}, d.seq {way}, d.n {way} LIMIT 1
"""
_BEFORE: Final = _NEIGHBOUR.format(sign="<", way="DESC")
_AFTER: Final = _NEIGHBOUR.format(sign=">", way="ASC")


def decisions(
    connection: Connection, where: DecisionFilter, before: Key | None, limit: int
) -> DecisionPage:
    """A page, newest first; the keys are found in the lean index table first."""
    terms, values = _decision_terms(where, before)
    query = f"""
        WITH page AS MATERIALIZED (
            SELECT n FROM decisions d {terms}
            ORDER BY d.time DESC, d.epoch DESC, d.seq DESC, d.n DESC LIMIT %s
        )
        SELECT {_COLUMNS} FROM page JOIN events e ON e.n = page.n {_JOINS}
        ORDER BY e.time DESC, e.epoch DESC, e.seq DESC, e.n DESC
    """
    found = connection.execute(query, (*values, limit + 1)).fetchall()
    items = tuple(_row(row) for row in found[:limit])
    return DecisionPage(items=items, next=items[-1].cursor if len(found) > limit else None)


def _decision_terms(where: DecisionFilter, before: Key | None) -> tuple[str, list[Any]]:
    terms: list[str] = []
    values: list[Any] = []
    if where.bot_id is not None:
        terms.append("d.bot = (SELECT no FROM bots WHERE id = %s)")
        values.append(where.bot_id)
    if where.coin is not None:
        terms.append("d.coin = %s")
        values.append(where.coin)
    if where.signal is not None:
        # The second term lets the partial index serve every signal but hold.
        terms.append("d.signal = %s" + ("" if where.signal == "hold" else " AND signal <> 'hold'"))
        values.append(where.signal)
    if where.only_trades or where.executed:
        terms.append("d.signal <> 'hold'")
    if where.verdict is not None:
        terms.append("d.allowed" if where.verdict == "allowed" else "NOT d.allowed")
    if where.executed:
        terms.append(_EXECUTED)
    if where.since is not None:
        terms.append("d.time >= %s")
        values.append(where.since)
    if where.until is not None:
        terms.append("d.time < %s")
        values.append(where.until)
    if before is not None:
        terms.append("(d.time, d.epoch, d.seq, d.n) < (%s, %s, %s, %s)")
        values.extend(rows.key_values(before))
    return ("WHERE " + " AND ".join(terms) if terms else ""), values


def _row(row: rows.Row) -> DecisionRow:
    return decision_row(rows.record_of(row[:12]), row[12], _execution(row[13]))


def _execution(text: str | None) -> Execution | None:
    return None if text is None else Execution.model_validate_json(text)


def decision(connection: Connection, decision_id: str) -> DecisionDetail:
    """One decision with its neighbours of the same bot.

    Raises:
        NotFound: no such decision.
    """
    row = connection.execute(
        f"SELECT {_COLUMNS}, e.bot FROM events e {_JOINS} WHERE e.event_id = %s", (decision_id,)
    ).fetchone()
    if row is None:
        raise no_event(decision_id)
    record = rows.record_of(row[:12])
    if record.kind != "decision":
        raise NotFound(f"{decision_id} is not a decision but a {record.kind} event")
    place = (row[14], *rows.key_values(record.key))
    return decision_detail(
        record,
        row[12],
        _execution(row[13]),
        texts=read_lengths(connection, record.n),
        previous=_id(connection.execute(_BEFORE, place).fetchone()),
        following=_id(connection.execute(_AFTER, place).fetchone()),
    )


def _id(row: rows.Row | None) -> str | None:
    return None if row is None else str(row[0])


def errors(
    connection: Connection,
    bot_id: str | None,
    kind: str | None,
    before: Key | None,
    since: datetime | None,
    limit: int,
) -> list[ErrorRow]:
    """What went wrong, newest first."""
    terms: list[str] = []
    values: list[Any] = []
    if bot_id is not None:
        own = "(SELECT no FROM bots WHERE id = %s)"
        terms.append(f"r.bot IN (0, {own})" if bot_id == DEFAULT_BOT else f"r.bot = {own}")
        values.append(bot_id)
    if since is not None:
        terms.append("r.time >= %s")
        values.append(since)
    if kind is not None:
        terms.append("r.kind = %s")
        values.append(kind)
    if before is not None:
        terms.append("(r.time, r.epoch, r.seq, r.no) < (%s, %s, %s, %s)")
        values.extend(rows.key_values(before))
    where = "WHERE " + " AND ".join(terms) if terms else ""
    query = f"""
        SELECT r.time, r.epoch, r.seq, r.no, r.event_id, coalesce(b.id, ''), r.kind, r.message,
            r.decision_id, b.name
        FROM errors r LEFT JOIN bots b ON b.no = r.bot {where}
        ORDER BY r.time DESC, r.epoch DESC, r.seq DESC, r.no DESC LIMIT %s
    """
    found = connection.execute(query, (*values, limit)).fetchall()
    return [error_row(rows.error_of(row), row[9]) for row in found]
