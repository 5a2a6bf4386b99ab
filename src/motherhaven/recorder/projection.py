"""What each event writes into the tables behind the four views."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import apsw

from motherhaven.contract.bulk import RecordedKind, count_of
from motherhaven.contract.events import REPLACED

Payload = Mapping[str, Any]


def old_time(text: object) -> str | None:
    """An RFC 3339 UTC time as the old tables write it: no offset, microseconds."""
    return text.removesuffix("Z") if isinstance(text, str) else None


def created_time(recorded_at: str) -> str:
    """A recording time in the form of SQLite's CURRENT_TIMESTAMP."""
    return recorded_at[:10] + " " + recorded_at[11:19]


def real(value: object) -> float | None:
    """A payload's number (Decimal, int or decimal text) as the REAL of a view."""
    return float(value) if isinstance(value, (Decimal, int, float, str)) else None


def project(
    connection: apsw.Connection,
    kind: RecordedKind,
    payload: Payload,
    seq: int,
    recorded_at: str,
    row_id: int | None = None,
) -> int | None:
    """Write the projection of one event; returns the id of its row, if it has one.

    `row_id` is given when a journal is rebuilt and rows must keep their ids.
    """
    write = _WRITERS.get(kind)
    if write is None:
        return None
    return write(connection, payload, _Row(row_id, seq, created_time(recorded_at)))


class _Row(NamedTuple):
    id: int | None
    seq: int
    created: str


def _decision(connection: apsw.Connection, payload: Payload, row: _Row) -> int:
    connection.execute(
        "INSERT INTO decision_rows (id, seq, timestamp, coin, signal, quantity_usd, leverage,"
        " confidence, profit_target, stop_loss, invalidation_condition,"
        " created_at, execution_status, execution_error, execution_timestamp)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.id,
            row.seq,
            old_time(payload.get("timestamp")),
            payload.get("coin"),
            payload.get("signal"),
            real(payload.get("quantity_usd")),
            real(payload.get("leverage")),
            real(payload.get("confidence")),
            real(payload.get("profit_target")),
            real(payload.get("stop_loss")),
            payload.get("invalidation_condition"),
            row.created,
            payload.get("execution_status", "pending"),
            payload.get("execution_error"),
            payload.get("execution_timestamp"),
        ),
    )
    return connection.last_insert_rowid()


def _execution(connection: apsw.Connection, payload: Payload, row: _Row) -> int | None:
    connection.execute(
        "UPDATE decision_rows SET execution_status = ?, execution_error = ?,"
        " execution_timestamp = ? WHERE id ="
        " (SELECT row_id FROM events WHERE event_id = ? AND kind = 'decision')",
        (
            payload.get("execution_status"),
            payload.get("execution_error"),
            old_time(payload.get("timestamp")),
            payload.get("decision_id"),
        ),
    )
    return None


def _account(connection: apsw.Connection, payload: Payload, row: _Row) -> int:
    connection.execute(
        "INSERT INTO account_rows (id, timestamp, balance_usd, equity_usd, unrealized_pnl,"
        " realized_pnl, total_pnl, sharpe_ratio, num_positions, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.id,
            old_time(payload.get("timestamp")),
            real(payload.get("balance_usd")),
            real(payload.get("equity_usd")),
            real(payload.get("unrealized_pnl")),
            real(payload.get("realized_pnl")),
            real(payload.get("total_pnl")),
            real(payload.get("sharpe_ratio")),
            payload.get("num_positions"),
            row.created,
        ),
    )
    return connection.last_insert_rowid()


def _opened(connection: apsw.Connection, payload: Payload, row: _Row) -> int:
    if payload.get("replaces") is not None:
        changed = connection.execute(
            "UPDATE position_rows SET opened_seq = ?, entry_price = ?, quantity_usd = ?,"
            " leverage = ? WHERE position_id = ? AND status = 'open' RETURNING id",
            (
                row.seq,
                real(payload.get("entry_price")),
                real(payload.get("quantity_usd")),
                real(payload.get("leverage")),
                payload.get("position_id"),
            ),
        ).fetchone()
        if changed:
            return int(changed[0])
    connection.execute(
        "INSERT INTO position_rows (id, opened_seq, position_id, coin, side, entry_time,"
        " entry_price, quantity_usd, leverage, decision_id, status, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
        (
            row.id,
            row.seq,
            *_entry(payload),
            _decision_row(connection, payload.get("decision_id")),
            row.created,
        ),
    )
    return connection.last_insert_rowid()


