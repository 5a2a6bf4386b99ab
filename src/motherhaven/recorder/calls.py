"""One log call made into one event, whatever was given; see TradingLogger."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from motherhaven.contract.bulk import single_kind
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import Kind
from motherhaven.contract.jsonio import loads_own
from motherhaven.recorder import arguments
from motherhaven.recorder.core import NewEvent, Recorder
from motherhaven.recorder.faults import Faults
from motherhaven.recorder.writer import Entry, Recorded, Writer

_LOG: Final = logging.getLogger("motherhaven")
_FROM_ENTRY: Final = (
    "coin", "side", "quantity_usd", "leverage", "entry_price", "entry_time", "position_id",
)  # fmt: skip
_TRIES: Final = 5

Build = Callable[[Writer], Mapping[str, Any] | None]


class LogCall:
    """One call: its faults, its time and its id, until it is recorded."""

    def __init__(self, recorder: Recorder, *, strict: bool) -> None:
        self._recorder = recorder
        self._strict = strict
        self.faults = Faults(strict=strict)

    def record(
        self,
        kind: Kind,
        payload: Mapping[str, Any] | Build,
        time: object,
        event_id: object,
        decision_id: object = None,
    ) -> int | None:
        """Record the event; the id of its row, 0 if it has none, None if `payload` built none.

        Raises:
            InvalidEvent: strict, and something is wrong.
            JournalError: as Recorder.record.
        """
        # All of it on the recording thread: a handler that raises could leave a lock held here.
        return self._recorder.journal.run(
            lambda: self._record(kind, payload, time, event_id, decision_id)
        )

    def _record(
        self,
        kind: Kind,
        payload: Mapping[str, Any] | Build,
        time: object,
        event_id: object,
        decision_id: object,
    ) -> int | None:
        moment = arguments.moment(time, self._recorder.clock.now(), self.faults)
        given = arguments.event_text(event_id, self.faults)
        link = arguments.decision_link(decision_id, self.faults)
        new = NewEvent(kind, {}, moment, given, self.faults)
        for _ in range(_TRIES):
            try:
                return self._try(new, payload, link)
            except InvalidEvent as error:
                if self._strict:
                    raise
                new = self._other_id(new, error)
        raise InvalidEvent(f"{kind}: no free id was found in {_TRIES} tries; log it again")

    def _try(
        self, new: NewEvent, payload: Mapping[str, Any] | Build, link: str | int | None
    ) -> int | None:
        kinds: list[Kind] = []
        noted = len(self.faults.found), self.faults.count
        made: list[str] = []

        def work(writer: Writer) -> Recorded | None:
            # It may run again on a fresh file: what an earlier run noted is forgotten, and
            # what it committed all the same is not recorded under a second id.
            kept = writer.kept(made[-1]) if made else None
            if kept is not None:
                return kept
            del self.faults.found[noted[0] :]
            self.faults.count = noted[1]
            built = payload(writer) if callable(payload) else payload
            if built is None:
                return None
            whole = {**built, **self._link(writer, link)}
            entry = self._entry(writer, replace(new, payload=whole))
            kinds[:] = [single_kind(entry.kind)]
            made.append(entry.event_id)
            return writer.add(entry)

        recorded = self._recorder.journal.write(work)
        if recorded is None:
            return None
        if self.faults.count:
            _LOG.warning(
                "[Motherhaven] Recorded with faults: %s (event %s): %s",
                new.kind, recorded.event_id, self.faults.summary(),
            )  # fmt: skip
        return (recorded.row_id or 0) if kinds == [new.kind] else 0

    def _entry(self, writer: Writer, new: NewEvent) -> Entry:
        entry = self._recorder.entry(new)
        position = entry.payload.get("position_id")
        if self._strict or entry.kind != "position_opened" or not isinstance(position, str):
            return entry
        if not writer.has_position(position):
            return entry
        if entry.payload.get("replaces") is not None and writer.is_open(position):
            return entry  # the same position with new numbers
        again = writer.next_position_id(position)
        problem = f"used before; recorded as {again}"
        fix = "give each position an id of its own"
        self.faults.add("position_id_reused", "position_id", problem, position, fix)
        return self._recorder.entry(replace(new, payload={**new.payload, "position_id": again}))

    def _link(self, writer: Writer, link: str | int | None) -> dict[str, str]:
        """The event id of a decision, given as such or as the row id in the view."""
        if not isinstance(link, int):
            return {} if link is None else {"decision_id": link}
        event_id = writer.decision_event(link)
        if event_id is not None:
            return {"decision_id": event_id}
        problem, fix = "no such decision in this journal", "pass what log_decision returned"
        self.faults.add("decision_id", "decision_id", problem, str(link), fix)
        return {}

    def _other_id(self, new: NewEvent, error: InvalidEvent) -> NewEvent:
        problem = "recorded before with another payload; a new id is used"
        fix = error.fix or "give each event an id of its own"
        self.faults.add(error.code, error.field or "event_id", problem, new.event_id, fix)
        return replace(new, event_id=None)


def closing(
    position_id: str, terms: Mapping[str, Any]
) -> Callable[[Writer], Mapping[str, Any] | None]:
    """Builds the closing of an open position from its opening; None if it is not open."""

    def build(writer: Writer) -> Mapping[str, Any] | None:
        opening = writer.opening(position_id)
        if opening is None:
            return None
        entry = loads_own(opening[0].encode())
        found = {field: entry.get(field) for field in _FROM_ENTRY}
        return {**found, "entry_time": opening[1], **terms}

    return build
