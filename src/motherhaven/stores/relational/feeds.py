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
from motherhaven.stores.cursors import page_cursor
from motherhaven.stores.keys import Key, micros
from motherhaven.stores.protocol import DecisionFilter
from motherhaven.stores.records import Record, no_event
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.texts import read_lengths
from motherhaven.stores.rows import Row
from motherhaven.stores.unreadable import one
from motherhaven.stores.views import decision_detail, decision_row, error_row

OWN: Final = "(SELECT no FROM bots WHERE id = ?)"
"""The number of the bot of that id."""

_NEIGHBOUR: Final = """
    SELECT e.event_id FROM decisions d JOIN events e ON e.n = d.n
    WHERE d.bot = ? AND (d.time, d.epoch, d.seq, d.n) {sign} (?, ?, ?, ?)
    ORDER BY d.time {way}, d.epoch {way}, d.seq {way}, d.n {way} LIMIT 1
"""
_BEFORE: Final = _NEIGHBOUR.format(sign="<", way="DESC")
_AFTER: Final = _NEIGHBOUR.format(sign=">", way="ASC")


def where_all(terms: list[str]) -> str:
    """The WHERE of a query; empty without terms."""
    return "WHERE " + " AND ".join(terms) if terms else ""


def decisions(
    session: Session, where: DecisionFilter, before: Key | None, limit: int
) -> DecisionPage:
    """A page, newest first; the keys are found in the lean index table first."""
    d = session.dialect
    terms, values = _decision_terms(d, where, before)
    query = f"""
        WITH page AS MATERIALIZED (
            SELECT n, time FROM decisions d {where_all(terms)}
            ORDER BY d.time DESC, d.epoch DESC, d.seq DESC, d.n DESC LIMIT ?
        )
        SELECT {d.record()}, b.name, x.execution, page.time
        FROM page JOIN events e ON e.n = page.n {joins(d)}
        ORDER BY page.time DESC, e.epoch DESC, e.seq DESC, e.n DESC
    """
    found = session.rows(query, (*values, limit + 1))
    items = tuple(session.unreadable.each(found[:limit], named, lambda row: row_of(session, row)))
    if len(found) <= limit:
        return DecisionPage(items=items, next=None)
    last = found[limit - 1]
    place = _key(d, d.record_of(last), last[14])
    return DecisionPage(items=items, next=page_cursor("decisions", place))


def _decision_terms(
    d: Dialect, where: DecisionFilter, before: Key | None
) -> tuple[list[str], list[Any]]:
    terms: list[str] = []
    values: list[Any] = []
    if where.bot_id is not None:
        terms.append(f"d.bot = {OWN}")
        values.append(where.bot_id)
    if where.coin is not None:
        terms.append("d.coin = ?")
        values.append(where.coin)
    if where.signal is not None:
        # The second term lets the partial index serve every signal but hold.
        terms.append("d.signal = ?" + ("" if where.signal == "hold" else " AND d.signal <> 'hold'"))
        values.append(where.signal)
    if where.verdict is not None:
        terms.append(d.allowed if where.verdict == "allowed" else d.rejected)
    if (where.only_trades or where.executed) and where.signal in (None, "hold"):
        terms.append("d.signal <> 'hold'")
    if where.executed:
        terms.append(_executed(d))
    if where.since is not None:  # nothing happens after its receipt: that bounds the scan
        terms += ["d.time >= ?", _told("e.time >= ?")]
        values += [d.rows.at(micros(where.since))] * 2
    if where.until is not None:
        terms.append(_told("(e.time < ? OR e.received < ?)"))
        values += [d.rows.at(micros(where.until))] * 2
    if before is not None:
        terms.append("(d.time, d.epoch, d.seq, d.n) < (?, ?, ?, ?)")
        values.extend(d.rows.key_values(before))
    return terms, values


def _told(condition: str) -> str:
    """A condition on the event behind `decisions d`."""
    return f"EXISTS (SELECT 1 FROM events e WHERE e.n = d.n AND {condition})"


