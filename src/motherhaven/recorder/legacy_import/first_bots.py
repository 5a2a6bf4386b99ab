"""Takes a database of the first bots over into a journal, losing nothing.

Runs inside the caller's transaction: after a kill at any statement the file is either
the old database, whole, or the journal, whole. The old tables stay as `old_*`; their
rows become events of the bot `default`, to which what the old client posted belongs,
and are not shipped again.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import apsw

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import LANES, Kind, Mode
from motherhaven.contract.ids import DEFAULT_BOT, IdSource
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.times import format_time, parse_time
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder import digest
from motherhaven.recorder.payload import clean, encode
from motherhaven.recorder.schema import LANE_CODES, OLD_TABLES
from motherhaven.recorder.text import clean_text

Row = Mapping[str, Any]

_COPIED: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "decisions": (
        "decision_rows",
        ("id", "timestamp", "coin", "signal", "quantity_usd", "leverage", "confidence",
         "profit_target", "stop_loss", "invalidation_condition", "created_at",
         "execution_status", "execution_error", "execution_timestamp"),
    ),
    "positions": (
        "position_rows",
        ("id", "position_id", "coin", "side", "entry_time", "entry_price", "quantity_usd",
         "leverage", "decision_id", "exit_time", "exit_price", "realized_pnl", "status",
         "created_at"),
    ),
    "account_state": (
        "account_rows",
        ("id", "timestamp", "balance_usd", "equity_usd", "unrealized_pnl", "realized_pnl",
         "total_pnl", "sharpe_ratio", "num_positions", "created_at"),
    ),
    "bot_status": (
        "status_rows",
        ("id", "timestamp", "status", "message", "error", "created_at", "trades_today",
         "pnl_today"),
    ),
}  # fmt: skip


def old_tables(connection: apsw.Connection) -> list[str]:
    """Names of the old tables that the file holds."""
    return [
        name
        for name in OLD_TABLES
        if connection.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
        ).fetchone()
    ]


def set_old_tables_aside(connection: apsw.Connection, names: list[str]) -> None:
    """Rename the old tables to `old_*`, inside the caller's transaction.

    A user's own views go on naming the plain tables, which become ours.
    """
    for name in names:
        connection.execute(f'ALTER TABLE "{name}" RENAME TO "old_{name}"')


def import_old_tables(
    connection: apsw.Connection, names: list[str], ids: IdSource, now: datetime, mode: Mode
) -> int:
    """Copy every row of `old_*` into the projections and as an event; returns how many."""
    importer = _Importer(connection, ids, now, mode)
    for name in names:
        importer.table(name)
    connection.execute(
        "UPDATE lanes SET done = coalesce("
        "(SELECT max(lane_seq) FROM events WHERE events.lane = lanes.lane), 0)"
    )
    return importer.seq


class _Importer:
    def __init__(
        self, connection: apsw.Connection, ids: IdSource, now: datetime, mode: Mode
    ) -> None:
        self._connection = connection
        self._ids = ids
        self._now = now
        self._mode = mode
        self._lane_seq = dict.fromkeys(LANE_CODES, 0)
        self.seq = 0

    def table(self, name: str) -> None:
        """Copy one table; columns that it lacks become NULL."""
        target, columns = _COPIED[name]
        have = {row[1] for row in self._connection.execute(f'PRAGMA table_info("old_{name}")')}
        shared = [column for column in columns if column in have]
        events = _EVENTS[name]
        cursor = self._connection.execute(f'SELECT * FROM "old_{name}" ORDER BY rowid')  # noqa: S608  # a fixed name
        description = [column[0] for column in cursor.get_description()] if have else []
        for values in cursor:
            row = dict(zip(description, values, strict=True))
            seqs = [self._event(kind, time, payload, row) for kind, time, payload in events(row)]
            self._copy(target, shared, row, seqs)

    def _copy(self, target: str, columns: list[str], row: Row, seqs: list[int]) -> None:
        values = {column: row[column] for column in columns}
        if not values.get("created_at"):
            values["created_at"] = self._now.strftime("%Y-%m-%d %H:%M:%S")
        if target == "decision_rows":
            values["seq"] = seqs[0]
        if target == "position_rows":
            values["opened_seq"] = seqs[0]
            values["closed_seq"] = seqs[1] if len(seqs) > 1 else None
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        self._connection.execute(
            f"INSERT INTO {target} ({names}) VALUES ({marks})",  # noqa: S608  # fixed names
            tuple(values.values()),
        )

    def _event(self, kind: Kind, time: object, payload: Row, row: Row) -> int:
        lane = LANES[kind]
        self._lane_seq[lane] += 1
        self.seq += 1
        moment = format_time(_moment(time, self._now))
        data = _json({**payload, _TIME_FIELDS.get(kind, "timestamp"): moment})
        event = digest.Row(
            self.seq, self._ids.new(), DEFAULT_BOT, self._mode, 0, kind, LANE_CODES[lane],
            self._lane_seq[lane], row.get("id"), moment,
            format_time(_moment(row.get("created_at"), self._now)),
            payload_sha256(data), data.decode(), None,
        )  # fmt: skip
        self._connection.execute(digest.INSERT, digest.sealed(event))
        return self.seq


def _moment(value: object, now: datetime) -> datetime:
    """An old time: UTC without an offset; `now` when there is none that can be read."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return now if moment is None else parse_time(moment, now)
    except ContractError:
        return now


def _json(payload: Row) -> bytes:
    """Old values as canonical JSON; what JSON cannot hold (NaN, bytes) as text."""
    try:
        return encode(clean(payload))
    except ContractError:
        return dumps({key: _plain(value) for key, value in payload.items()})


def _plain(value: object) -> object:
    if isinstance(value, (int, type(None))):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return clean_text(str(value))


def _number(value: object) -> object:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _without_none(row: Row, *, drop: tuple[str, ...]) -> dict[str, Any]:
    return {k: _number(v) for k, v in row.items() if v is not None and k not in drop}


_Events = Iterator[tuple[Kind, object, Row]]


def _decision_events(row: Row) -> _Events:
    yield "decision", row.get("timestamp"), _without_none(row, drop=("id", "created_at"))


def _position_events(row: Row) -> _Events:
    leaving = ("id", "created_at", "exit_time", "exit_price", "realized_pnl")
    opened = _without_none(row, drop=leaving)
    yield "position_opened", row.get("entry_time"), {**opened, "status": "open"}
    if row.get("status") == "closed":
        closed = _without_none(row, drop=("id", "created_at"))
        yield "position_closed", row.get("exit_time"), closed


def _account_events(row: Row) -> _Events:
    yield "account", row.get("timestamp"), _without_none(row, drop=("id", "created_at"))


def _status_events(row: Row) -> _Events:
    yield "status", row.get("timestamp"), _without_none(row, drop=("id", "created_at"))


_EVENTS: Final[dict[str, Callable[[Row], _Events]]] = {
    "decisions": _decision_events,
    "positions": _position_events,
    "account_state": _account_events,
    "bot_status": _status_events,
}

_TIME_FIELDS: Final[dict[Kind, str]] = {
    "position_opened": "entry_time",
    "position_closed": "exit_time",
}
