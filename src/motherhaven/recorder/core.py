"""The Recorder: checks an event, gives it an id and its times, and journals it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motherhaven.contract.bulk import RecordedKind, expand, is_bulk, single_kind
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import Kind, Mode
from motherhaven.contract.ids import IdSource, check_id
from motherhaven.contract.wire import TIME_FIELD, validate_payload
from motherhaven.recorder.clockcheck import CheckedClock, is_usable
from motherhaven.recorder.faults import FAULTS, Faults
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.mending import mend
from motherhaven.recorder.payload import clean, encode, utc_text
from motherhaven.recorder.writer import Entry, Recorded, Writer


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to record; `time` is the market's (None: now), `event_id` None: a new one."""

    kind: RecordedKind
    payload: Mapping[str, Any]
    time: datetime | None = None
    event_id: str | None = None
    faults: Faults | None = None
    """Where to note wrong values, which are mended then; None: they raise InvalidEvent."""


class Recorder:
    """Records events durably; safe to use from several threads."""

    def __init__(
        self, journal: Journal, *, clock: Clock, ids: IdSource, mode: Mode | None = None
    ) -> None:
        self.journal = journal
        self.clock = clock
        self.ids = ids
        self.mode: Mode = journal.mode if mode is None else mode
        self.tags: tuple[str, ...] = ()
        """The words by which the bot's user sorts bots; TradingLogger tells them with a status."""
        self._times = CheckedClock(clock, lambda: journal.write(Writer.last_time))

    def record(
        self,
        kind: Kind,
        payload: Mapping[str, Any],
        *,
        time: datetime | None = None,
        event_id: str | None = None,
    ) -> Recorded:
        """Record one event; when this returns, it is on disk.

        Numbers may be Decimal, int, float (taken by its shortest repr) or decimal text.
        The payload's own time field is filled in when it is missing. The same event
        (same event_id and payload) again changes nothing.

        Raises:
            InvalidEvent: names the field that is wrong.
            JournalError: not recorded (or not known to be); says what to do.
        """
        return self.record_many([NewEvent(kind, payload, time, event_id)])[0]

    def record_many(self, events: Iterable[NewEvent]) -> list[Recorded]:
        """Record events in order in one transaction: all of them or none.

        Raises:
            InvalidEvent, JournalError: as `record`; nothing was recorded.
        """
        given = list(events)

        def work() -> list[Recorded]:
            entries = [self.entry(event) for event in given]
            return self.journal.append(entries) if entries else []

        return self.journal.run(work)

    def record_with(self, build: Callable[[Writer], NewEvent | None]) -> Recorded | None:
        """Record the event that `build` makes from the journal, in the same transaction.

        `build` may run more than once, and gives None to record nothing.

        Raises:
            InvalidEvent, JournalError: as `record`.
        """

        made: list[str] = []

        def work(writer: Writer) -> Recorded | None:
            kept = writer.kept(made[-1]) if made else None  # an earlier run committed after all
            if kept is not None:
                return kept
            event = build(writer)
            if event is None:
                return None
            entry = self.entry(event)
            made.append(entry.event_id)
            return writer.add(entry)

        return self.journal.write(work)

    def entry_time(self) -> tuple[datetime, str | None]:
        """The time that an event gets now, and what the clock says if that is no usable time."""
        return self._times.now()

    def entry(self, event: NewEvent) -> Entry:
        """`event` checked, timed and encoded, ready for the journal.

        Raises:
            InvalidEvent: names the field that is wrong.
        """
        recorded_at, clock_said = self.entry_time()
        time = recorded_at if event.time is None else event.time
        marks: dict[str, str] = {}
        if clock_said is not None:
            marks["recorded_replaced"] = clock_said
            if event.time is None:
                marks["time_replaced"] = clock_said
        if time.tzinfo is None:
            raise InvalidEvent(f"time: {time!r} is naive; attach its zone first")
        if not is_usable(time):
            marks["time_replaced"] = str(time)
            time = recorded_at
        recorded_text = utc_text(recorded_at)
        time_text = recorded_text if time is recorded_at else utc_text(time)
        given = event.event_id
        event_id = self.ids.new() if given is None else check_id(given, "event_id")
        kind, payload = self._payload(event, event_id, time_text)
        payload.update(marks)
        return Entry(event_id, kind, self.mode, time_text, recorded_text, payload, encode(payload))

    def _payload(
        self, event: NewEvent, event_id: str, time_text: str
    ) -> tuple[RecordedKind, dict[str, Any]]:
        payload, kind = clean(event.payload, event.faults), single_kind(event.kind)
        if is_bulk(event.kind):
            # Only the replay makes them: nothing is mended in them.
            for item in expand(payload):
                validate_payload(kind, item)
            return event.kind, payload
        payload.setdefault(TIME_FIELD.get(kind, "timestamp"), time_text)
        if kind == "position_opened" and payload.get("position_id") is None:
            payload["position_id"] = event_id
        faults = event.faults
        if faults is None:
            validate_payload(kind, payload)
            return kind, payload
        mended = mend(kind, payload, faults)
        if mended is None:
            return "status", _not_recorded(kind, payload, faults, time_text)
        if faults.count:
            mended[FAULTS] = faults.listed()
        return kind, mended


def _not_recorded(
    kind: Kind, payload: Mapping[str, Any], faults: Faults, time_text: str
) -> dict[str, Any]:
    """The status that stands for an event whose kind cannot hold what was given."""
    return {
        "timestamp": time_text,
        "status": "error",
        "message": f"{kind} not recorded: {faults.summary()}",
        "not_recorded": {"kind": kind, "payload": encode(dict(payload)).decode()},
        FAULTS: faults.listed(),
    }
