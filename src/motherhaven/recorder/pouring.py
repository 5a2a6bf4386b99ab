"""Puts rows that were recorded before into a journal, with their numbers where these are free."""

from collections.abc import Iterable, Mapping, Sequence

import apsw

from motherhaven.contract.errors import ContractError
from motherhaven.contract.jsonio import loads_own
from motherhaven.recorder.bulk_rows import count_in
from motherhaven.recorder.digest import INSERT, SELECT, Row, intact, sealed
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
        held = _held(row)
        if _is_taken(target, row.seq, held):
            late.append(row)
            continue
        count += held
        numbers.update(dict.fromkeys(range(row.seq - held + 1, row.seq + 1), row.seq))
        lanes[row.lane] += held
        shipped = (done or {}).get(row.lane, 0) - (row.lane_seq - held)
        settled[row.lane] += min(held, max(0, shipped))
        _add(target, row, row.seq, lanes[row.lane])
    for row in late:
        ((last,),) = target.execute("SELECT max(seq) FROM events").fetchall()
        held = _held(row)
        lanes[row.lane] += held
        count += held
        _add(target, row, int(str(last)) + held, lanes[row.lane])
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


def _held(row: Row) -> int:
    """How many events a row has; one that cannot be read counts as a single one."""
    try:
        return count_in(row)
    except ContractError:
        return 1


def _is_taken(target: apsw.Connection, seq: int, held: int) -> bool:
    """Whether one of the numbers up to `seq` is another event's."""
    found = target.execute(f"{SELECT} WHERE seq > ? ORDER BY seq LIMIT 1", (seq - held,)).fetchone()
    if found is None:
        return False
    row = intact(found)
    # The next row, if it is a bulk record, has numbers before its own as well.
    first = int(str(found[0])) - (1 if row is None else _held(row)) + 1
    return first <= seq
