"""One transaction of the journal, seen from inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import apsw
from pydantic_core import to_json

from motherhaven.contract.bulk import RecordedKind, count_of, is_bulk, lane_of
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import Mode
from motherhaven.contract.times import format_time
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder.bulk_rows import singly
from motherhaven.recorder.database import Identity
from motherhaven.recorder.digest import INSERT, KINDS, Row, sealed
from motherhaven.recorder.projection import PROJECTED, project
from motherhaven.recorder.schema import LANE_CODES

_KNOWN: Final = "SELECT event_id FROM events WHERE event_id IN (SELECT value FROM json_each(?))"
_LAST: Final = "SELECT max(event_id) FROM events"
_LANES: Final = {kind: LANE_CODES[lane_of(kind)] for kind in KINDS.values()}
_PROBE_BYTES: Final = 1 << 16

AGAIN: Final = "~"
"""Between a position id that was used before and its number; digits follow, and ":" is the
character after them."""


class Entry(NamedTuple):
    """An event ready to be written: times as UTC text, `data` the payload's canonical JSON."""

    event_id: str
    kind: RecordedKind
    mode: Mode
    time: str
    recorded_at: str
    payload: dict[str, Any]
    data: bytes


@dataclass(slots=True)
class Recorded:
    """An event that is kept: its place, its id, and its row in the view of its kind.

    Place and row change only before the call returns, if the event had to be written
    again to another file.
    """

    seq: int
    event_id: str
    row_id: int | None


