"""The journal seen by the shipper: what waits to be sent, and what became of it.

Each lane has a high-water mark: everything up to it is settled, but for what stands in
`shipping_exceptions`: events that were refused, and those to be sent again. The
connection runs at synchronous=NORMAL: a mark that a power loss takes back only means that
the server sees some events again.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar, cast

import apsw

from motherhaven.contract.bulk import is_bulk, single_kind
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ContractError, JournalError
from motherhaven.contract.events import LANE_ORDER, Kind, Mode
from motherhaven.contract.times import format_time
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder import fork
from motherhaven.recorder.bulk_rows import singly
from motherhaven.recorder.database import Damaged, explained
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.opening import OpenFiles
from motherhaven.recorder.schema import LANE_CODES

T = TypeVar("T")

ExceptionState = Literal["quarantined", "not_applicable", "retry", "dropped"]
"""quarantined: refused for good; not_applicable: kept until a server knows its kind; retry:
refused once, to be sent again; dropped: given up by a person."""

_LANES: Final = tuple(LANE_CODES[lane] for lane in LANE_ORDER)
_COLUMNS: Final = (
    "SELECT seq, lane, lane_seq, event_id, bot_id, mode, epoch, kind, time, recorded_at, sha256,"
    " CAST(payload AS BLOB) FROM events "
)
_SELECT: Final = _COLUMNS + "WHERE lane = ? AND lane_seq > ? ORDER BY lane_seq LIMIT ?"
_BY_SEQ: Final = _COLUMNS + "WHERE seq >= ? ORDER BY seq LIMIT 1"
_BY_ID: Final = _COLUMNS + "WHERE event_id = ?"
_MOST_RETRIES: Final = 10_000

_ENVELOPE_BYTES: Final = 800
"""Room for an item's other fields, a long bot name included."""

_WRITE_SECONDS: Final = 10.0

_abandoned: list[object] = []


@dataclass(frozen=True, slots=True)
class PendingEvent:
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
    """An event that its lane has passed; with a state, because it was not taken."""

    event: PendingEvent
    state: ExceptionState | None = None
    reason: str = ""