def _entry(payload: Payload) -> tuple[object, ...]:
    """position_id, coin, side, entry_time, entry_price, quantity_usd and leverage."""
    return (
        payload.get("position_id"),
        payload.get("coin"),
        payload.get("side"),
        old_time(payload.get("entry_time")),
        real(payload.get("entry_price")),
        real(payload.get("quantity_usd")),
        real(payload.get("leverage")),
    )


def _decision_row(connection: apsw.Connection, decision_id: object) -> int | None:
    """The row of a decision named by its event id, or by its row id in an old database."""
    if isinstance(decision_id, int):
        return decision_id
    found = connection.execute(
        "SELECT row_id FROM events WHERE event_id = ? AND kind = 'decision'", (decision_id,)
    ).fetchone()
    return found[0] if found else None


def _closed(connection: apsw.Connection, payload: Payload, row: _Row) -> int | None:
    position_id = payload.get("position_id")
    if payload.get("reason") == REPLACED:
        return None
    connection.execute(
        "INSERT OR IGNORE INTO position_rows (position_id, coin, side, entry_time, entry_price,"
        " quantity_usd, leverage, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?)",
        (*_entry(payload), row.created),
    )
    found = connection.execute(
        "UPDATE position_rows SET closed_seq = ?, exit_time = ?, exit_price = ?,"
        " realized_pnl = ?, status = 'closed' WHERE position_id = ? AND status = 'open'"
        " RETURNING id",
        (
            row.seq,
            old_time(payload.get("exit_time")),
            real(payload.get("exit_price")),
            real(payload.get("realized_pnl")),
            position_id,
        ),
    ).fetchone()
    return found[0] if found else None


def _status(connection: apsw.Connection, payload: Payload, row: _Row) -> int:
    connection.execute(
        "INSERT INTO status_rows (id, timestamp, status, message, error, created_at,"
        " trades_today, pnl_today) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.id,
            old_time(payload.get("timestamp")),
            payload.get("status"),
            payload.get("message"),
            payload.get("error"),
            row.created,
            payload.get("trades_today"),
            real(payload.get("pnl_today")),
        ),
    )
    return connection.last_insert_rowid()


def _decisions(connection: apsw.Connection, payload: Payload, row: _Row) -> int:
    row_id = _last_of_bulk(connection, "decision_rows", payload, row)
    connection.execute(
        "INSERT INTO decision_rows (id, seq, timestamp, coin, signal, created_at, bulk)"
        " VALUES (?, ?, '', '', '', ?, ?)",
        (row_id, row.seq, row.created, row.seq),
    )
    return row_id


def _accounts(connection: apsw.Connection, payload: Payload, row: _Row) -> int:
    row_id = _last_of_bulk(connection, "account_rows", payload, row)
    connection.execute(
        "INSERT INTO account_rows (id, timestamp, created_at, bulk) VALUES (?, '', ?, ?)",
        (row_id, row.created, row.seq),
    )
    return row_id


def _statuses(connection: apsw.Connection, payload: Payload, row: _Row) -> int:
    row_id = _last_of_bulk(connection, "status_rows", payload, row)
    connection.execute(
        "INSERT INTO status_rows (id, timestamp, status, created_at, bulk)"
        " VALUES (?, '', '', ?, ?)",
        (row_id, row.created, row.seq),
    )
    return row_id


def _last_of_bulk(connection: apsw.Connection, table: str, payload: Payload, row: _Row) -> int:
    """The id of a bulk record's row: the last of as many ids as it has events."""
    count = count_of(payload)
    if row.id is not None:
        taken = connection.execute(
            f"SELECT 1 FROM {table} WHERE id > ? AND id <= ?",  # noqa: S608  (our own names)
            (row.id - count, row.id),
        )
        if taken.fetchone() is not None:
            raise apsw.ConstraintError(f"{table}: the rows up to {row.id} are taken")
        return row.id
    ((last,),) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608
    return int(str(last)) + count


_Writer = Callable[[apsw.Connection, Payload, _Row], int | None]

_WRITERS: Final[dict[RecordedKind, _Writer]] = {
    "decision": _decision,
    "execution": _execution,
    "account": _account,
    "position_opened": _opened,
    "position_closed": _closed,
    "status": _status,
    "decisions": _decisions,
    "accounts": _accounts,
    "statuses": _statuses,
}

PROJECTED: Final = frozenset(_WRITERS)
"""Kinds that are seen in a view."""
