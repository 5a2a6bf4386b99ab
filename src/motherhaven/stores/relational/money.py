"""Reading money: bots, positions, account states, heartbeats, equity curves."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import (
    BotRow,
    EquityPoint,
    EquitySeries,
    PositionPage,
    PositionRow,
)
from motherhaven.stores.cursors import page_cursor
from motherhaven.stores.keys import Key
from motherhaven.stores.records import Record
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.feeds import OWN, named, where_all
from motherhaven.stores.rows import BOT, POSITION, SPREAD, Row
from motherhaven.stores.states import Marked, PositionState
from motherhaven.stores.unreadable import UNREADABLE, one
from motherhaven.stores.views import bot_row, bucket_time, position_row

Shown = TypeVar("Shown")

_STATUS: Final = {"open": ["p.exit_n IS NULL"], "closed": ["p.exit_n IS NOT NULL"], "all": []}
_NEWEST: Final = "ORDER BY e.received DESC, e.epoch DESC, e.seq DESC, e.n DESC"
_WIDTH: Final = 12
"""Columns of a record."""


def columns(names: Sequence[str], alias: str) -> str:
    """These columns for a SELECT from `alias`."""
    return ", ".join(f"{alias}.{name}" for name in names)


def bots(
    session: Session,
    ids: Sequence[str] | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[BotRow]:
    """Bots, by first_seen and id, in one query whatever their number."""
    d = session.dialect
    names = (*BOT, *d.rows.totals)
    if ids is not None and not ids:
        return []
    terms, values = list[str](), list[Any]()
    if ids is not None:
        terms.append(f"id IN ({', '.join('?' * len(ids))})")
        values += ids
    if after is not None:
        terms.append("(first_seen, id) > (SELECT l.first_seen, l.id FROM bots l WHERE l.id = ?)")
        values.append(after)
    held = "" if limit is None else "LIMIT ?"
    values += [] if limit is None else [limit]
    query = f"""
        SELECT {columns(names, "b")}, {d.record("s")}, {d.record("a")}
        FROM (SELECT * FROM bots {where_all(terms)} ORDER BY first_seen, id {held}) b
        LEFT JOIN events s ON s.n = b.status_n LEFT JOIN events a ON a.n = b.account_n
        ORDER BY b.first_seen, b.id
    """
    width = len(names)

    def read(row: Row) -> BotRow:
        latest = _record(d, row[width : width + _WIDTH]), _record(d, row[width + _WIDTH :])
        return bot_row(d.rows.bot_of(row[:width]), *latest, session.unreadable)

    found = session.rows(query, values)
    return session.unreadable.each(found, lambda row: (row[0], "bot"), read)


def _record(d: Dialect, row: Row) -> Record | None:
    return None if row[0] is None else d.record_of(row)


def positions(
    session: Session,
    status: Literal["open", "closed", "all"],
    bot_id: str | None,
    before: Key | None,
    limit: int,
) -> PositionPage:
    """A page, newest first by entry time (open, all) or exit time (closed)."""
    d, closed = session.dialect, status == "closed"
    key = ", ".join(f"p.{'exit' if closed else 'entry'}_{n}" for n in ("time", "epoch", "seq", "n"))
    terms, values = [*_STATUS[status]], list[Any]()
    if bot_id is not None:
        terms.append(f"p.bot = {OWN}")
        values.append(bot_id)
    if before is not None:
        terms.append(f"({key}) < (?, ?, ?, ?)")
        values.extend(d.rows.key_values(before))
    order = key.replace(",", " DESC,") + " DESC"
    query = f"{_positions(d)} {where_all(terms)} ORDER BY {order} LIMIT ?"
    found = session.rows(query, (*values, limit + 1))
    items = tuple(
        session.unreadable.each(
            found[:limit], position_name, lambda row: _position(session, row, closed=closed)
        )
    )
    if len(found) <= limit:
        return PositionPage(items=items, next=None)
    last = found[limit - 1]
    if closed:
        return PositionPage(items=items, next=page_cursor("closed", d.rows.key_of(last[13:17])))
    return PositionPage(items=items, next=page_cursor("positions", d.rows.key_of(last[8:12])))


def position(session: Session, bot_id: str, position_id: str) -> PositionRow:
    """One position.

    Raises:
        NotFound: the bot has no such position.
    """
    d = session.dialect
    query = f"{_positions(d)} WHERE p.bot = {OWN} AND p.{d.keyed('id')} = ?"
    row = session.row(query, (bot_id, d.key(position_id)))
    if row is None:
        raise NotFound(f"bot {bot_id} has no position {position_id}")
    return one(f"position {position_id}", lambda: _position(session, row))


def opened_by(session: Session, bot_id: str, decision_id: str) -> PositionRow | None:
    """The earliest position whose entry names the decision."""
    d = session.dialect
    row = session.row(
        f"{_positions(d)} WHERE p.bot = {OWN} AND p.{d.keyed('entry_decision_id')} = ? "
        "ORDER BY p.entered, p.entry_time, p.entry_epoch, p.entry_seq, p.entry_n LIMIT 1",
        (bot_id, d.key(decision_id)),
    )
    if row is None:
        return None
    return one(f"the position of {decision_id}", lambda: _position(session, row))


POSITION_COLUMNS: Final = (
    f"{columns(POSITION, 'p')}, b.id, b.name, m.n, m.epoch, m.seq, m.recorded, m.time, m.mark"
)
"""What `held_position` reads, from `position_source`."""


def position_source(d: Dialect) -> str:
    """FROM-terms: positions with their bot and latest mark."""
    ref, name = d.keyed("ref"), d.keyed("id")
    return f"""positions p JOIN bots b ON b.no = p.bot
        LEFT JOIN marks m ON m.bot = p.bot AND m.{ref} = coalesce(p.{ref}, p.{name})
    """


def _positions(d: Dialect) -> str:
    return f"SELECT {POSITION_COLUMNS} FROM {position_source(d)}"


def position_name(row: Row) -> tuple[str, str]:
    """Whose a position is, and what it is called."""
    return str(row[len(POSITION)]), f"position {row[0]}"


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """A position with its bot's name and its latest mark."""

    state: PositionState
    name: str | None
    marked: Marked | None

    def row(self, *, closed: bool = False) -> PositionRow:
        """As lists show it; `closed`: with its place in the list of exits."""
        return position_row(self.state, self.name, self.marked, closed=closed)