def _executed(d: Dialect) -> str:
    return f"""EXISTS (
        SELECT 1 FROM events e JOIN executions x
        ON x.bot = e.bot AND x.{d.keyed("decision_id")} = {d.key_sql("e.event_id")}
        WHERE e.n = d.n AND {d.status} IN ('executed', 'partial')
    )"""


def joins(d: Dialect) -> str:
    """The bot of `events e`, and the latest execution of a decision."""
    return f"""
        JOIN bots b ON b.no = e.bot LEFT JOIN executions x
        ON x.bot = e.bot AND x.{d.keyed("decision_id")} = {d.key_sql("e.event_id")}
    """


def _key(d: Dialect, record: Record, order: Any) -> Key:
    """The decision's place; `order` is the time that `decisions` keeps of it."""
    return Key(d.rows.micros(order), record.epoch, record.seq, record.n)


def named(row: Row) -> tuple[str, str]:
    """Whose a row that begins with a record is, and what it is called."""
    return str(row[2]), str(row[1])


def row_of(session: Session, row: Row) -> DecisionRow:
    """A decision from its record, bot's name, execution and the time in `decisions`."""
    record = session.dialect.record_of(row)
    key = _key(session.dialect, record, row[14])
    return decision_row(record, row[12], _execution(session, row), key)


def _execution(session: Session, row: Row) -> Execution | None:
    """The execution in column 13; unknown where it cannot be read."""
    if row[13] is None:
        return None
    bot_id, event_id = named(row)
    return session.unreadable.maybe(
        bot_id, f"execution of {event_id}", lambda: Execution.model_validate_json(row[13])
    )


def decision(session: Session, decision_id: str) -> DecisionDetail:
    """One decision with its neighbours of the same bot.

    Raises:
        NotFound: no such decision.
    """
    d = session.dialect
    row = session.row(
        f"SELECT {d.record()}, b.name, x.execution, e.bot, o.time FROM events e {joins(d)} "
        "LEFT JOIN decisions o ON o.n = e.n WHERE e.event_id = ?",
        (decision_id,),
    )
    if row is None:
        raise no_event(decision_id)
    record = d.record_of(row)
    if record.kind != "decision":
        raise NotFound(f"{decision_id} is not a decision but a {record.kind} event")
    key = _key(d, record, row[15])
    place = (row[14], *d.rows.key_values(key))
    texts = read_lengths(session, record.n)
    previous, following = session.value(_BEFORE, place), session.value(_AFTER, place)
    return one(
        decision_id,
        lambda: decision_detail(
            record,
            row[12],
            _execution(session, row),
            key,
            texts=texts,
            previous=previous,
            following=following,
        ),
    )


def errors(
    session: Session,
    bot_id: str | None,
    kind: str | None,
    before: Key | None,
    since: datetime | None,
    limit: int,
) -> list[ErrorRow]:
    """What went wrong, newest first; bot 0 stands for whoever was refused and is unknown."""
    d = session.dialect
    terms: list[str] = []
    values: list[Any] = []
    if bot_id is not None:
        terms.append(f"r.bot IN (0, {OWN})" if bot_id == DEFAULT_BOT else f"r.bot = {OWN}")
        values.append(bot_id)
    if since is not None:  # nothing happens after its receipt: that bounds the scan
        terms += ["r.time >= ?", "r.at >= ?"]
        values += [d.rows.at(micros(since))] * 2
    if kind is not None:
        terms.append("r.kind = ?")
        values.append(kind)
    if before is not None:
        terms.append("(r.time, r.epoch, r.seq, r.no) < (?, ?, ?, ?)")
        values.extend(d.rows.key_values(before))
    query = f"""
        SELECT r.time, r.epoch, r.seq, r.no, r.event_id, b.id, r.kind, r.message, r.decision_id,
            r.at, r.code, b.name
        FROM errors r LEFT JOIN bots b ON b.no = r.bot {where_all(terms)}
        ORDER BY r.time DESC, r.epoch DESC, r.seq DESC, r.no DESC LIMIT ?
    """
    return session.unreadable.each(
        session.rows(query, (*values, limit)),
        lambda row: (str(row[5]), f"error of {row[4]}"),
        lambda row: error_row(d.rows.error_of(row), row[11]),
    )
