"""One transaction in the making: the Work of the projections, over SQL.

Rows are read once and written once, at `flush`; positions are written at once, since
the next event may have to find them. Every read is inside the write transaction, so
that several processes may share the file.
"""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import apsw

from motherhaven.contract.events import Event, TextPart
from motherhaven.stores.records import Prepared, Record, restore
from motherhaven.stores.sqlite import rows, texts
from motherhaven.stores.states import (
    ERROR_KINDS,
    BotState,
    Bucket,
    CandleState,
    DecisionState,
    ErrorState,
    Executed,
    Marked,
    PositionState,
    PostingState,
)

_KNOWN: Final = """
    SELECT e.event_id, e.n, b.id, e.kind, e.sha256 FROM events e JOIN bots b ON b.no = e.bot
    WHERE e.event_id IN (SELECT value FROM json_each(?))
"""
_TROUBLED: Final = f"""
    SELECT 1 FROM events e JOIN errors r
    ON r.no BETWEEN e.n * {len(ERROR_KINDS)} AND e.n * {len(ERROR_KINDS)} + {len(ERROR_KINDS) - 1}
    WHERE e.event_id = ? AND e.bot = ? AND e.kind = 'decision' LIMIT 1
"""
_PARTS: Final = """
    SELECT field, place, count, text FROM parts WHERE bot_id = ? AND event_id = ?
"""


def _insert(table: str, columns: str, *, replace: bool = False) -> str:
    marks = ", ".join("?" * len(columns.split(",")))
    verb = "REPLACE" if replace else "INSERT"
    return f"{verb} INTO {table} ({columns}) VALUES ({marks})"


_EVENT: Final = _insert(
    "events",
    "n, event_id, sha256, bot, bot_name, mode, kind, epoch, seq, time, recorded, received, payload",
)
_DECISION: Final = _insert("decisions", "bot, time, epoch, seq, n, coin, signal, allowed")
_POSTING: Final = _insert("postings", "bot, position_id, time, epoch, seq, n")
_ERROR: Final = _insert("errors", "no, bot, kind, event_id, time, epoch, seq, message, decision_id")
_BOT: Final = _insert("bots", f"no, {rows.BOT}", replace=True)
_EXECUTION: Final = _insert(
    "executions", "bot, decision_id, n, epoch, seq, recorded, execution", replace=True
)
_POSITION: Final = (
    _insert("positions", rows.POSITION_COLUMNS)
    + " ON CONFLICT (bot, id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in rows.POSITION_COLUMNS.split(", "))
)
_MARK: Final = _insert("marks", "bot, ref, n, epoch, seq, recorded, time, mark", replace=True)
_BUCKET: Final = _insert(
    "rollups", "tier, bot, bucket, time, epoch, seq, n, last, low, high", replace=True
)
_CANDLE_COLUMNS: Final = "n, epoch, seq, recorded, interval, open, high, low, close, volume"
_CANDLE: Final = _insert("candles", f"bot, coin, start, {_CANDLE_COLUMNS}", replace=True)


