"""What a server's verdict on one event means for it."""

from typing import Final

from motherhaven.contract.events import LATER_KINDS
from motherhaven.contract.wire import MAX_EVENT_BYTES
from motherhaven.recorder.sending.answer_folding import (
    ServerKinds,
    for_old_server,
    without_endpoint,
)
from motherhaven.recorder.sending.outbox import Outbox, PendingEvent, Settled
from motherhaven.recorder.sending.responses import Result
from motherhaven.recorder.sending.suspects import Suspects

_INCOMPLETE_LIMIT: Final = 5


class Verdicts:
    """Remembers how often parts of an event were missing, and in which form it goes."""

    def __init__(self, kinds: ServerKinds, suspects: Suspects, outbox: Outbox) -> None:
        self._kinds = kinds
        self._suspects = suspects
        self._outbox = outbox
        self._incomplete: dict[str, int] = {}
        self._other_form: set[str] = set()

    def in_its_form(self, event: PendingEvent) -> PendingEvent:
        """The event as this server understands it, or as it got it before."""
        if self._kinds.later is False or event.event_id in self._other_form:
            return for_old_server(event, self._outbox.find)
        return event

    def left_out(self, event: PendingEvent) -> Settled | None:
        """What becomes of an event that this server cannot take; None where it is sent."""
        return self._kinds.left_out(event, again=event.seq in self._outbox.retries)

    def without_endpoint(self, event: PendingEvent) -> Settled:
        """What becomes of an event whose kind has none of the four old endpoints."""
        return without_endpoint(event, again=event.seq in self._outbox.retries)

    def of(
        self, event: PendingEvent, result: Result | None, room: dict[str, int]
    ) -> Settled | None:
        """The event, settled; None where it is to be sent again.

        `room` has the bytes of the bodies in which large events travel.
        """
        if result is None:
            return self.left_out(event)
        if result.status == "incomplete":
            room.setdefault(event.event_id, MAX_EVENT_BYTES)
            return self._missing_parts(event, result)
        self._incomplete.pop(event.event_id, None)
        if result.status in ("stored", "duplicate"):
            self._other_form.discard(event.event_id)
            return Settled(event)
        if result.status == "conflict":
            if room.get(event.event_id, MAX_EVENT_BYTES) < MAX_EVENT_BYTES:
                return Settled(event)  # it is there from an earlier try, in a longer form
            if self._may_have_other_form(event):
                return None
        elif event.kind in LATER_KINDS and self._kinds.later is False:
            return Settled(event, "not_applicable", "the server does not know this kind any more")
        self._other_form.discard(event.event_id)
        return Settled(event, "quarantined", f"{result.status}: {result.error}")

    def _missing_parts(self, event: PendingEvent, result: Result) -> Settled | None:
        tries = self._incomplete.get(event.event_id, 0) + 1
        self._incomplete[event.event_id] = tries
        if tries < _INCOMPLETE_LIMIT:
            return None
        self._suspects.refused(event.seq)
        self._incomplete.pop(event.event_id, None)
        return Settled(event, "retry", f"{result.status}: {result.error}")

    def _may_have_other_form(self, event: PendingEvent) -> bool:
        """Whether it may be there as it was sent when the server was an older version."""
        if event.event_id in self._other_form:
            return False
        self._other_form.add(event.event_id)
        return for_old_server(event, self._outbox.find) is not event