class Outbox:
    """Takes events in order from each lane, and settles them."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._files: OpenFiles | None = None
        self._done: dict[int, int] = {}
        self._unsaved: dict[int, tuple[str, str, str] | None] = {}
        self._counts: dict[str, int] = {}
        self._retries: tuple[int, ...] = ()
        self._seen: object = None
        fork.register(self, rank=2)
        journal.on_reopen(self._let_go)

    def take(
        self, max_events: int, max_bytes: int, passed_over: Collection[int] = ()
    ) -> list[PendingEvent]:
        """The next events: status before money before decisions, each lane in order.

        Stops before `max_bytes` of request, but gives at least one event if any waits.
        `passed_over` are numbers (seq) of events that are left out for now.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._guarded(
            "reading what to ship", lambda c: self._take(c, max_events, max_bytes, passed_over)
        )

    def load(self, seqs: Sequence[int], max_bytes: int) -> list[PendingEvent]:
        """Events by their numbers, in that order, up to `max_bytes` but at least one.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._guarded("reading what to ship", lambda c: _load(c, seqs, max_bytes))

    def find(self, event_id: str) -> PendingEvent | None:
        """The event of this id, sent or not; None if the journal has none.

        Raises:
            JournalError: the journal cannot be read.
        """

        def work(connection: apsw.Connection) -> PendingEvent | None:
            row = connection.execute(_BY_ID, (event_id,)).fetchone()
            return None if row is None else PendingEvent(*row)

        return self._guarded("reading an answer", work)

    def refresh(self) -> None:
        """See what another process did with the exceptions (`motherhaven quarantine`).

        Raises:
            JournalError: the journal cannot be read.
        """
        self._safely(lambda: self._guarded("reading what was set aside", self._refresh))

    def requeue(self, state: ExceptionState) -> None:
        """Send the exceptions in `state` again.

        Raises:
            JournalError: the journal cannot be written.
        """

        def work(connection: apsw.Connection) -> None:
            connection.execute(
                "UPDATE shipping_exceptions SET state = 'retry' WHERE state = ?", (state,)
            )
            self._count(connection)

        self._guarded("noting what is sent again", work)

    def settle(self, settled: Sequence[Settled]) -> None:
        """Mark events, given in the order of their lanes, as settled.

        A mark that the disk does not take is kept in memory and written with the next.
        """
        now = format_time(self._clock.now())
        with self._lock:
            for item in settled:
                event = item.event
                self._done[event.lane] = max(self._done[event.lane], event.lane_seq)
                if item.state is not None:
                    self._unsaved[event.seq] = (item.state, item.reason, now)
                elif event.seq in self._retries:
                    self._unsaved[event.seq] = None
            self._retries = tuple(seq for seq in self._retries if seq not in self._unsaved)
        try:
            self._guarded("noting what was shipped", self._save)
        except JournalError:
            return

    def pending(self) -> int:
        """How many events wait in the lanes.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._safely(lambda: self._guarded("counting what to ship", self._pending))

    def behind(self) -> int:
        """How many events wait to be sent, those to be sent again included.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.pending() + self._counted("retry")

    @property
    def retries(self) -> tuple[int, ...]:
        """Numbers (seq) of the oldest events to be sent again."""
        return self._retries

    @property
    def quarantined(self) -> int:
        """How many events were refused and set aside."""
        return self._counted("quarantined")

    @property
    def not_applicable(self) -> int:
        """How many events are kept until the server knows their kind."""
        return self._counted("not_applicable")

    def reload(self) -> None:
        """Forget the marks in memory and read them anew (another process shipped)."""
        self._safely(self._let_go)

    def close(self) -> None:
        """Let go of the connection."""
        self._safely(lambda: self._let_go(untouched=False))
        fork.unregister(self)

    # -- inside ----------------------------------------------------------------------

    @property
    def _connection(self) -> apsw.Connection | None:
        return None if self._files is None else self._files.connection

    def _safely(self, work: Callable[[], T]) -> T:
        """Off the main thread: a handler there could raise, or log, while the lock is held."""
        if threading.current_thread() is threading.main_thread():
            return self._journal.run(work)
        return work()

    def _let_go(self, *, untouched: bool = True) -> None:
        with self._lock:
            self._drop(untouched=untouched)

    def _guarded(self, doing: str, work: Callable[[apsw.Connection], T]) -> T:
        self._journal.settle_files()
        try:
            with self._lock, explained(self._journal.path, doing):
                return work(self._ensure_open())
        except JournalError as error:
            if isinstance(error.__cause__, Damaged):
                self._let_go()
                self._journal.report_damage()
            raise

    def _ensure_open(self) -> apsw.Connection:
        if self._files is not None and self._files.in_place():
            return self._files.connection
        self._drop(untouched=True)
        self._files = self._journal.share("normal")
        connection = self._files.connection
        marks = connection.execute("SELECT lane, done FROM lanes").fetchall()
        self._done = {cast("int", lane): cast("int", done) for lane, done in marks}
        self._count(connection)
        return connection

    def _refresh(self, connection: apsw.Connection) -> None:
        # The pragma looks at the file; the connection's own number is that of its last read.
        if connection.pragma("data_version") != self._seen:
            self._count(connection)

    def _count(self, connection: apsw.Connection) -> None:
        self._seen = connection.pragma("data_version")
        self._counts = dict(
            connection.execute("SELECT state, count(*) FROM shipping_exceptions GROUP BY state")
        )
        if self._counts.get("retry") or self._retries:
            found = connection.execute(
                "SELECT seq FROM shipping_exceptions WHERE state = 'retry' ORDER BY seq LIMIT ?",
                (_MOST_RETRIES,),
            )
            self._retries = tuple(seq for (seq,) in found if seq not in self._unsaved)

    def _counted(self, state: ExceptionState) -> int:
        unsaved = sum(item is not None and item[0] == state for item in self._unsaved.values())
        return self._counts.get(state, 0) + unsaved

    def _take(
        self,
        connection: apsw.Connection,
        max_events: int,
        max_bytes: int,
        passed_over: Collection[int],
    ) -> list[PendingEvent]:
        taken: list[PendingEvent] = []
        size = 0
        for lane in _LANES:
            room = max_events - len(taken)
            if room <= 0:
                break
            wanted = room + len(passed_over)
            done = self._done[lane]
            for event in _pending_events(connection.execute(_SELECT, (lane, done, wanted))):
                if event.seq in passed_over or event.lane_seq <= done:
                    continue
                size += len(event.payload) + _ENVELOPE_BYTES
                if taken and size > max_bytes:
                    return taken
                taken.append(event)
                if len(taken) == max_events:
                    return taken
        return taken

    def _save(self, connection: apsw.Connection) -> None:
        assert self._files is not None
        with self._files.guard.writing(_WRITE_SECONDS):
            self._save_marks(connection)
        if self._unsaved:
            self._unsaved.clear()
            self._count(connection)

    def _save_marks(self, connection: apsw.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(
                "UPDATE lanes SET done = ? WHERE lane = ? AND done < ?",
                [(done, lane, done) for lane, done in self._done.items()],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO shipping_exceptions (seq, state, reason, at)"
                " VALUES (?, ?, ?, ?)",
                [(seq, *item) for seq, item in self._unsaved.items() if item is not None],
            )
            connection.executemany(
                "DELETE FROM shipping_exceptions WHERE seq = ?",
                [(seq,) for seq, item in self._unsaved.items() if item is None],
            )
            connection.execute("COMMIT")
        except apsw.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _pending(self, connection: apsw.Connection) -> int:
        waiting = 0
        for lane in _LANES:
            ((last,),) = connection.execute(
                "SELECT coalesce(max(lane_seq), 0) FROM events WHERE lane = ?", (lane,)
            )
            waiting += max(0, last - self._done[lane])
        return waiting

    def _drop(self, *, untouched: bool) -> None:
        files, self._files = self._files, None
        if files is not None and untouched:
            files.close_untouched()
        elif files is not None:
            files.close()

    # -- fork ------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Keep the shipping thread out of SQLite while the process is copied."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave the parent's connection alone; the next call opens one of its own."""
        _abandoned.append(self._files)
        self._files = None
        self._lock = threading.Lock()


def _pending_events(rows: Iterable[tuple[Any, ...]]) -> Iterator[PendingEvent]:
    """The events of rows as they travel: those of a bulk record one by one.

    A bulk record that contradicts itself goes as it is: the server refuses it by name.
    """
    for event in (PendingEvent(*row) for row in rows):
        try:
            items = singly(event.event_id, event.payload) if is_bulk(event.kind) else ()
        except ContractError:
            items = ()
        if not items:
            yield event
        for item in items:
            yield replace(
                event,
                seq=event.seq - item.before,
                lane_seq=event.lane_seq - item.before,
                event_id=item.event_id,
                kind=single_kind(event.kind),
                time=item.time,
                sha256=payload_sha256(item.payload),
                payload=item.payload,
            )


def _load(connection: apsw.Connection, seqs: Sequence[int], max_bytes: int) -> list[PendingEvent]:
    found: list[PendingEvent] = []
    size = 0
    for seq in seqs:
        rows = connection.execute(_BY_SEQ, (seq,))
        event = next((one for one in _pending_events(rows) if one.seq == seq), None)
        if event is None:
            continue
        size += len(event.payload) + _ENVELOPE_BYTES
        if found and size > max_bytes:
            break
        found.append(event)
    return found
