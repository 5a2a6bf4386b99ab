"""Reading money: bots, positions, account states, heartbeats, equity curves."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final, Literal

import apsw

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import BotRow, EquitySeries, PositionPage, PositionRow
from motherhaven.stores.keys import Key
from motherhaven.stores.records import Record
from motherhaven.stores.sqlite import rows
from motherhaven.stores.sqlite.log import FROM
from motherhaven.stores.views import bot_row, equity_point, position_row

_POSITIONS: Final = f"""
    SELECT {rows.POSITION}, b.id, b.name, m.n, m.epoch, m.seq, m.recorded, m.time, m.mark
    FROM positions p JOIN bots b ON b.no = p.bot
    LEFT JOIN marks m ON m.bot = p.bot AND m.ref = coalesce(p.ref, p.id)
"""
_WIDTH: Final = len(rows.POSITION.split(", "))
_STATUS: Final = {"open": "p.exit_n IS NULL", "closed": "p.exit_n IS NOT NULL"}
_KEYS: Final = {
    kind: f"""
        SELECT time, epoch, seq, n FROM events WHERE bot = ? AND kind = '{kind}'
        ORDER BY time DESC, epoch DESC, seq DESC, n DESC LIMIT ?
    """
    for kind in ("account", "status")
}


def bots(connection: apsw.Connection) -> list[BotRow]:
    """All bots, by first_seen and id."""
    found = connection.execute(f"SELECT {rows.BOT} FROM bots ORDER BY first_seen, id").fetchall()
    states = [rows.bot_of(row) for row in found]
    return [
        bot_row(
            state,
            None if state.status is None else _record(connection, state.status.n),
            None if state.account is None else _record(connection, state.account.n),
        )
        for state in states
    ]


def _record(connection: apsw.Connection, n: int) -> Record:
    return rows.record_of(connection.execute(f"{FROM} WHERE e.n = ?", (n,)).fetchall()[0])


def positions(
    connection: apsw.Connection,
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
        terms.append("p.bot = (SELECT no FROM bots WHERE id = ?)")
        values.append(bot_id)
    if before is not None:
        terms.append(f"({key}) < (?, ?, ?, ?)")
        values.extend(before)
    where = "WHERE " + " AND ".join(terms) if terms else ""
    order = key.replace(",", " DESC,") + " DESC"
    found = connection.execute(
        f"{_POSITIONS} {where} ORDER BY {order} LIMIT ?", (*values, limit + 1)
    ).fetchall()
    items = tuple(_position(row, closed=closed) for row in found[:limit])
    return PositionPage(items=items, next=items[-1].cursor if len(found) > limit else None)


def position(connection: apsw.Connection, bot_id: str, position_id: str) -> PositionRow:
    """One position.

    Raises:
        NotFound: the bot has no such position.
    """
    row = connection.execute(
        f"{_POSITIONS} WHERE b.id = ? AND p.id = ?", (bot_id, position_id)
    ).fetchone()
    if row is None:
        raise NotFound(f"bot {bot_id} has no position {position_id}")
    return _position(row)


def opened_by(connection: apsw.Connection, bot_id: str, decision_id: str) -> PositionRow | None:
    """The earliest position whose entry names the decision."""
    row = connection.execute(
        f"{_POSITIONS} WHERE p.bot = (SELECT no FROM bots WHERE id = ?) "
        "AND p.entry_decision_id = ? "
        "ORDER BY p.entry_time, p.entry_epoch, p.entry_seq, p.entry_n LIMIT 1",
        (bot_id, decision_id),
    ).fetchone()
    return None if row is None else _position(row)


def _position(row: rows.Row, *, closed: bool = False) -> PositionRow:
    bot_id, name, *mark = row[_WIDTH:]
    marked = None if mark[0] is None else rows.marked_of(mark)
    return position_row(rows.position_of(bot_id, row), name, marked, closed=closed)


def newest(
    connection: apsw.Connection, kind: Literal["account", "status"], bot_id: str | None, limit: int
) -> list[Record]:
    """The newest events of a kind, newest first; every bot's own index is merged."""
    asked = "SELECT no FROM bots WHERE id = coalesce(?, id)"
    lists: list[list[tuple[Any, ...]]] = [
        connection.execute(_KEYS[kind], (no, limit)).fetchall()
        for (no,) in connection.execute(asked, (bot_id,)).fetchall()
    ]
    keys = islice(merge(*lists, reverse=True), limit)
    return [_record(connection, key[3]) for key in keys]


def equity(
    connection: apsw.Connection, bot_ids: Sequence[str] | None, tier: int, first: int, last: int
) -> list[EquitySeries]:
    """The buckets [first, last) of a tier, for each bot."""
    found = connection.execute("SELECT no, id, name, mode FROM bots ORDER BY first_seen, id")
    known = {row[1]: row for row in found}
    series = []
    for bot_id in dict.fromkeys(known if bot_ids is None else bot_ids):
        if bot_id not in known:
            continue
        no, _, name, mode = known[bot_id]
        points = connection.execute(
            "SELECT bucket, time, epoch, seq, n, last, low, high FROM rollups "
            "WHERE tier = ? AND bot = ? AND bucket >= ? AND bucket < ? ORDER BY bucket",
            (tier, no, first, last),
        )
        curve = tuple(equity_point(tier, row[0], rows.bucket_of(row[1:])) for row in points)
        series.append(EquitySeries(bot_id=bot_id, bot_name=name, mode=mode, points=curve))
    return series
