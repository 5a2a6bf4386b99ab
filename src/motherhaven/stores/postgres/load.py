"""The first half of an append: the lock, and all rows it may need, in one round trip."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from motherhaven.contract.events import Event, TextPart
from motherhaven.stores.keys import micros, moment
from motherhaven.stores.loaded import Loaded
from motherhaven.stores.needs import Needs
from motherhaven.stores.postgres import rows
from motherhaven.stores.postgres.connect import DURABLE, Connection
from motherhaven.stores.postgres.log import full_payloads
from motherhaven.stores.postgres.migrate import LOCK_CLASS
from motherhaven.stores.records import digest_of
from motherhaven.stores.states import ERROR_KINDS

_KINDS: Final = len(ERROR_KINDS)
_HEAD: Final = """
    SELECT (SELECT coalesce(max(n), 0) FROM events), (SELECT coalesce(max(no), 0) FROM bots)
"""
_KNOWN: Final = """
    SELECT e.event_id, e.n, b.id, e.kind, e.sha256 FROM events e JOIN bots b ON b.no = e.bot
    WHERE e.event_id = ANY(%s)
"""
_BOTS: Final = f"SELECT b.no, {rows.columns(rows.BOT, 'b')} FROM bots b WHERE b.id = ANY(%s)"
_EXECUTIONS: Final = """
    SELECT k.bot, x.decision_id, x.n, x.epoch, x.seq, x.recorded, x.execution
    FROM unnest(%s::text[], %s::bytea[]) AS k (bot, key) JOIN bots b ON b.id = k.bot
    JOIN executions x ON x.bot = b.no AND x.decision_key = k.key
"""
_TROUBLED: Final = f"""
    SELECT k.bot, k.id FROM unnest(%s::text[], %s::text[]) AS k (bot, id)
    JOIN events e ON e.event_id = k.id JOIN bots b ON b.no = e.bot AND b.id = k.bot
    WHERE e.kind = 'decision' AND EXISTS (
        SELECT 1 FROM errors r WHERE r.no BETWEEN e.n * {_KINDS} AND e.n * {_KINDS} + {_KINDS - 1}
    )
"""
_POSITIONS: Final = f"SELECT k.bot, {rows.columns(rows.POSITION, 'p')}"
_NAMED: Final = f"""
    {_POSITIONS} FROM unnest(%s::text[], %s::bytea[]) AS k (bot, key) JOIN bots b ON b.id = k.bot
    JOIN positions p ON p.bot = b.no AND (p.id_key = k.key OR p.ref_key = k.key)
"""
_SIDES: Final = f"""
    {_POSITIONS} FROM unnest(%s::text[], %s::text[], %s::text[]) AS k (bot, coin, side)
    JOIN bots b ON b.id = k.bot
    JOIN positions p ON p.bot = b.no AND p.coin = k.coin AND p.side = k.side
    WHERE p.exit_n IS NULL
"""
_MARKS: Final = """
    SELECT k.bot, m.ref, m.n, m.epoch, m.seq, m.recorded, m.time, m.mark
    FROM unnest(%s::text[], %s::bytea[]) AS k (bot, key) JOIN bots b ON b.id = k.bot
    JOIN marks m ON m.bot = b.no AND m.ref_key = k.key
"""
_BUCKETS: Final = f"""
    SELECT k.bot, k.tier, k.bucket, {rows.columns(rows.BUCKET, "r")}
    FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS k (bot, tier, bucket)
    JOIN bots b ON b.id = k.bot
    JOIN rollups r ON r.tier = k.tier AND r.bot = b.no AND r.bucket = k.bucket
"""
_CANDLES: Final = f"""
    SELECT k.bot, c.coin, c.start, {rows.columns(rows.CANDLE, "c")}
    FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS k (bot, coin, start)
    JOIN bots b ON b.id = k.bot
    JOIN candles c ON c.bot = b.no AND c.coin = k.coin AND c.start = k.start
"""
_PARTS: Final = """
    SELECT p.event_id, p.bot_id, p.field, p.place, p.count, p.text
    FROM unnest(%s::text[], %s::text[]) AS k (bot, id)
    JOIN parts p ON p.bot_id = k.bot AND p.event_id = k.id
