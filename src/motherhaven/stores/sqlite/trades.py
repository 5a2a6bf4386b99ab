"""What belongs to a trade beside its position: fills, funding payments, candles."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from datetime import datetime
from typing import Any, Final

import apsw

from motherhaven.contract.events import Kind
from motherhaven.contract.views import Candle
from motherhaven.stores.keys import micros
from motherhaven.stores.records import Record
from motherhaven.stores.sqlite import rows
from motherhaven.stores.views import candle_row

_POSTINGS: Final = f"""
    SELECT {rows.RECORD} FROM postings p JOIN events e ON e.n = p.n JOIN bots b ON b.no = e.bot
    WHERE p.bot = (SELECT no FROM bots WHERE id = ?) AND p.position_id = ? AND e.kind = ?
    ORDER BY p.time, p.epoch, p.seq, p.n
"""
_CANDLES: Final = """
    SELECT start, n, epoch, seq, recorded, interval, open, high, low, close, volume FROM candles
    WHERE bot = (SELECT no FROM bots WHERE id = ?) AND coin = ? AND start >= ? AND start < ?
    ORDER BY start LIMIT ?
"""


def postings(
    connection: apsw.Connection, bot_id: str, position_id: str, kind: Kind
) -> list[Record]:
    """The fills or funding payments of a position, oldest first."""
    found = connection.execute(_POSTINGS, (bot_id, position_id, kind)).fetchall()
    return [rows.record_of(row) for row in found]


def candles(
    connection: apsw.Connection,
    bot_id: str,
    coin: str,
    start: datetime,
    end: datetime,
    limit: int,
) -> list[Candle]:
    """The candles that begin in [start, end), oldest first."""
    values = (bot_id, coin, micros(start), micros(end), limit)
    found: list[tuple[Any, ...]] = connection.execute(_CANDLES, values).fetchall()
    return [candle_row(row[0], rows.candle_of(row[1:])) for row in found]
