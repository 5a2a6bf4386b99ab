"""Reading money: bots, positions, account states, heartbeats, equity curves."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import (
    BotRow,
    Candle,
    EquityPoint,
    EquitySeries,
    PositionPage,
    PositionRow,
)
from motherhaven.stores.keys import Key, micros
from motherhaven.stores.postgres import rows
from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.records import Record
from motherhaven.stores.views import bot_row, candle_row, equity_point, position_row

_BOTS: Final = f"""
    SELECT {rows.columns(rows.BOT, "b")}, {rows.RECORD.replace("e.", "s.")},
        {rows.RECORD.replace("e.", "a.")}
    FROM bots b LEFT JOIN events s ON s.n = b.status_n LEFT JOIN events a ON a.n = b.account_n
    ORDER BY b.first_seen, b.id
"""
_POSITIONS: Final = f"""
    SELECT {rows.columns(rows.POSITION, "p")}, b.id, b.name,
        m.n, m.epoch, m.seq, m.recorded, m.time, m.mark
    FROM positions p JOIN bots b ON b.no = p.bot
    LEFT JOIN marks m ON m.bot = p.bot AND m.ref_key = coalesce(p.ref_key, p.id_key)
"""
_STATUS: Final = {"open": "p.exit_n IS NULL", "closed": "p.exit_n IS NOT NULL"}
# Each bot's own index gives its newest; then they are merged.
_NEWEST: Final = {
    kind: f"""
        SELECT {rows.RECORD} FROM (
            SELECT own.* FROM bots CROSS JOIN LATERAL (
                SELECT time, epoch, seq, n FROM events WHERE bot = bots.no AND kind = '{kind}'
                ORDER BY time DESC, epoch DESC, seq DESC, n DESC LIMIT %(limit)s
            ) own WHERE bots.id = coalesce(%(bot)s, bots.id)
            ORDER BY time DESC, epoch DESC, seq DESC, n DESC LIMIT %(limit)s
        ) key JOIN events e ON e.n = key.n JOIN bots b ON b.no = e.bot
        ORDER BY e.time DESC, e.epoch DESC, e.seq DESC, e.n DESC
    """
    for kind in ("account", "status")
}
_POSTINGS: Final = f"""
    SELECT {rows.RECORD} FROM bots b JOIN postings p ON p.bot = b.no JOIN events e ON e.n = p.n
    WHERE b.id = %s AND p.ref_key = %s AND p.kind = %s ORDER BY p.time, p.epoch, p.seq, p.n
"""
_CANDLES: Final = f"""
    SELECT c.start, {rows.columns(rows.CANDLE, "c")}
    FROM bots b JOIN candles c ON c.bot = b.no
    WHERE b.id = %s AND c.coin = %s AND c.start >= %s AND c.start < %s ORDER BY c.start LIMIT %s
"""
_CURVES: Final = f"""
    SELECT b.id, r.bucket, {rows.columns(rows.BUCKET, "r")}
    FROM bots b CROSS JOIN LATERAL (
        SELECT * FROM rollups WHERE tier = %s AND bot = b.no AND bucket >= %s AND bucket < %s
    ) r WHERE b.id = ANY(%s) ORDER BY b.no, r.bucket
