"""The journal seen by the shipper: what waits to be sent, and what became of it.

Each lane has a high-water mark: everything up to it is settled. What was refused stands
in `shipping_exceptions` as well. The connection runs at synchronous=NORMAL: a mark that a
power loss takes back only means that the server sees some events again.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar, cast

import apsw

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import JournalError
from motherhaven.contract.events import LANE_ORDER, Kind, Mode
from motherhaven.contract.times import format_time
from motherhaven.recorder import fork
from motherhaven.recorder.database import Damaged, explained
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.schema import LANE_CODES

T = TypeVar("T")

ExceptionState = Literal["quarantined", "not_applicable"]

_LANES: Final = tuple(LANE_CODES[lane] for lane in LANE_ORDER)
_SELECT: Final = (
    "SELECT seq, lane, lane_seq, event_id, bot_id, mode, epoch, kind, time, recorded_at, sha256,"
    " CAST(payload AS BLOB) FROM events WHERE lane = ? AND lane_seq > ? ORDER BY lane_seq LIMIT ?"
)

_ENVELOPE_BYTES: Final = 800
"""Room for an item's other fields, a long bot name included."""

_abandoned: list[object] = []


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that waits to be sent; `payload` is its canonical JSON."""

    seq: int
    lane: int
    lane_seq: int
    event_id: str
    bot_id: str
    mode: Mode
    epoch: int
    kind: Kind
    time: str
    recorded_at: str
    sha256: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """An event that need not be sent again; with a state, because it was not taken."""

    event: Waiting
    state: ExceptionState | None = None
    reason: str = ""


class Outbox:
    """Takes events in order from each lane, and settles them."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._done: dict[int, int] = {}
        self._unsaved: list[tuple[int, str, str, str]] = []
        self._quarantined = 0
        fork.register(self)

    def take(self, max_events: int, max_bytes: int) -> list[Waiting]:
        """The next events: status before money before decisions, each lane in order.

        Stops before `max_bytes` of request, but gives at least one event if any waits.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._guarded("reading what to ship", lambda c: self._take(c, max_events, max_bytes))

    def settle(self, settled: Sequence[Settled]) -> None:
        """Mark events, given in the order of their lanes, as settled.

        A mark that the disk does not take is kept in memory and written with the next.
        """
        now = format_time(self._clock.now())
        with self._lock:
            for item in settled:
                self._done[item.event.lane] = item.event.lane_seq
                if item.state is not None:
                    self._unsaved.append((item.event.seq, item.state, item.reason, now))
                    self._quarantined += item.state == "quarantined"
        try:
            self._guarded("noting what was shipped", self._save)
        except JournalError:
            return

    def behind(self) -> int:
        """How many events wait to be sent.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._guarded("counting what to ship", self._behind)

    @property
    def quarantined(self) -> int:
        """How many events were refused and set aside."""
        return self._quarantined

    def reload(self) -> None:
        """Forget the marks in memory and read them anew (another process shipped)."""
        with self._lock:
            self._drop()

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._drop()
        fork.unregister(self)

    # -- inside ----------------------------------------------------------------------

    def _guarded(self, doing: str, work: Callable[[apsw.Connection], T]) -> T:
        try:
            with self._lock, explained(self._journal.path, doing):
                return work(self._ensure_open())
        except JournalError as error:
            if isinstance(error.__cause__, Damaged):
                self.reload()
                self._journal.report_damage()
            raise

    def _ensure_open(self) -> apsw.Connection:
        if self._connection is not None and self._journal.is_current(self._inode):
            return self._connection
        self._drop()
        self._inode = self._journal.current_inode()
        connection = self._journal.open_connection("normal")
        self._connection = connection
        marks = connection.execute("SELECT lane, done FROM lanes").fetchall()
        self._done = {cast("int", lane): cast("int", done) for lane, done in marks}
        ((count,),) = connection.execute(
            "SELECT count(*) FROM shipping_exceptions WHERE state = 'quarantined'"
        )
        self._quarantined = count
        return connection

    def _take(self, connection: apsw.Connection, max_events: int, max_bytes: int) -> list[Waiting]:
        taken: list[Waiting] = []
        size = 0
        for lane in _LANES:
            room = max_events - len(taken)
            if room <= 0:
                break
            for row in connection.execute(_SELECT, (lane, self._done[lane], room)):
                event = Waiting(*row)
                size += len(event.payload) + _ENVELOPE_BYTES
                if taken and size > max_bytes:
                    return taken
                taken.append(event)
        return taken

    def _save(self, connection: apsw.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(
                "UPDATE lanes SET done = ? WHERE lane = ? AND done < ?",
                [(done, lane, done) for lane, done in self._done.items()],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO shipping_exceptions (seq, state, reason, at)"
                " VALUES (?, ?, ?, ?)",
                self._unsaved,
            )
            connection.execute("COMMIT")
        except apsw.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._unsaved.clear()

    def _behind(self, connection: apsw.Connection) -> int:
        waiting = 0
        for lane in _LANES:
            ((last,),) = connection.execute(
                "SELECT coalesce(max(lane_seq), 0) FROM events WHERE lane = ?", (lane,)
            )
            waiting += max(0, last - self._done[lane])
        return waiting

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # -- fork ------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Keep the shipping thread out of SQLite while the process is copied."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave the parent's connection alone; the next call opens one of its own."""
        _abandoned.append(self._connection)
        self._connection = None
        self._lock = threading.Lock()