class SqliteWork:
    """The Work of one write transaction on `connection`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._last = self._number("SELECT max(n) FROM events")
        self._kept: dict[str, tuple[Record, Prepared]] = {}
        self._numbers: dict[str, int] = {}
        self._bots: dict[str, BotState] = {}
        self._decisions: list[tuple[Any, ...]] = []
        self._executions: dict[tuple[int, str], Executed] = {}
        self._marks: dict[tuple[int, str], Marked] = {}
        self._buckets: dict[tuple[int, int, int], Bucket] = {}
        self._errors: list[tuple[Any, ...]] = []
        self._postings: list[tuple[Any, ...]] = []
        self._candles: dict[tuple[int, str, int], CandleState] = {}

    @property
    def connection(self) -> apsw.Connection:
        """The connection, inside its write transaction."""
        return self._connection

    @property
    def last(self) -> int:
        """The newest commit number, this transaction's included."""
        return self._last

    def known(self, events: Sequence[Event]) -> dict[str, tuple[int, str, str, bytes]]:
        """Of these ids the ones kept before: (n, bot id, kind, digest) of each."""
        ids = [event.event_id for event in events]
        found = {row[0]: row[1:] for row in self._connection.execute(_KNOWN, (json.dumps(ids),))}
        for event_id in ids:
            if event_id in self._kept:
                record, prepared = self._kept[event_id]
                found[event_id] = (record.n, record.bot_id, record.kind, prepared.digest)
        return found

    def payload(self, n: int, event_id: str) -> bytes | None:
        """The whole payload of a known event; None if retention took it."""
        if event_id in self._kept:
            prepared = self._kept[event_id][1]
            return restore(prepared.lean, prepared.texts)
        found = self._connection.execute(
            "SELECT CAST(payload AS BLOB) FROM events WHERE n = ? AND n > "
            "(SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'floor')",
            (n,),
        ).fetchone()
        return None if found is None else restore(found[0], texts.read_texts(self._connection, n))

    def parts(self, event: Event) -> Iterable[TextPart]:
        """The parts kept for an event whose long texts travel apart."""
        if event.parts is None:
            return ()
        key = (event.bot_id, event.event_id)
        found: list[tuple[Any, ...]] = self._connection.execute(_PARTS, key).fetchall()
        return [TextPart(event.event_id, event.bot_id, *row) for row in found]

    def keep(self, prepared: Prepared) -> Record:
        """Give the event the next number and keep it."""
        self._last += 1
        record = prepared.record(self._last)
        self._kept[record.event_id] = (record, prepared)
        return record

    def bot(self, bot_id: str) -> BotState | None:
        state = self._bots.get(bot_id)
        if state is None:
            found = self._connection.execute(
                f"SELECT no, {rows.BOT} FROM bots WHERE id = ?", (bot_id,)
            ).fetchone()
            if found is not None:
                self._numbers[bot_id] = found[0]
                self._bots[bot_id] = state = rows.bot_of(found[1:])
        return state

    def add_bot(self, state: BotState) -> None:
        newest = self._number("SELECT max(no) FROM bots")
        self._numbers[state.id] = max(newest, *self._numbers.values(), 0) + 1
        self._bots[state.id] = state

    def add_decision(self, state: DecisionState) -> None:
        bot_id, key, *told = state
        self._decisions.append((self._numbers[bot_id], *key, *told))

    def add_posting(self, state: PostingState) -> None:
        self._postings.append((self._numbers[state.bot_id], state.position_id, *state.key))

    def candle(self, bot_id: str, coin: str, start: int) -> CandleState | None:
        key = (self._numbers[bot_id], coin, start)
        if key not in self._candles:
            found = self._connection.execute(
                f"SELECT {_CANDLE_COLUMNS} FROM candles WHERE bot = ? AND coin = ? AND start = ?",
                key,
            ).fetchone()
            if found is None:
                return None
            self._candles[key] = rows.candle_of(found)
        return self._candles[key]

    def put_candle(self, bot_id: str, coin: str, start: int, candle: CandleState) -> None:
        self._candles[self._numbers[bot_id], coin, start] = candle

    def execution(self, bot_id: str, decision_id: str) -> Executed | None:
        key = (self._numbers[bot_id], decision_id)
        if key not in self._executions:
            found = self._connection.execute(
                "SELECT n, epoch, seq, recorded, execution FROM executions "
                "WHERE bot = ? AND decision_id = ?",
                key,
            ).fetchone()
            if found is None:
                return None
            self._executions[key] = rows.executed_of(found)
        return self._executions[key]

    def put_execution(self, bot_id: str, decision_id: str, executed: Executed) -> None:
        self._executions[self._numbers[bot_id], decision_id] = executed

    def open_positions(self, bot_id: str, coin: str, side: str) -> list[PositionState]:
        return self._positions(
            bot_id, "p.coin = ? AND p.side = ? AND p.exit_n IS NULL", (coin, side)
        )

    def positions_of(self, bot_id: str, ref: str) -> list[PositionState]:
        own = self._positions(bot_id, "p.id = ?", (ref,))
        named = self._positions(bot_id, "p.ref = ?", (ref,))
        return own + [state for state in named if state.id != ref]

    def _positions(self, bot_id: str, where: str, values: tuple[str, ...]) -> list[PositionState]:
        found = self._connection.execute(
            f"SELECT {rows.POSITION} FROM positions p WHERE p.bot = ? AND {where}",
            (self._numbers[bot_id], *values),
        ).fetchall()
        return [rows.position_of(bot_id, row) for row in found]

    def put_position(self, state: PositionState) -> None:
        values = (self._numbers[state.bot_id], *rows.position_values(state))
        self._connection.execute(_POSITION, values)

    def mark(self, bot_id: str, ref: str) -> Marked | None:
        key = (self._numbers[bot_id], ref)
        if key not in self._marks:
            found = self._connection.execute(
                "SELECT n, epoch, seq, recorded, time, mark FROM marks WHERE bot = ? AND ref = ?",
                key,
            ).fetchone()
            if found is None:
                return None
            self._marks[key] = rows.marked_of(found)
        return self._marks[key]

    def put_mark(self, bot_id: str, ref: str, marked: Marked) -> None:
        self._marks[self._numbers[bot_id], ref] = marked

    def bucket(self, bot_id: str, tier: int, number: int) -> Bucket | None:
        key = (tier, self._numbers[bot_id], number)
        bucket = self._buckets.get(key)
        if bucket is None:
            found = self._connection.execute(
                "SELECT time, epoch, seq, n, last, low, high FROM rollups "
                "WHERE tier = ? AND bot = ? AND bucket = ?",
                key,
            ).fetchone()
            if found is not None:
                self._buckets[key] = bucket = rows.bucket_of(found)
        return bucket

    def add_bucket(self, bot_id: str, tier: int, number: int, bucket: Bucket) -> None:
        self._buckets[tier, self._numbers[bot_id], number] = bucket

    def troubled(self, bot_id: str, decision_id: str) -> bool:
        if decision_id in self._kept:
            kept = self._kept[decision_id][0]
            own = (kept.bot_id, kept.kind) == (bot_id, "decision")
            return own and any(row[0] // len(ERROR_KINDS) == kept.n for row in self._errors)
        found = self._connection.execute(_TROUBLED, (decision_id, self._numbers[bot_id])).get
        return found is not None

    def add_error(self, state: ErrorState) -> None:
        time, epoch, seq, number = state.key
        self._errors.append(
            (number, self._numbers[state.bot_id], state.kind, state.event_id, time, epoch, seq,
             state.message, state.decision_id)
        )  # fmt: skip

    def flush(self) -> None:
        """Write every row; the caller commits."""
        write = self._connection.executemany
        kept = self._kept.values()
        write(_BOT, [(self._numbers[i], *rows.bot_values(b)) for i, b in self._bots.items()])
        write(_EVENT, [self._event_values(record, prepared) for record, prepared in kept])
        write("INSERT INTO texts VALUES (?, ?)", [
            row for record, prepared in kept for row in texts.chunk_rows(record.n, prepared.texts)
        ])  # fmt: skip
        write("DELETE FROM parts WHERE bot_id = ? AND event_id = ?", [
            (p.event.bot_id, p.event.event_id) for _, p in kept if p.event.parts is not None
        ])  # fmt: skip
        write(_DECISION, self._decisions)
        write(_EXECUTION, [
            (*key, *executed.at, executed.execution.model_dump_json())
            for key, executed in self._executions.items()
        ])  # fmt: skip
        write(_MARK, [
            (*key, *marked.at, marked.time, marked.mark.model_dump_json(exclude_unset=True))
            for key, marked in self._marks.items()
        ])  # fmt: skip
        write(_BUCKET, [(*k, *rows.bucket_values(b)) for k, b in self._buckets.items()])
        write(_ERROR, self._errors)
        write(_POSTING, self._postings)
        write(_CANDLE, [(*key, *rows.candle_values(c)) for key, c in self._candles.items()])

    def _event_values(self, record: Record, prepared: Prepared) -> tuple[Any, ...]:
        return (
            record.n, record.event_id, prepared.digest, self._numbers[record.bot_id],
            record.bot_name, record.mode, record.kind, record.epoch, record.seq, record.time,
            record.recorded, record.received, record.payload.decode(),
        )  # fmt: skip

    def _number(self, query: str) -> int:
        value = self._connection.execute(query).get
        return value if isinstance(value, int) else 0