"""


def bots(connection: Connection) -> list[BotRow]:
    """All bots, by first_seen and id."""
    width = len(rows.BOT)
    return [
        bot_row(rows.bot_of(row[:width]), _record(row[width : width + 12]), _record(row[-12:]))
        for row in connection.execute(_BOTS)
    ]


def _record(row: rows.Row) -> Record | None:
    return None if row[0] is None else rows.record_of(row)


def positions(
    connection: Connection,
    status: Literal["open", "closed", "all"],
    bot_id: str | None,
    before: Key | None,
    limit: int,
) -> PositionPage:
    """A page, newest first by entry time (open, all) or exit time (closed)."""
    closed = status == "closed"
    key = ", ".join(f"p.{'exit' if closed else 'entry'}_{n}" for n in ("time", "epoch", "seq", "n"))
    terms = [_STATUS[status]] if status in _STATUS else []
    values: list[Any] = []
    if bot_id is not None:
        terms.append("p.bot = (SELECT no FROM bots WHERE id = %s)")
        values.append(bot_id)
    if before is not None:
        terms.append(f"({key}) < (%s, %s, %s, %s)")
        values.extend(rows.key_values(before))
    where = "WHERE " + " AND ".join(terms) if terms else ""
    order = key.replace(",", " DESC,") + " DESC"
    query = f"{_POSITIONS} {where} ORDER BY {order} LIMIT %s"
    found = connection.execute(query, (*values, limit + 1)).fetchall()
    items = tuple(_position(row, closed=closed) for row in found[:limit])
    return PositionPage(items=items, next=items[-1].cursor if len(found) > limit else None)


def position(connection: Connection, bot_id: str, position_id: str) -> PositionRow:
    """One position.

    Raises:
        NotFound: the bot has no such position.
    """
    row = connection.execute(
        f"{_POSITIONS} WHERE b.id = %s AND p.id_key = %s", (bot_id, rows.key_of(position_id))
    ).fetchone()
    if row is None:
        raise NotFound(f"bot {bot_id} has no position {position_id}")
    return _position(row)


def opened_by(connection: Connection, bot_id: str, decision_id: str) -> PositionRow | None:
    """The earliest position whose entry names the decision."""
    row = connection.execute(
        f"{_POSITIONS} WHERE b.id = %s AND p.entry_decision_key = %s "
        "ORDER BY p.entry_time, p.entry_epoch, p.entry_seq, p.entry_n LIMIT 1",
        (bot_id, rows.key_of(decision_id)),
    ).fetchone()
    return None if row is None else _position(row)


def postings(
    connection: Connection, bot_id: str, position_id: str, kind: Literal["fill", "funding"]
) -> list[Record]:
    """The fills or funding payments that name a position, oldest first."""
    found = connection.execute(_POSTINGS, (bot_id, rows.key_of(position_id), kind))
    return [rows.record_of(row) for row in found]


def candles(
    connection: Connection, bot_id: str, coin: str, start: datetime, end: datetime, limit: int
) -> list[Candle]:
    """The candles that begin in [start, end), oldest first."""
    found = connection.execute(_CANDLES, (bot_id, coin, start, end, limit))
    return [candle_row(micros(row[0]), rows.candle_of(row[1:])) for row in found]


def _position(row: rows.Row, *, closed: bool = False) -> PositionRow:
    bot_id, name, *mark = row[len(rows.POSITION) :]
    marked = None if mark[0] is None else rows.marked_of(mark)
    return position_row(rows.position_of(bot_id, row), name, marked, closed=closed)


def newest(
    connection: Connection, kind: Literal["account", "status"], bot_id: str | None, limit: int
) -> list[Record]:
    """The newest events of a kind, newest first."""
    found = connection.execute(_NEWEST[kind], {"bot": bot_id, "limit": limit})
    return [rows.record_of(row) for row in found]


def equity(
    connection: Connection, bot_ids: Sequence[str] | None, tier: int, first: int, last: int
) -> list[EquitySeries]:
    """The buckets [first, last) of a tier, for each bot."""
    found = connection.execute("SELECT id, name, mode FROM bots ORDER BY first_seen, id")
    known = {row[0]: row for row in found}
    wanted = dict.fromkeys(known if bot_ids is None else bot_ids)
    curves: dict[str, list[EquityPoint]] = {bot: [] for bot in wanted if bot in known}
    for row in connection.execute(_CURVES, (tier, first, last, list(curves))):
        curves[row[0]].append(equity_point(tier, row[1], rows.bucket_of(row[2:])))
    return [
        EquitySeries(
            bot_id=bot_id, bot_name=known[bot_id][1], mode=known[bot_id][2], points=tuple(curve)
        )
        for bot_id, curve in curves.items()
    ]
