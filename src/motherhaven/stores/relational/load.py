"""The first half of an append: all rows that it may need, each question asked once."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from motherhaven.contract.events import TextPart
from motherhaven.stores.loaded import Loaded
from motherhaven.stores.needs import Needs, Pair
from motherhaven.stores.records import restore
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.log import floor
from motherhaven.stores.relational.questions import questions
from motherhaven.stores.relational.texts import read_texts
from motherhaven.stores.rows import Row
from motherhaven.stores.unreadable import UNREADABLE

_ENDS: Final = """
    SELECT (SELECT coalesce(max(n), 0) FROM events), (SELECT coalesce(max(no), 0) FROM bots)
"""

Fold = Callable[[Row], None]


@dataclass(slots=True)
class Numbers:
    """The small numbers that stand for bots in the tables; `last` is the highest."""

    last: int = 0
    of: dict[str, int] = field(default_factory=dict)


def load(session: Session, needs: Needs) -> tuple[Loaded, Numbers]:
    """What the database knows of `needs`; all questions are asked before an answer is read."""
    loaded, numbers = Loaded(), Numbers()
    ends = session.ask(_ENDS)
    asked = [
        (session.ask(query, keys), fold)
        for query, keys, fold in _questions(session.dialect, needs, loaded, numbers)
        if keys
    ]
    [(loaded.last, numbers.last)] = ends
    for answers, fold in asked:
        for row in answers:
            # What cannot be read counts as missing: what comes now takes its place.
            with suppress(*UNREADABLE):
                fold(row)
    return loaded, numbers


def _questions(
    d: Dialect, needs: Needs, loaded: Loaded, numbers: Numbers
) -> Iterator[tuple[str, list[tuple[Any, ...]], Fold]]:
    rows, ask = d.rows, questions(d)

    def bot(row: Row) -> None:
        numbers.of[row[1]] = row[0]
        loaded.bots[row[1]] = rows.bot_of(row[1:])

    def executed(row: Row) -> None:
        loaded.executions[row[0], row[1]] = rows.executed_of(row[2:])

    seen: set[Pair] = set()

    def position(row: Row) -> None:
        if (row[0], row[1]) not in seen:
            seen.add((row[0], row[1]))
            loaded.positions.append(rows.position_of(row[0], row[1:]))

    def mark(row: Row) -> None:
        loaded.marks[row[0], row[1]] = rows.marked_of(row[2:])

    def bucket(row: Row) -> None:
        loaded.buckets[row[0], row[1], row[2]] = rows.bucket_of(row[3:])

    def candle(row: Row) -> None:
        loaded.candles[row[0], row[1], rows.micros(row[2])] = rows.candle_of(row[3:])

    def part(row: Row) -> None:
        loaded.parts.setdefault((row[1], row[0]), []).append(TextPart(*row))

    def keyed(pairs: Iterable[Pair]) -> list[tuple[Any, ...]]:
        return [(bot_id, d.key(text)) for bot_id, text in pairs]

    starts = [(bot_id, coin, rows.at(start)) for bot_id, coin, start in needs.candles]
    yield ask.known, [(i,) for i in needs.ids], lambda r: loaded.known.update({r[0]: tuple(r[1:])})
    yield ask.bots, [(i,) for i in needs.bots], bot
    yield ask.executions, keyed(needs.executions), executed
    yield ask.with_error, list(needs.executions), lambda r: loaded.with_error.add((r[0], r[1]))
    yield ask.named, keyed(needs.named), position
    yield ask.called, keyed(needs.named), position
    yield ask.sides, list(needs.sides), position
    yield ask.marks, keyed(needs.marks), mark
    yield ask.buckets, list(needs.buckets), bucket
    yield ask.candles, starts, candle
    yield ask.parts, list(needs.parts), part


def kept_payload(session: Session, n: int) -> bytes | None:
    """The whole payload of commit number `n`; None if retention took it."""
    if n <= floor(session):
        return None
    d = session.dialect
    kept = session.value(f"SELECT {d.payload} FROM events e WHERE e.n = ?", (n,))
    texts = read_texts(session, n)
    try:
        return restore(d.rows.payload(kept), texts)
    except UNREADABLE:
        return None
