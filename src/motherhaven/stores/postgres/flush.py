"""The second half of an append: everything that changed, and the commit, in one round trip."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Iterable
from typing import Any, Final

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.keys import moment
from motherhaven.stores.loaded import Changes
from motherhaven.stores.postgres import rows
from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.postgres.load import Numbers
from motherhaven.stores.postgres.texts import chunk_rows
from motherhaven.stores.records import Record

_ORDER: Final = {"n": "bigint", "epoch": "bigint", "seq": "bigint"}


def _insert(table: str, types: dict[str, str], key: str = "") -> str:
    """INSERT of one array for each column; with `key`, rows of the same key are replaced."""
    names = ", ".join(types)
    arrays = ", ".join(f"%b::{kind}[]" for kind in types.values())
    query = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})"
    if key:
        own = [name for name in types if name not in key.split(", ")]
        query += f" ON CONFLICT ({key}) DO UPDATE SET "
        query += ", ".join(f"{name} = excluded.{name}" for name in own)
    return query


_EVENT: Final = _insert("events", {
    "n": "bigint", "event_id": "text", "sha256": "bytea", "bot": "int", "bot_name": "text",
    "mode": "text", "kind": "text", "epoch": "bigint", "seq": "bigint", "time": "timestamptz",
    "recorded": "timestamptz", "received": "timestamptz", "payload": "text",
})  # fmt: skip
_TEXT: Final = _insert(
    "texts", {"n": "bigint", "field": "smallint", "chunk": "int", "text": "text"}
)
_BOT: Final = _insert("bots", {"no": "int"} | rows.BOT, "no")
_DECISION: Final = _insert("decisions", {
    "bot": "int", "coin": "text", "signal": "text", "allowed": "boolean", "time": "timestamptz",
    "epoch": "bigint", "seq": "bigint", "n": "bigint",
})  # fmt: skip
_EXECUTION: Final = _insert("executions", {
    "bot": "int", "decision_key": "bytea", "decision_id": "text", **_ORDER,
    "recorded": "timestamptz", "status": "text", "execution": "text",
}, "bot, decision_key")  # fmt: skip
_POSITION: Final = _insert(
    "positions",
    {"bot": "int", "id_key": "bytea", "ref_key": "bytea", "entry_decision_key": "bytea"}
    | rows.POSITION,
    "bot, id_key",
)
_POSTING: Final = _insert("postings", {
    "bot": "int", "ref_key": "bytea", "kind": "text", "time": "timestamptz", "epoch": "bigint",
    "seq": "bigint", "n": "bigint",
})  # fmt: skip
_CANDLE: Final = _insert(
    "candles", {"bot": "int", "coin": "text", "start": "timestamptz"} | rows.CANDLE,
    "bot, coin, start",
)  # fmt: skip
_MARK: Final = _insert("marks", {
    "bot": "int", "ref_key": "bytea", "ref": "text", **_ORDER, "recorded": "timestamptz",
    "time": "timestamptz", "mark": "text",
}, "bot, ref_key")  # fmt: skip
_BUCKET: Final = _insert(
    "rollups", {"tier": "int", "bot": "int", "bucket": "bigint"} | rows.BUCKET, "tier, bot, bucket"
)
_ERROR: Final = _insert("errors", {
    "no": "bigint", "bot": "int", "kind": "text", "event_id": "text", "time": "timestamptz",
    "epoch": "bigint", "seq": "bigint", "message": "text", "decision_id": "text",
})  # fmt: skip
_USED_PARTS: Final = """
    DELETE FROM parts p USING unnest(%b::text[], %b::text[]) AS k (bot, id)
    WHERE p.bot_id = k.bot AND p.event_id = k.id
"""

Rows = Iterable[tuple[Any, ...]]


def flush(connection: Connection, changes: Changes, numbers: Numbers, channel: str) -> None:
    """Write the changes, tell the other servers, and commit.

    Raises:
        psycopg.Error: not kept; but if the connection is lost, nobody knows.
    """
    for bot_id in changes.bots:
        if bot_id not in numbers.of:
            numbers.last += 1
            numbers.of[bot_id] = numbers.last
    with connection.pipeline():
        for query, table in _tables(changes, numbers.of):
            arrays = [list(column) for column in zip(*table, strict=True)]
            if arrays:
                connection.execute(query, arrays)
        if changes.kept:
            connection.execute("SELECT pg_notify(%s, '')", (channel,))
        committed = connection.execute("COMMIT")
    if committed.statusmessage != "COMMIT":
        raise StoreUnavailable(f"COMMIT answered {committed.statusmessage}; nothing was kept")


def _tables(changes: Changes, numbers: dict[str, int]) -> list[tuple[str, Rows]]:
    kept = changes.kept
    used = [(r.bot_id, r.event_id) for r, p in kept if p.event.parts is not None]
    return [
        (_BOT, [(numbers[bot_id], *rows.bot_values(b)) for bot_id, b in changes.bots.items()]),
        (_EVENT, [_event_values(r, p.digest, numbers) for r, p in kept]),
        (_TEXT, [row for r, p in kept for row in chunk_rows(r.n, p.texts)]),
        (_USED_PARTS, used),
        (_DECISION, [
            (numbers[d.bot_id], d.coin, d.signal, d.allowed, *rows.key_values(d.key))
            for d in changes.decisions
        ]),
        (_EXECUTION, [
            (numbers[bot_id], rows.key_of(decision_id), decision_id,
             *rows.pointer_values(x.at), x.execution.status, x.execution.model_dump_json())
            for (bot_id, decision_id), x in changes.executions.items()
        ]),
        (_POSITION, [
            (numbers[bot_id], rows.key_of(state.id), _key_or_none(state.ref),
             _key_or_none(state.entry_decision_id), *rows.position_values(state))
            for (bot_id, _), state in changes.positions.items()
        ]),
        (_MARK, [
            (numbers[bot_id], rows.key_of(ref), ref, *rows.pointer_values(m.at),
             moment(m.time), m.mark.model_dump_json(exclude_unset=True))
            for (bot_id, ref), m in changes.marks.items()
        ]),
        (_POSTING, [
            (numbers[p.bot_id], rows.key_of(p.position_id), p.kind, *rows.key_values(p.key))
            for p in changes.postings
        ]),
        (_CANDLE, [
            (numbers[bot_id], coin, moment(start), *rows.candle_values(candle))
            for (bot_id, coin, start), candle in changes.candles.items()
        ]),
        (_BUCKET, [
            (tier, numbers[bot_id], number, *rows.key_values(b.at), b.last, b.low, b.high)
            for (bot_id, tier, number), b in changes.buckets.items()
        ]),
        (_ERROR, [
            (e.key.n, numbers[e.bot_id], e.kind, e.event_id, moment(e.key.time), e.key.epoch,
             e.key.seq, e.message, e.decision_id)
            for e in changes.errors
        ]),
    ]  # fmt: skip


def _key_or_none(text: str | None) -> bytes | None:
    return None if text is None else rows.key_of(text)


def _event_values(record: Record, digest: bytes, numbers: dict[str, int]) -> tuple[Any, ...]:
    return (
        record.n, record.event_id, digest, numbers[record.bot_id], record.bot_name, record.mode,
        record.kind, record.epoch, record.seq, moment(record.time), moment(record.recorded),
        moment(record.received), record.payload.decode(),
    )  # fmt: skip
