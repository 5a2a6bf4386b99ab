"""One exchange with the server at a time: what to send next, and what the answer means.

Synchronous and without a thread of its own, so that every fault can be tested step by
step under a fake clock; `Shipper` runs it. Only a verdict that names an event settles it:
an answer without one may be a proxy's, and costs nothing but time.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ShippingError
from motherhaven.contract.jsonio import may_be_wide
from motherhaven.contract.wire import MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from motherhaven.recorder.sending import request_bodies
from motherhaven.recorder.sending.answer_folding import ServerKinds, for_old_server
from motherhaven.recorder.sending.backoff import Backoff
from motherhaven.recorder.sending.old_server import OldServer
from motherhaven.recorder.sending.outbox import Outbox, PendingEvent, Settled
from motherhaven.recorder.sending.report import BATCH_PATH, ENDPOINTS, Reporter
from motherhaven.recorder.sending.request_bodies import BATCH_BYTES, SMALLEST_ROOM
from motherhaven.recorder.sending.responses import (
    ParsedResponse,
    ResponseKind,
    Result,
    is_our_batch_server,
    read_batch,
)
from motherhaven.recorder.sending.singles import Singles
from motherhaven.recorder.sending.suspects import PROOF, Suspects, damaged
from motherhaven.recorder.sending.transport import Transport
from motherhaven.recorder.sending.verdicts import Verdicts

_GROW_SECONDS: Final = 300.0
_REFRESH_SECONDS: Final = 1.0
_SMALLEST_BYTES: Final = 1024


class BatchSender:
    """Ships one journal's outbox to one server, a step at a time."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        *,
        clock: Clock,
        random: Random,
        timeout: float,
        bot_name: str | None,
        reporter: Reporter | None = None,
        drained: Callable[[int], None] | None = None,
    ) -> None:
        """`timeout` is the total deadline of one request, in seconds; `drained` is called
        with the number of events sent so far when none waits."""
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._timeout = timeout
        self._bot_name = bot_name
        self._report = Reporter(clock) if reporter is None else reporter
        self.backoff = Backoff(clock, random)
        self._singles = Singles(transport, clock, timeout, bot_name, self._report)
        self._old = OldServer(clock)
        self._kinds = ServerKinds()
        self._suspects = Suspects(clock)
        self._verdicts = Verdicts(self._kinds, self._suspects, outbox)
        self._requeued = False
        self._max_events = MAX_BATCH_EVENTS
        self._max_bytes = BATCH_BYTES
        self._grow_at = 0.0
        self._refresh_at = 0.0
        self._retries_next = True
        self._passed_over: set[int] = set()
        self._room: dict[str, int] = {}
        self._rejected_locally: dict[str, Result] = {}
        self._drained = drained
        self.sent = 0

    def step(self) -> float | None:
        """Make one exchange if one is due.

        Returns the seconds until the next step: 0 when more may wait, None when nothing
        does.

        Raises:
            JournalError: the journal cannot be read.
        """
        wait = self.backoff.wait()
        if wait > 0:
            return wait
        self._refresh()
        batch = self._next_batch()
        if not batch:
            self.backoff.clear()
            if self._drained is not None:
                self._drained(self.sent)
            return self._suspects.wait(self._outbox.retries)
        self.backoff.attempts += 1
        self._rejected_locally.update(damaged(batch))
        try:
            if self._old.in_use:
                self._ship_singles(batch)
            else:
                self._ship_batch(batch)
        except ShippingError as error:
            self._later(batch, str(error), None)
        return self.backoff.wait()

    @property
    def has_work(self) -> bool:
        """Whether an event waits that was not refused before; JournalError if unknown."""
        fresh = any(self._suspects.tries(seq) == 0 for seq in self._outbox.retries)
        return fresh or self._outbox.pending() > 0

    def _refresh(self) -> None:
        now = self._clock.monotonic()
        if now >= self._refresh_at:
            self._refresh_at = now + _REFRESH_SECONDS
            self._outbox.refresh()

    def _next_batch(self) -> list[PendingEvent]:
        """Events to be sent again and those of the lanes take turns: neither waits for long."""
        self._retries_next = not self._retries_next
        due = self._suspects.due(self._outbox.retries)[: self._max_events]
        if due and self._retries_next:
            return self._outbox.load(due, self._max_bytes)
        batch = self._outbox.take(self._max_events, self._max_bytes, self._passed_over)
        if not batch and self._passed_over:
            self._passed_over.clear()
            batch = self._outbox.take(self._max_events, self._max_bytes)
        return batch or (self._outbox.load(due, self._max_bytes) if due else [])

    # -- the batch endpoint -------------------------------------------------------------

    def _ship_batch(self, batch: list[PendingEvent]) -> None:
        if any(self._kinds.must_be_known_for(event) for event in batch):
            reading = self._post(request_bodies.join([], []), [], 0)
            if reading.kind is not ResponseKind.TAKEN:
                self._handle(batch, reading)
                return
        batch = [self._verdicts.in_its_form(event) for event in batch]
        head = batch[0]
        if self._goes_in_parts(head):
            self._ship_in_parts(head)
            return
        apart = next((i for i, event in enumerate(batch) if self._goes_in_parts(event)), None)
        batch = batch[:apart]
        sendable = self._sendable(batch)
        if not sendable:
            self._settle(batch, {})
            return
        items = [request_bodies.item(event, self._bot_name) for event in sendable]
        self._handle(batch, self._post(request_bodies.join(items, []), sendable, 0))

    def _goes_in_parts(self, event: PendingEvent) -> bool:
        if event.event_id in self._rejected_locally or self._verdicts.left_out(event) is not None:
            return False
        too_large = len(event.payload) > MAX_EVENT_BYTES or may_be_wide(event.payload)
        return too_large or event.event_id in self._room

    def _sendable(self, batch: Sequence[PendingEvent]) -> list[PendingEvent]:
        return [
            event
            for event in batch
            if event.event_id not in self._rejected_locally
            and self._verdicts.left_out(event) is None
        ]

    def _ship_in_parts(self, event: PendingEvent) -> None:
        room = self._room.setdefault(event.event_id, MAX_EVENT_BYTES)
        cut = request_bodies.cut(event, self._bot_name, room, self._kinds.long_texts)
        for bundle in request_bodies.bundles(cut.parts, min(room * 3 // 2, self._max_bytes)):
            reading = self._post(request_bodies.join([], bundle), [], len(bundle))
            if reading.kind is not ResponseKind.TAKEN or not reading.parts_taken:
                self._handle([event], reading.about_parts())
                return
        self._handle([event], self._post(request_bodies.join([cut.item], []), [event], 0))

    def _post(self, body: bytes, batch: Sequence[PendingEvent], parts: int) -> ParsedResponse:
        answer = self._transport.post(BATCH_PATH, body, self._timeout)
        reading = read_batch(answer, [e.event_id for e in batch], parts, self._clock.now())
        if reading.kind is ResponseKind.TAKEN:
            self._kinds.learn(reading.kinds)
        return reading

    def _is_ours(self) -> bool:
        """Whether the server takes an empty batch: then a refusal was about the event."""
        answer = self._transport.post(BATCH_PATH, request_bodies.join([], []), self._timeout)
        return is_our_batch_server(answer)

    def _handle(self, batch: list[PendingEvent], reading: ParsedResponse) -> None:
        match reading.kind:
            case ResponseKind.TAKEN:
                self._settle(batch, reading.results)
            case ResponseKind.NO_ENDPOINT:
                self._no_batches(batch, reading)
            case ResponseKind.TOO_LARGE:
                self._too_large(batch, reading)
            case ResponseKind.REFUSED:
                self._refused(batch, reading)
            case ResponseKind.UNAUTHORIZED:
                self._unauthorized(batch, reading)
            case ResponseKind.LATER:
                self._later(batch, reading.cause, reading.retry_after)

    def _settle(self, batch: Sequence[PendingEvent], results: dict[str, Result]) -> None:
        """Settle each event that has a final verdict, up to the first of its lane without."""
        settled: list[Settled] = []
        blocked: set[int] = set()
        for event in batch:
            result = self._rejected_locally.get(event.event_id) or results.get(event.event_id)
            verdict = self._verdicts.of(event, result, self._room)
            if verdict is None:
                blocked.add(event.lane)
            elif event.lane not in blocked:
                settled.append(verdict)
        self._note(settled)
        if settled and results:
            self._succeeded()
        if blocked:
            self._later(batch, "the server is missing parts of a long text", 0.5)

    def _note(self, settled: list[Settled]) -> None:
        self._release()  # before a mark of its lane goes past what was passed over
        self._outbox.settle(settled)
        for item in settled:
            if item.state != "retry":
                self._room.pop(item.event.event_id, None)
                self._rejected_locally.pop(item.event.event_id, None)
                self._suspects.forget(item.event.seq)
            self._announce(item)

    def _announce(self, item: Settled) -> None:
        event = item.event
        if item.state is None:
            self.sent += 1
            self._report.posted(event.kind)
        elif item.state == "retry":
            self._report.deferred(event.kind, event.event_id, item.reason)
        elif item.reason.startswith("conflict"):
            self._report.conflict(event.kind, event.event_id)
        elif item.state == "quarantined":
            self._report.quarantined(event.kind, event.event_id, item.reason)

    # -- refusals -----------------------------------------------------------------------

    def _refused(self, batch: list[PendingEvent], reading: ParsedResponse) -> None:
        """Perhaps something in the batch is wrong: find it, or learn that it is the server."""
        sent = self._sendable(batch)
        named = {
            event_id: result
            for event_id, result in reading.results.items()
            if result.status in ("conflict", "rejected")
        }
        if named:
            self._rejected_locally.update(named)
        elif len(sent) > 1:
            self._max_events = max(1, len(batch) // 2)
        elif not self._is_ours():
            self._no_batches(batch, reading)
        else:
            self._defer(sent[0], reading)

    def _defer(self, event: PendingEvent, reading: ParsedResponse, *, proof: bool = True) -> None:
        """Refused alone by a server that takes others: the lane goes on without it."""
        tries = self._suspects.refused(event.seq, proof=proof)
        if tries >= PROOF and reading.explained:
            self._note([Settled(event, "quarantined", f"refused {tries} times: {reading.cause}")])
        else:
            self._note([Settled(event, "retry", reading.cause)])
        self._succeeded()

    def _too_large(self, batch: list[PendingEvent], reading: ParsedResponse) -> None:
        sent = self._sendable(batch)
        if len(sent) > 1:
            self._shrink_bytes(sum(len(event.payload) for event in sent))
            self._max_events = max(1, len(batch) // 2)
        elif not self._is_ours():
            # Whoever refuses an empty batch as well does not mean its size.
            self._later(batch, reading.cause, reading.retry_after)
        elif not self._smaller(sent[0]):
            self._defer(sent[0], reading)

    def _smaller(self, event: PendingEvent) -> bool:
        """Halve the bodies in which this event travels; False if they are small already."""
        size = min(len(event.payload), MAX_EVENT_BYTES)
        room = self._room.get(event.event_id, max(size, SMALLEST_ROOM + 1))
        if room <= SMALLEST_ROOM:
            return False
        self._room[event.event_id] = max(SMALLEST_ROOM, room // 2)
        return True

    def _shrink_bytes(self, size: int) -> None:
        self._max_bytes = max(_SMALLEST_BYTES, size // 2)
        self._grow_at = self._clock.monotonic() + _GROW_SECONDS

    def _unauthorized(self, batch: list[PendingEvent], reading: ParsedResponse) -> None:
        """A key that is refused; or one event that a filter on the way forbids (403)."""
        sent = self._sendable(batch)
        if reading.forbidden and not reading.explained:
            if len(sent) > 1:
                self._max_events = max(1, len(batch) // 2)
            elif self._is_ours():
                self._defer(sent[0], reading)
                return
        self._pause(batch, reading.cause)

    # -- the four old endpoints ---------------------------------------------------------

    def _no_batches(self, batch: list[PendingEvent], reading: ParsedResponse) -> None:
        """No batch endpoint answered: an old server, if a single endpoint proves it."""
        if self._old.known and reading.kind is ResponseKind.NO_ENDPOINT:
            self._old.proven()
            return
        known = [event for event in self._sendable(batch) if event.kind in ENDPOINTS]
        if reading.kind not in (ResponseKind.NO_ENDPOINT, ResponseKind.REFUSED) or not (
            self._old.no_batches() and known
        ):
            self._later(batch, reading.cause, reading.retry_after)
            return
        single = self._post_single(known[0])
        if single.kind is not ResponseKind.TAKEN:
            self._later(batch, f"{reading.cause}, and {single.cause}", single.retry_after)
            return
        if self._old.proven():
            self._report.fell_back(reading.cause)
        ahead = batch[: batch.index(known[0])]  # no endpoint here; settled in order
        self._note([self._verdicts.without_endpoint(event) for event in ahead])
        self._settle([known[0]], single.results)

    def _ship_singles(self, batch: list[PendingEvent]) -> None:
        for event in batch:
            if event.event_id in self._rejected_locally:
                self._settle([event], {})
            elif event.kind not in ENDPOINTS:
                self._note([self._verdicts.without_endpoint(event)])
            else:
                self._ship_single(event)
            if self.backoff.wait() > 0:
                return

    def _ship_single(self, event: PendingEvent) -> None:
        reading = self._post_single(event)
        match reading.kind:
            case ResponseKind.TAKEN:
                self._settle([event], reading.results)
            case ResponseKind.UNAUTHORIZED:
                self._pause([event], reading.cause)
            case ResponseKind.REFUSED | ResponseKind.TOO_LARGE:
                stuck = self._singles.is_stuck(event, reading)
                if event.seq in self._outbox.retries:
                    self._defer(event, reading, proof=self._singles.others_taken(event, self.sent))
                    return
                if stuck:
                    self._passed_over.add(event.seq)
                self._later([event], reading.cause, reading.retry_after)
            case _:
                self._later([event], reading.cause, reading.retry_after)

    def _post_single(self, event: PendingEvent) -> ParsedResponse:
        return self._singles.post(for_old_server(event, self._outbox.find))

    def _release(self) -> None:
        """The lane goes on, so those passed over are sent again apart from it."""
        stuck, self._passed_over = self._passed_over, set()
        for seq in sorted(stuck):
            for event in self._outbox.load([seq], BATCH_BYTES):
                self._suspects.refused(seq, proof=False)
                self._note([Settled(event, "retry", self._singles.cause(event))])

    # -- good and bad times -------------------------------------------------------------

    def _succeeded(self) -> None:
        now = self._clock.monotonic()
        if self.backoff.has_error:
            self._report.recovered(self._outbox.behind())
        self.backoff.clear()
        if not self._old.in_use and self._old.takes_batches():
            self._report.upgraded()
            self._outbox.requeue("not_applicable")
        elif not self._old.known and self._outbox.not_applicable:
            if self._kinds.later or not self._requeued:
                self._outbox.requeue("not_applicable")
            self._requeued = True
        self._max_events = min(MAX_BATCH_EVENTS, self._max_events * 2)
        if self._max_bytes < BATCH_BYTES and now >= self._grow_at:
            self._max_bytes = min(BATCH_BYTES, self._max_bytes * 2)
            self._grow_at = now + _GROW_SECONDS

    def _pause(self, batch: Sequence[PendingEvent], cause: str) -> None:
        wait = self.backoff.paused(cause)
        self._report.unauthorized((e.kind for e in batch), cause, wait)

    def _later(self, batch: Sequence[PendingEvent], cause: str, after: float | None) -> None:
        self._report.failed((event.kind for event in batch), cause)
        self.backoff.failed(cause, after)
