"""The first half of an append: all rows that it may need, each question asked once."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from motherhaven.contract.events import TextPart
from motherhaven.stores.loaded import Loaded
from motherhaven.stores.needs import Needs, Pair
from motherhaven.stores.records import restore
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.log import floor
from motherhaven.stores.relational.money import columns
from motherhaven.stores.relational.texts import read_texts
from motherhaven.stores.rows import BOT, BUCKET, CANDLE, POSITION, Row
from motherhaven.stores.states import ERROR_KINDS

_KINDS: Final = len(ERROR_KINDS)
_ENDS: Final = """
    SELECT (SELECT coalesce(max(n), 0) FROM events), (SELECT coalesce(max(no), 0) FROM bots)
"""
_ORDER: Final = ("n", "epoch", "seq", "recorded")

Fold = Callable[[Row], None]


@dataclass(slots=True)
class Numbers:
    """The small numbers that stand for bots in the tables; `last` is the highest."""

    last: int = 0
    of: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Queries:
    """The questions in the SQL of one database; `{bot}` and the like stand for the keys."""

    known: str
    bots: str
    executions: str
    troubled: str
    named: str
    called: str
    sides: str
    marks: str
    buckets: str
    candles: str
    parts: str


@cache
def _queries(d: Dialect) -> _Queries:
    own, positions = "b.id = {bot}", f"{{bot}}, {columns(POSITION, 'p')}"
    executed = d.keyed("decision_id")
    return _Queries(
        known=d.question(
            "e.event_id, e.n, b.id, e.kind, e.sha256",
            "events e JOIN bots b ON b.no = e.bot", "e.event_id = {id}", id="text",
        ),
        bots=d.question(
            f"b.no, {columns((*BOT, *d.rows.totals), 'b')}", "bots b", own, bot="text"
        ),
        executions=d.question(
            f"{{bot}}, x.decision_id, {columns((*_ORDER, 'execution'), 'x')}",
            f"bots b JOIN executions x ON x.bot = b.no AND x.{executed} = {{key}}", own,
            bot="text", key="key",
        ),
        troubled=d.question(
            "{bot}, {id}", "bots b JOIN events e ON e.event_id = {id} AND e.bot = b.no",
            f"{own} AND e.kind = 'decision' AND EXISTS (SELECT 1 FROM errors r WHERE "
            f"r.no BETWEEN e.n * {_KINDS} AND e.n * {_KINDS} + {_KINDS - 1})",
            bot="text", id="text",
        ),
        named=d.question(
            positions, f"bots b JOIN positions p ON p.bot = b.no AND p.{d.keyed('id')} = {{key}}",
            own, bot="text", key="key",
        ),
        called=d.question(
            positions, f"bots b JOIN positions p ON p.bot = b.no AND p.{d.keyed('ref')} = {{key}}",
            own, bot="text", key="key",
        ),
        sides=d.question(
            positions,
            "bots b JOIN positions p ON p.bot = b.no AND p.coin = {coin} AND p.side = {side}",
            f"{own} AND p.exit_n IS NULL", bot="text", coin="text", side="text",
        ),
        marks=d.question(
            f"{{bot}}, m.ref, {columns((*_ORDER, 'time', 'mark'), 'm')}",
            f"bots b JOIN marks m ON m.bot = b.no AND m.{d.keyed('ref')} = {{key}}", own,
            bot="text", key="key",
        ),
        buckets=d.question(
            f"{{bot}}, r.tier, r.bucket, {columns(BUCKET, 'r')}",
            "bots b JOIN rollups r ON r.tier = {tier} AND r.bot = b.no AND r.bucket = {bucket}",
            own, bot="text", tier="int", bucket="big",
        ),
        candles=d.question(
            f"{{bot}}, c.coin, c.start, {columns(CANDLE, 'c')}",
            "bots b JOIN candles c ON c.bot = b.no AND c.coin = {coin} AND c.start = {start}",
            own, bot="text", coin="text", start="time",
        ),
        parts=d.question(
            "p.event_id, p.bot_id, p.field, p.place, p.count, p.text", "parts p",
            "p.bot_id = {bot} AND p.event_id = {id}", bot="text", id="text",
        ),
    )  # fmt: skip


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
            fold(row)
    return loaded, numbers


def _questions(
    d: Dialect, needs: Needs, loaded: Loaded, numbers: Numbers
) -> Iterator[tuple[str, list[tuple[Any, ...]], Fold]]:
    rows, ask = d.rows, _queries(d)

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
    yield ask.troubled, list(needs.executions), lambda r: loaded.troubled.add((r[0], r[1]))
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
    return restore(d.rows.payload(kept), read_texts(session, n))
