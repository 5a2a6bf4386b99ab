"""The log in commit order, with the rows of its events: a few queries, however many they are."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from motherhaven.contract.events import PositionClosed
from motherhaven.contract.views import DecisionRow, PositionRow
from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.protocol import Stored, Tail
from motherhaven.stores.ready import names_of, position_behind
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.feeds import joins, named, row_of
from motherhaven.stores.relational.log import ends
from motherhaven.stores.relational.money import (
    POSITION_COLUMNS,
    HeldPosition,
    held_position,
    position_name,
    position_source,
)
from motherhaven.stores.relational.questions import NUMBER
from motherhaven.stores.rows import Row
from motherhaven.stores.views import event_of

_Near = dict[str, list[HeldPosition]]
"""Positions by their bot."""


@cache
def events_query(d: Dialect) -> str:
    """Events after a number, with what the row of a decision needs beside its payload."""
    return (
        f"SELECT {d.record()}, b.name, x.execution, o.time FROM events e {joins(d)} "
        "LEFT JOIN decisions o ON o.n = e.n WHERE e.n > ? ORDER BY e.n LIMIT ?"
    )


@cache
def exits_query(d: Dialect) -> str:
    """The positions that some events closed."""
    where = "p.exit_n = {n} AND p.exit_n IS NOT NULL"
    return d.question(POSITION_COLUMNS, position_source(d), where, n="big")


@cache
def named_query(d: Dialect) -> str:
    """Positions by bot and id."""
    where = f"p.bot = {NUMBER} AND p.{d.keyed('id')} = {{key}}"
    return d.question(POSITION_COLUMNS, position_source(d), where, bot="text", key="key")


def tail(session: Session, generation: str, after: str, limit: int) -> Tail:
    """Events after a cursor, in commit order."""
    d = session.dialect
    newest, pruned = ends(session)
    start = read_live_cursor(generation, after, floor=pruned, head=newest)
    found: list[Row] = []
    if start < newest:
        found = session.rows(events_query(d), (start, limit))
    end = found[-1][0] if found else start

    def read(row: Row) -> tuple[Row, Stored]:
        return row, Stored(live_cursor(generation, row[0]), event_of(d.record_of(row)))

    events = session.unreadable.each(found, named, read)
    near = _near(session, events)

    def shown(pair: tuple[Row, Stored]) -> Stored:
        row, stored = pair
        return Stored(stored.cursor, stored.event, _row(session, row, stored, near))

    ready = session.unreadable.each(events, lambda pair: named(pair[0]), shown)
    return Tail(tuple(ready), live_cursor(generation, end), more=end < newest)


def _near(session: Session, events: Iterable[tuple[Row, Stored]]) -> _Near:
    """The positions that the events may be about."""
    d = session.dialect
    near: _Near = defaultdict(list)
    exits: list[tuple[Any, ...]] = []
    names: list[tuple[Any, ...]] = []
    for row, stored in events:
        event = stored.event
        if isinstance(event.body, PositionClosed):
            exits.append((row[0],))
        names += [(event.bot_id, d.key(name)) for name in names_of(event.event_id, event.body)]
    for query, keys in ((exits_query, exits), (named_query, names)):
        for row in session.ask(query(d), keys) if keys else ():
            held = session.unreadable.maybe(
                *position_name(row), partial(held_position, session, row)
            )
            if held is not None:
                near[held.state.bot_id].append(held)
    return near


def _row(
    session: Session, row: Row, stored: Stored, near: _Near
) -> DecisionRow | PositionRow | None:
    event = stored.event
    if event.kind == "decision":
        return row_of(session, row)
    if not names_of(event.event_id, event.body):
        return None
    own = {id(held.state): held for held in near[event.bot_id]}
    states = [held.state for held in own.values()]
    state = position_behind(event.event_id, row[0], event.body, states)
    is_exit = isinstance(event.body, PositionClosed)
    return None if state is None else own[id(state)].row(closed=is_exit)
