"""The second half of an append: every row that changed, a table at a time."""

from collections.abc import Iterator
from typing import Any, Final

from motherhaven.stores.loaded import Changes
from motherhaven.stores.records import Prepared, Record
from motherhaven.stores.relational import tables
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.load import Numbers
from motherhaven.stores.relational.tables import Table
from motherhaven.stores.relational.texts import chunk_rows

_USED_PARTS: Final = "DELETE FROM parts WHERE bot_id = ? AND event_id = ?"

Rows = list[tuple[Any, ...]]


def flush(session: Session, changes: Changes, numbers: Numbers) -> None:
    """Write the changes; new bots get their numbers. The caller commits."""
    for bot_id in changes.bots:
        if bot_id not in numbers.of:
            numbers.last += 1
            numbers.of[bot_id] = numbers.last
    for table, rows in _written(session.dialect, changes, numbers.of):
        if rows:
            session.write(table, rows)
    used = [(r.bot_id, r.event_id) for r, p in changes.kept if p.event.parts is not None]
    if used:
        session.many(_USED_PARTS, used)


def _written(d: Dialect, changes: Changes, no: dict[str, int]) -> Iterator[tuple[Table, Rows]]:
    rows, kept = d.written, changes.kept
    yield d.bots, [(no[bot_id], *rows.bot_values(b)) for bot_id, b in changes.bots.items()]
    yield tables.EVENTS, [_event(d, record, prepared, no) for record, prepared in kept]
    yield tables.TEXTS, [row for r, p in kept if p.texts for row in chunk_rows(r.n, p.texts)]
    yield (
        tables.DECISIONS,
        [
            (no[s.bot_id], *rows.key_values(s.key), s.coin, s.signal, s.allowed)
            for s in changes.decisions
        ],
    )
    yield tables.EXECUTIONS, [
        (no[bot_id], decision_id, *rows.pointer_values(x.at), x.execution.status,
         x.execution.model_dump_json())
        for (bot_id, decision_id), x in changes.executions.items()
    ]  # fmt: skip
    yield (
        tables.POSITIONS,
        [(no[bot_id], *rows.position_values(s)) for (bot_id, _), s in changes.positions.items()],
    )
    yield (
        tables.MARKS,
        [(no[bot_id], ref, *rows.marked_values(m)) for (bot_id, ref), m in changes.marks.items()],
    )
    yield (
        tables.POSTINGS,
        [(no[p.bot_id], p.position_id, p.kind, *rows.key_values(p.key)) for p in changes.postings],
    )
    yield (
        tables.CANDLES,
        [
            (no[bot_id], coin, rows.at(start), *rows.candle_values(candle))
            for (bot_id, coin, start), candle in changes.candles.items()
        ],
    )
    yield (
        tables.ROLLUPS,
        [
            (tier, no[bot_id], number, *rows.bucket_values(bucket))
            for (bot_id, tier, number), bucket in changes.buckets.items()
        ],
    )
    yield tables.ERRORS, [
        (e.key.n, no[e.bot_id], e.kind, e.event_id, *rows.key_values(e.key)[:3], e.message,
         e.decision_id, rows.at(e.at), e.code)
        for e in changes.errors
    ]  # fmt: skip


def _event(d: Dialect, r: Record, prepared: Prepared, no: dict[str, int]) -> tuple[Any, ...]:
    at = d.written.at
    return (
        r.n, r.event_id, prepared.digest, no[r.bot_id], r.bot_name, r.mode, r.kind, r.epoch,
        r.seq, at(r.time), at(r.recorded), at(r.received), r.payload.decode(),
    )  # fmt: skip