class Numbers:
    """The last numbers given out, read from the file only when another process wrote to it."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._seq = 0
        self._lanes: dict[int, int] = {}

    def refresh(self, connection: apsw.Connection) -> None:
        """Know the last numbers; call inside a transaction."""
        if self._version is not None and self._version == connection.data_version():
            return
        ((self._seq,),) = connection.execute("SELECT coalesce(max(seq), 0) FROM events")
        for lane in LANE_CODES.values():
            ((self._lanes[lane],),) = connection.execute(
                "SELECT coalesce(max(lane_seq), 0) FROM events WHERE lane = ?", (lane,)
            )

    def next(self, lane: int, count: int = 1) -> tuple[int, int]:
        """The last of the next `count` numbers of all events, and of this lane."""
        self._seq += count
        self._lanes[lane] += count
        return self._seq, self._lanes[lane]

    def committed(self, connection: apsw.Connection) -> None:
        """What was given out is in the file."""
        self._version = connection.data_version()

    def forget(self) -> None:
        """What was given out may not be in the file."""
        self._version = None


class Writer:
    """Adds events inside a transaction that the journal began."""

    def __init__(self, connection: apsw.Connection, identity: Identity, numbers: "Numbers") -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._identity = identity
        self._numbers = numbers
        self.added: list[Recorded] = []
        self.entries: list[Entry] = []
        self.changed = False

    def add(self, entry: Entry) -> Recorded:
        """Add one event and its projection; the same event again changes nothing.

        Raises:
            InvalidEvent: the id was used before for another payload, or the position id
                for another position.
        """
        return self._known(entry) or self._add(entry)

    def add_all(self, entries: Sequence[Entry]) -> list[Recorded]:
        """Add events in order, as `add`; which of them are known is asked once for all.

        Raises:
            InvalidEvent: as `add`.
        """
        seen = self._known_of([entry.event_id for entry in entries])
        added = []
        for entry in entries:
            added.append(self.add(entry) if entry.event_id in seen else self._add(entry))
            seen.add(entry.event_id)
        return added

    def _known_of(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that are in the journal; where all are past its last one, none is."""
        if not ids:
            return set()
        ((last,),) = self._connection.execute(_LAST)
        if last is None or min(ids) > str(last):
            return set()
        rows = self._connection.execute(_KNOWN, (to_json(ids).decode(),))
        return {event_id for (event_id,) in rows}

    def _add(self, entry: Entry) -> Recorded:
        event_id, kind, mode, time, recorded_at, payload, data = entry
        lane = _LANES[kind]
        seq, lane_seq = self._numbers.next(lane, count_of(payload) if is_bulk(kind) else 1)
        row_id = self._project(entry, seq) if kind in PROJECTED else None
        identity = self._identity
        row = Row(
            seq, event_id, identity.bot_id, mode, identity.epoch, kind, lane, lane_seq, row_id,
            time, recorded_at, payload_sha256(data), data.decode(), None,
        )  # fmt: skip
        self._cursor.execute(INSERT, sealed(row))
        recorded = Recorded(seq, event_id, row_id)
        self.changed = True
        self.added.append(recorded)
        self.entries.append(entry)
        return recorded

    def kept(self, event_id: str) -> Recorded | None:
        """The event with this id, if it is in the journal."""
        row = self._connection.execute(
            "SELECT seq, row_id FROM events WHERE event_id = ?", (event_id,)
        ).fetchone()
        return None if row is None else Recorded(row[0], event_id, row[1])

    def opening(self, position_id: str) -> tuple[str, str] | None:
        """Newest opening payload (JSON) and entry time of the open position with this id.

        An id that was used again names the oldest of its positions that are open.
        """
        row = self._connection.execute(
            "SELECT e.payload, coalesce(json_extract(e.payload, '$.entry_time'), e.time)"
            " FROM position_rows AS p JOIN events AS e ON e.seq = p.opened_seq"
            " WHERE p.status = 'open' AND (p.position_id = ?"
            " OR (p.position_id > ? AND p.position_id < ?)) ORDER BY p.id LIMIT 1",
            (position_id, f"{position_id}{AGAIN}", f"{position_id}{AGAIN}:"),
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def has_position(self, position_id: object) -> bool:
        """Whether a position, open or closed, has this id."""
        found = self._connection.execute(
            "SELECT 1 FROM position_rows WHERE position_id = ?", (position_id,)
        )
        return found.fetchone() is not None

    def is_open(self, position_id: object) -> bool:
        """Whether a position of this id is open."""
        found = self._connection.execute(
            "SELECT 1 FROM position_rows WHERE position_id = ? AND status = 'open'", (position_id,)
        )
        return found.fetchone() is not None

    def next_position_id(self, position_id: str) -> str:
        """An id for one more position under an id that was used before: `id~2`, `id~3`, …"""
        ((count,),) = self._connection.execute(
            "SELECT count(*) FROM position_rows WHERE position_id > ? AND position_id < ?",
            (f"{position_id}{AGAIN}", f"{position_id}{AGAIN}:"),
        )
        return f"{position_id}{AGAIN}{count + 2}"

    def decision_event(self, row_id: int) -> str | None:
        """The event id of the decision whose row has this id."""
        row = self._connection.execute(
            "SELECT e.event_id FROM decision_rows AS d JOIN events AS e ON e.seq = d.seq"
            " WHERE d.id = ?",
            (row_id,),
        ).fetchone()
        return None if row is None else str(row[0])

    def last_status(self) -> str | None:
        """The payload (JSON) of the newest status."""
        row = self._connection.execute(
            "SELECT event_id, kind, payload FROM events"
            " WHERE lane = ? AND kind IN ('status', 'statuses') ORDER BY lane_seq DESC LIMIT 1",
            (LANE_CODES["status"],),
        ).fetchone()
        if row is None or row[1] == "status":
            return None if row is None else str(row[2])
        return singly(row[0], row[2].encode())[-1].payload.decode()

    def last_time(self) -> str | None:
        """The newest time of recording that a right clock can have shown, as UTC text."""
        row = self._connection.execute(
            "SELECT max(recorded_at) FROM events"
            " WHERE recorded_at >= '2000' AND recorded_at < '2101'"
        ).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def probe(self, now: datetime) -> None:
        """Write as much as a large event, to learn whether the disk takes it."""
        text = format_time(now)
        self._connection.execute(
            "INSERT INTO journal_meta (key, value) VALUES ('probe', ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (text * (_PROBE_BYTES // len(text)),),
        )
        self.changed = True

    def _known(self, entry: Entry) -> Recorded | None:
        row = self._connection.execute(
            "SELECT seq, row_id, sha256 FROM events WHERE event_id = ?", (entry.event_id,)
        ).fetchone()
        if row is None:
            return None
        if row[2] != payload_sha256(entry.data):
            raise InvalidEvent(
                f"event_id: {entry.event_id} was recorded before with another payload; "
                "give each event an id of its own",
                code="event_id_reused",
                field="event_id",
                fix="give each event an id of its own",
            )
        return Recorded(row[0], entry.event_id, row[1])

    def _project(self, entry: Entry, seq: int) -> int | None:
        try:
            return project(self._connection, entry.kind, entry.payload, seq, entry.recorded_at)
        except apsw.ConstraintError:
            if entry.kind != "position_opened":
                raise
            raise InvalidEvent(
                f"position_id: {entry.payload.get('position_id')!r} was opened before; "
                "give each position an id of its own",
                code="position_id_reused",
                field="position_id",
                fix="give each position an id of its own",
            ) from None