"""

Fold = Callable[[Any], None]


@dataclass(slots=True)
class Numbers:
    """The small numbers that stand for bots in the tables; `last` is the highest."""

    last: int = 0
    of: dict[str, int] = field(default_factory=dict)


def load(connection: Connection, lock: int, needs: Needs) -> tuple[Loaded, Numbers]:
    """Begin the transaction, wait for our turn, then read.

    The lock lets one append at a time commit, over all servers: so numbers are given in
    the order of commits, and no reader of a higher one can miss a lower one.
    """
    loaded, numbers = Loaded(), Numbers()
    with connection.pipeline():
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        connection.execute(DURABLE)
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_CLASS, lock))
        answers = [
            (connection.execute(query, values), fold)
            for query, values, fold in _questions(needs, loaded, numbers)
            if values is None or values[0]
        ]
        for cursor, fold in answers:
            for row in cursor:
                fold(row)
    return loaded, numbers


def load_payloads(connection: Connection, events: Iterable[Event], loaded: Loaded) -> None:
    """Read what was kept of the events that come again with another digest: few ever do."""
    again = {
        known[0]: event.event_id
        for event in events
        if (known := loaded.known.get(event.event_id)) is not None
        and known[1:3] == (event.bot_id, event.kind)
        and known[3] != digest_of(event)
    }
    if again:
        kept = full_payloads(connection, list(again))
        loaded.payloads.update((again[n], payload) for n, payload in kept.items())


def _questions(
    needs: Needs, loaded: Loaded, numbers: Numbers
) -> list[tuple[str, tuple[list[Any], ...] | None, Fold]]:
    positions: dict[tuple[str, str], None] = {}

    def head(row: rows.Row) -> None:
        loaded.last, numbers.last = row

    def bot(row: rows.Row) -> None:
        numbers.of[row[1]] = row[0]
        loaded.bots[row[1]] = rows.bot_of(row[1:])

    def position(row: rows.Row) -> None:
        if (row[0], row[1]) not in positions:
            positions[row[0], row[1]] = None
            loaded.positions.append(rows.position_of(row[0], row[1:]))

    def part(row: rows.Row) -> None:
        loaded.parts.setdefault((row[1], row[0]), []).append(TextPart(*row))

    executions = _hashed(needs.executions)
    return [
        (_HEAD, None, head),
        (_KNOWN, (list(needs.ids),), lambda row: loaded.known.update({row[0]: tuple(row[1:])})),
        (_BOTS, (list(needs.bots),), bot),
        (_EXECUTIONS, executions,
         lambda row: loaded.executions.update({(row[0], row[1]): rows.executed_of(row[2:])})),
        (_TROUBLED, _turned(needs.executions, 2), lambda row: loaded.troubled.add(tuple(row))),
        (_NAMED, _hashed(needs.named), position),
        (_SIDES, _turned(needs.sides, 3), position),
        (_MARKS, _hashed(needs.marks),
         lambda row: loaded.marks.update({(row[0], row[1]): rows.marked_of(row[2:])})),
        (_BUCKETS, _turned(needs.buckets, 3),
         lambda row: loaded.buckets.update({tuple(row[:3]): rows.bucket_of(row[3:])})),
        (_CANDLES, _turned(((bot, coin, moment(at)) for bot, coin, at in needs.candles), 3),
         lambda row: loaded.candles.update(
             {(row[0], row[1], micros(row[2])): rows.candle_of(row[3:])})),
        (_PARTS, _turned(needs.parts, 2), part),
    ]  # fmt: skip


def _turned(keys: Iterable[tuple[Any, ...]], width: int) -> tuple[list[Any], ...]:
    listed = list(keys)
    return tuple([key[place] for key in listed] for place in range(width))


def _hashed(keys: Iterable[tuple[str, str]]) -> tuple[list[Any], ...]:
    listed = list(keys)
    return [bot for bot, _ in listed], [rows.key_of(text) for _, text in listed]