def held_position(session: Session, row: Row) -> HeldPosition:
    """A position from POSITION_COLUMNS; its mark is unknown where it cannot be read."""
    rows = session.dialect.rows
    bot_id, name, *mark = row[len(POSITION) :]
    marked = None
    if mark[0] is not None:
        about = f"mark of position {row[0]}"
        marked = session.unreadable.maybe(bot_id, about, lambda: rows.marked_of(mark))
    return HeldPosition(rows.position_of(bot_id, row), name, marked)


def _position(session: Session, row: Row, *, closed: bool = False) -> PositionRow:
    return held_position(session, row).row(closed=closed)


def newest(
    session: Session,
    kind: Literal["account", "status"],
    bot_id: str | None,
    limit: int,
    read: Callable[[Record], Shown],
) -> list[Shown]:
    """`read` of the newest events of a kind, newest first.

    Of all bots, each bot's own index gives some.
    """
    d = session.dialect
    if bot_id is not None:
        query = f"""
            SELECT {d.record()} FROM events e JOIN bots b ON b.no = e.bot
            WHERE e.bot = {OWN} AND e.kind = '{kind}' {_NEWEST} LIMIT ?
        """
        found = session.rows(query, (bot_id, limit))
    else:
        query = f"""
            SELECT {d.record()} FROM (
                SELECT own.n FROM {d.newest(kind)} {_NEWEST.replace("e.", "own.")} LIMIT ?
            ) k JOIN events e ON e.n = k.n JOIN bots b ON b.no = e.bot {_NEWEST}
        """
        found = session.rows(query, (limit, limit))
    return session.unreadable.each(found, named, lambda row: read(d.record_of(row)))


def equity(
    session: Session, bot_ids: Sequence[str] | None, tier: int, first: int, last: int
) -> list[EquitySeries]:
    """The buckets [first, last) of a tier, for each bot: two queries whatever their number."""
    d = session.dialect
    found = session.rows("SELECT id, no, name, mode FROM bots ORDER BY first_seen, id")
    known = {row[0]: row for row in found}
    wanted = dict.fromkeys(known if bot_ids is None else bot_ids)
    bots_asked = [known[bot_id] for bot_id in wanted if bot_id in known]
    curves: dict[int, list[EquityPoint]] = {row[1]: [] for row in bots_asked}
    query = f"""
        SELECT r.bot, r.bucket, {columns(SPREAD, "r")} FROM rollups r
        WHERE r.tier = ? AND {d.among("r.bot")} AND r.bucket >= ? AND r.bucket < ?
        ORDER BY r.bot, r.bucket
    """
    ids = {row[1]: row[0] for row in bots_asked}
    read = d.rows.spread_of
    found = session.rows(query, (tier, d.listed(curves), first, last))
    for no, number, end, low, high in found:
        try:
            curves[no].append(EquityPoint(bucket_time(tier, number), *read(end, low, high)))
        except UNREADABLE as error:
            session.unreadable.note(ids[no], f"equity {tier}:{number}", error)
    return session.unreadable.each(
        bots_asked,
        lambda bot: (bot[0], "bot"),
        lambda bot: EquitySeries(
            bot_id=bot[0], bot_name=bot[2], mode=bot[3], points=tuple(curves[bot[1]])
        ),
    )
