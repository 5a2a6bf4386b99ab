"""What belongs to a trade beside its position: fills, funding payments, candles."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from motherhaven.contract.events import Kind
from motherhaven.contract.views import Candle, EventPage, EventRow
from motherhaven.stores.keys import Key, micros
from motherhaven.stores.records import Record
from motherhaven.stores.records import named as record_name
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.feeds import OWN, named
from motherhaven.stores.relational.money import columns
from motherhaven.stores.relational.texts import lengths_of
from motherhaven.stores.rows import CANDLE
from motherhaven.stores.views import candle_row, event_page, event_row

Shown = TypeVar("Shown")


def postings(
    session: Session, bot_id: str, position_id: str, kind: Kind, read: Callable[[Record], Shown]
) -> list[Shown]:
    """`read` of the fills or funding payments that name a position, oldest first."""
    d = session.dialect
    query = f"""
        SELECT {d.record()} FROM postings p JOIN events e ON e.n = p.n JOIN bots b ON b.no = e.bot
        WHERE p.bot = {OWN} AND p.{d.keyed("position_id")} = ? AND {d.posting_kind} = ?
        ORDER BY p.time, p.epoch, p.seq, p.n
    """
    found = session.rows(query, (bot_id, d.key(position_id), kind))
    return session.unreadable.each(found, named, lambda row: read(d.record_of(row)))


def listed(session: Session, bot_id: str, kind: Kind, before: Key | None, limit: int) -> EventPage:
    """The bot's events of a kind, newest first: postings under the kind's own name."""
    d = session.dialect
    values: list[Any] = [bot_id, d.key(kind), kind]
    further = ""
    if before is not None:
        further = "AND (p.time, p.epoch, p.seq, p.n) < (?, ?, ?, ?)"
        values.extend(d.rows.key_values(before))
    query = f"""
        SELECT {d.record()}, b.name FROM postings p
        JOIN events e ON e.n = p.n JOIN bots b ON b.no = e.bot
        WHERE p.bot = {OWN} AND p.{d.keyed("position_id")} = ? AND {d.posting_kind} = ? {further}
        ORDER BY p.time DESC, p.epoch DESC, p.seq DESC, p.n DESC LIMIT ?
    """
    found = session.rows(query, (*values, limit + 1))
    names = {row[0]: row[12] for row in found}
    records = [d.record_of(row) for row in found]
    texts = lengths_of(session, [one.n for one in records[:limit]])

    def read(page: Sequence[Record]) -> list[EventRow]:
        return session.unreadable.each(
            page, record_name, lambda one: event_row(one, names[one.n], texts.get(one.n, {}))
        )

    return event_page(records, limit, read)


def candles(
    session: Session, bot_id: str, coin: str, start: datetime, end: datetime, limit: int
) -> list[Candle]:
    """The candles that begin in [start, end), oldest first."""
    rows = session.dialect.rows
    query = f"""
        SELECT c.start, {columns(CANDLE, "c")} FROM candles c
        WHERE c.bot = {OWN} AND c.coin = ? AND c.start >= ? AND c.start < ?
        ORDER BY c.start LIMIT ?
    """
    values = (bot_id, coin, rows.at(micros(start)), rows.at(micros(end)), limit)
    return session.unreadable.each(
        session.rows(query, values),
        lambda row: (bot_id, f"candle of {coin} at {row[0]}"),
        lambda row: candle_row(rows.micros(row[0]), rows.candle_of(row[1:])),
    )
