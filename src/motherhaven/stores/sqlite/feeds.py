"""The feeds: decisions and errors by keyset, one decision with its neighbours."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from datetime import datetime
from typing import Any, Final

import apsw

from motherhaven.contract.errors import NotFound
from motherhaven.contract.ids import DEFAULT_BOT
from motherhaven.contract.views import (
    DecisionDetail,
    DecisionPage,
    DecisionRow,
    ErrorRow,
    Execution,
)
from motherhaven.stores.keys import Key, micros
from motherhaven.stores.protocol import DecisionFilter
from motherhaven.stores.records import no_event
from motherhaven.stores.sqlite import rows
from motherhaven.stores.sqlite.texts import read_lengths
from motherhaven.stores.views import decision_detail, decision_row, error_row

_COLUMNS: Final = f"{rows.RECORD}, b.name, x.execution"
_JOINS: Final = """
    JOIN bots b ON b.no = e.bot
    LEFT JOIN executions x ON x.bot = e.bot AND x.decision_id = e.event_id
"""
_EXECUTED: Final = """
    EXISTS (
        SELECT 1 FROM executions y
        WHERE y.bot = d.bot AND y.decision_id = (SELECT event_id FROM events WHERE n = d.n)
        AND json_extract(y.execution, '$.status') IN ('executed', 'partial')
    )
"""
_NEIGHBOUR: Final = """
    SELECT e.event_id FROM decisions d JOIN events e ON e.n = d.n
    WHERE d.bot = ? AND (d.time, d.epoch, d.seq, d.n) {sign} (?, ?, ?, ?)
    ORDER BY d.time {way}, d.epoch {way}, d.seq {way}, d.n {way} LIMIT 1
"""


def decisions(
    connection: apsw.Connection, where: DecisionFilter, before: Key | None, limit: int
) -> DecisionPage:
    """A page, newest first; the keys are found in the lean index table first."""
    terms, values = _decision_terms(where, before)
    query = f"""
        WITH page AS MATERIALIZED (
            SELECT n FROM decisions d {terms}
            ORDER BY time DESC, epoch DESC, seq DESC, n DESC LIMIT ?
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
        terms.append("d.bot = (SELECT no FROM bots WHERE id = ?)")
        values.append(where.bot_id)
    if where.coin is not None:
        terms.append("d.coin = ?")
        values.append(where.coin)
    if where.signal is not None:
        # The second term lets the partial index serve every signal but hold.
        terms.append("d.signal = ?" + ("" if where.signal == "hold" else " AND d.signal <> 'hold'"))
        values.append(where.signal)
    if where.verdict is not None:
        terms.append("d.allowed = 1" if where.verdict == "allowed" else "d.allowed = 0")
    if (where.only_trades or where.executed) and where.signal in (None, "hold"):
        terms.append("d.signal <> 'hold'")
    if where.executed:
        terms.append(_EXECUTED)
    if where.since is not None:
        terms.append("d.time >= ?")
        values.append(micros(where.since))
    if where.until is not None:
        terms.append("d.time < ?")
        values.append(micros(where.until))
    if before is not None:
        terms.append("(d.time, d.epoch, d.seq, d.n) < (?, ?, ?, ?)")
        values.extend(before)
    return ("WHERE " + " AND ".join(terms) if terms else ""), values


def _row(row: rows.Row) -> DecisionRow:
    return decision_row(rows.record_of(row), row[12], _execution(row[13]))


def _execution(text: str | None) -> Execution | None:
    return None if text is None else Execution.model_validate_json(text)


def decision(connection: apsw.Connection, decision_id: str) -> DecisionDetail:
    """One decision with its neighbours of the same bot.

    Raises:
        NotFound: no such decision.
    """
    row = connection.execute(
        f"SELECT {_COLUMNS}, e.bot FROM events e {_JOINS} WHERE e.event_id = ?",
        (decision_id,),
    ).fetchone()
    if row is None:
        raise no_event(decision_id)
    record = rows.record_of(row)
    if record.kind != "decision":
        raise NotFound(f"{decision_id} is not a decision but a {record.kind} event")
    return decision_detail(
        record,
        row[12],
        _execution(row[13]),
        texts=read_lengths(connection, record.n),
        previous=_neighbour(connection, row[14], record.key, "<", "DESC"),
        following=_neighbour(connection, row[14], record.key, ">", "ASC"),
    )


def _neighbour(connection: apsw.Connection, bot: int, key: Key, sign: str, way: str) -> str | None:
    query = _NEIGHBOUR.format(sign=sign, way=way)
    found = connection.execute(query, (bot, *key)).fetchone()
    return None if found is None else str(found[0])


def errors(
    connection: apsw.Connection,
    bot_id: str | None,
    kind: str | None,
    before: Key | None,
    limit: int,
    since: datetime | None = None,
) -> list[ErrorRow]:
    """What went wrong, newest first; bot 0 stands for whoever was refused and is unknown."""
    terms: list[str] = []
    values: list[Any] = []
    if bot_id is not None:
        own = "(SELECT no FROM bots WHERE id = ?)"
        terms.append(f"r.bot IN (0, {own})" if bot_id == DEFAULT_BOT else f"r.bot = {own}")
        values.append(bot_id)
    if since is not None:
        terms.append("r.time >= ?")
        values.append(micros(since))
    if kind is not None:
        terms.append("r.kind = ?")
        values.append(kind)
    if before is not None:
        terms.append("(r.time, r.epoch, r.seq, r.no) < (?, ?, ?, ?)")
        values.extend(before)
    where = "WHERE " + " AND ".join(terms) if terms else ""
    query = f"""
        SELECT r.time, r.epoch, r.seq, r.no, r.event_id, b.id, r.kind, r.message, r.decision_id,
            b.name
        FROM errors r LEFT JOIN bots b ON b.no = r.bot {where}
        ORDER BY r.time DESC, r.epoch DESC, r.seq DESC, r.no DESC LIMIT ?
    """
    found: list[tuple[Any, ...]] = connection.execute(query, (*values, limit)).fetchall()
    return [error_row(rows.error_of(row), row[9]) for row in found]
