"""One transaction of the journal, seen from inside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import apsw

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import LANES, Kind, Mode
from motherhaven.contract.times import format_time
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder.database import Identity
from motherhaven.recorder.projection import project
from motherhaven.recorder.schema import LANE_CODES

_PROBE_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """An event ready to be written: `data` is the canonical JSON of `payload`."""

    event_id: str
    kind: Kind
    mode: Mode
    time: datetime
    recorded_at: datetime
    payload: dict[str, Any]
    data: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that is kept: its place, its id, and its row in the view of its kind."""

    seq: int
    event_id: str
    row_id: int | None


class Writer:
    """Adds events inside a transaction that the journal began."""

    def __init__(self, connection: apsw.Connection, identity: Identity) -> None:
        self._connection = connection
        self._identity = identity
        self.added: list[Recorded] = []

    def add(self, entry: Entry) -> Recorded:
        """Add one event and its projection; the same event again changes nothing.

        Raises:
            InvalidEvent: the id was used before for another payload, or the position id
                for another position.
        """
        known = self._known(entry)
        if known is not None:
            return known
        lane = LANE_CODES[LANES[entry.kind]]
        ((seq, lane_seq),) = self._connection.execute(
            "SELECT coalesce((SELECT max(seq) FROM events), 0) + 1,"
            " coalesce((SELECT max(lane_seq) FROM events WHERE lane = ?), 0) + 1",
            (lane,),
        )
        recorded_at = format_time(entry.recorded_at)
        row_id = self._project(entry, seq, recorded_at)
        self._connection.execute(
            "INSERT INTO events (seq, event_id, bot_id, mode, epoch, kind, lane, lane_seq,"
            " row_id, time, recorded_at, sha256, payload)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq, entry.event_id, self._identity.bot_id, entry.mode, self._identity.epoch,
                entry.kind, lane, lane_seq, row_id, format_time(entry.time), recorded_at,
                payload_sha256(entry.data), entry.data.decode(),
            ),
        )  # fmt: skip
        recorded = Recorded(seq, entry.event_id, row_id)
        self.added.append(recorded)
        return recorded

    def opening(self, position_id: str) -> tuple[str, str] | None:
        """Payload (JSON) and entry time of the open position with this id, if there is one."""
        row = self._connection.execute(
            "SELECT e.payload, e.time FROM position_rows AS p"
            " JOIN events AS e ON e.seq = p.opened_seq"
            " WHERE p.position_id = ? AND p.status = 'open'",
            (position_id,),
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def decision_event(self, row_id: int) -> str | None:
        """The event id of the decision whose row has this id."""
        row = self._connection.execute(
            "SELECT e.event_id FROM decision_rows AS d JOIN events AS e ON e.seq = d.seq"
            " WHERE d.id = ?",
            (row_id,),
        ).fetchone()
        return None if row is None else str(row[0])

    def probe(self, now: datetime) -> None:
        """Write as much as a large event, to learn whether the disk takes it."""
        text = format_time(now)
        self._connection.execute(
            "INSERT INTO journal_meta (key, value) VALUES ('probe', ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (text * (_PROBE_BYTES // len(text)),),
        )
        self.added.append(Recorded(0, "", None))

    def _known(self, entry: Entry) -> Recorded | None:
        row = self._connection.execute(
            "SELECT seq, row_id, sha256 FROM events WHERE event_id = ?", (entry.event_id,)
        ).fetchone()
        if row is None:
            return None
        if row[2] != payload_sha256(entry.data):
            raise InvalidEvent(
                f"event_id: {entry.event_id} was recorded before with another payload; "
                "give each event an id of its own"
            )
        return Recorded(row[0], entry.event_id, row[1])

    def _project(self, entry: Entry, seq: int, recorded_at: str) -> int | None:
        try:
            return project(self._connection, entry.kind, entry.payload, seq, recorded_at)
        except apsw.ConstraintError:
            if entry.kind != "position_opened":
                raise
            raise InvalidEvent(
                f"position_id: {entry.payload.get('position_id')!r} was opened before; "
                "give each position an id of its own"
            ) from None
