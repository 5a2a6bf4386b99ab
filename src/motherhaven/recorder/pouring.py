"""Puts rows that were recorded before into a journal, with their numbers where these are free."""

from collections.abc import Iterable, Mapping, Sequence

import apsw

from motherhaven.contract.errors import ContractError
from motherhaven.contract.jsonio import loads_own
from motherhaven.recorder.digest import INSERT, Row, sealed
from motherhaven.recorder.projection import project
from motherhaven.recorder.schema import LANE_CODES

Refused = tuple[int, str, str, str]


def pour(
    target: apsw.Connection,
    rows: Iterable[Row],
    done: Mapping[int, int] | None = None,
    refused: Sequence[Refused] = (),
) -> int:
    """Add `rows`, ascending, inside the caller's transaction; returns how many were new.

    An event that is there already is left alone. A number or a view's row id that another
    event has is replaced by the next free one. `done` says how far each lane of the
    source was shipped; it counts only for a `target` without events.
    """
    is_empty = target.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None
    lanes = {lane: _last(target, lane) for lane in LANE_CODES.values()}
    settled = dict.fromkeys(lanes, 0)
    numbers: dict[int, int] = {}
    late: list[Row] = []
    count = 0
    for row in rows:
        if _is_there(target, row):
            continue
        if _is_taken(target, row.seq):
            late.append(row)
            continue
        count += 1
        numbers[row.seq] = row.seq
        lanes[row.lane] += 1
        settled[row.lane] += row.lane_seq <= (done or {}).get(row.lane, 0)
        _add(target, row, row.seq, lanes[row.lane])
    for row in late:
        ((last,),) = target.execute("SELECT max(seq) FROM events").fetchall()
        lanes[row.lane] += 1
        count += 1
        _add(target, row, int(str(last)) + 1, lanes[row.lane])
    if is_empty:
        target.executemany("UPDATE lanes SET done = ? WHERE lane = ?",
                           [(number, lane) for lane, number in settled.items()])  # fmt: skip
        target.executemany(
            "INSERT OR IGNORE INTO shipping_exceptions (seq, state, reason, at)"
            " VALUES (?, ?, ?, ?)",
            [one for one in refused if one[0] in numbers],
        )
    return count


def _add(target: apsw.Connection, row: Row, seq: int, lane_seq: int) -> None:
    row_id = None
    try:
        payload = loads_own(row.payload.encode())
        row_id = _project(target, row, seq, payload)
    except (apsw.Error, ContractError, ArithmeticError, TypeError, ValueError, AttributeError):
        row_id = None  # the event is kept even where its view cannot show it
    target.execute(INSERT, sealed(row._replace(seq=seq, lane_seq=lane_seq, row_id=row_id)))


def _project(target: apsw.Connection, row: Row, seq: int, payload: dict[str, object]) -> int | None:
    try:
        return project(target, row.kind, payload, seq, row.recorded_at, row.row_id)
    except apsw.ConstraintError:
        return project(target, row.kind, payload, seq, row.recorded_at, None)


def _last(target: apsw.Connection, lane: int) -> int:
    ((last,),) = target.execute(
        "SELECT coalesce(max(lane_seq), 0) FROM events WHERE lane = ?", (lane,)
    ).fetchall()
    return int(str(last))


def _is_there(target: apsw.Connection, row: Row) -> bool:
    found = target.execute("SELECT 1 FROM events WHERE event_id = ?", (row.event_id,))
    return found.fetchone() is not None


def _is_taken(target: apsw.Connection, seq: int) -> bool:
    return target.execute("SELECT 1 FROM events WHERE seq = ?", (seq,)).fetchone() is not None
