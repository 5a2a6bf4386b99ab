"""One exchange with the server at a time: what to send next, and what the answer means.

Synchronous and without a thread of its own, so that every fault can be tested step by
step under a fake clock; `Shipper` runs it.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ShippingError
from motherhaven.contract.wire import MAX_BATCH_EVENTS, MAX_EVENT_BYTES, payload_sha256
from motherhaven.recorder import parcels
from motherhaven.recorder.answers import Meaning, Reading, Result, read_batch, read_single
from motherhaven.recorder.outbox import Outbox, Settled, Waiting
from motherhaven.recorder.parcels import BATCH_BYTES, SMALL_PIECE
from motherhaven.recorder.report import BATCH_PATH, ENDPOINTS, Reporter, path_of
from motherhaven.recorder.stats import ShippingState
from motherhaven.recorder.transport import Transport

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 60.0
KEY_SECONDS: Final = 60.0
BATCH_PROBE_SECONDS: Final = 300.0
_GROW_SECONDS: Final = 300.0
_SMALLEST_BYTES: Final = 1024
_INCOMPLETE_LIMIT: Final = 5


class Courier:
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
    ) -> None:
        """`timeout` is the total deadline of one request, in seconds."""
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._random = random
        self._timeout = timeout
        self._bot_name = bot_name
        self._report = Reporter(clock) if reporter is None else reporter
        self._max_events = MAX_BATCH_EVENTS
        self._max_bytes = BATCH_BYTES
        self._grow_at = 0.0
        self._singles_until: float | None = None
        self._in_parts: set[str] = set()
        self._incomplete: dict[str, int] = {}
        self._condemned: dict[str, Result] = {}
        self._failures = 0
        self._not_before = 0.0
        self.obliged = False
        self.sent = 0
        self.attempts = 0
        self.last_failed = 0
        self.state: ShippingState = "shipping"
        self.last_error: str | None = None

    def step(self) -> float | None:
        """Make one exchange if one is due.

        Returns the seconds until the next step: 0 when more may wait, None when nothing
        does.

        Raises:
            JournalError: the journal cannot be read.
        """
        wait = self._not_before - self._clock.monotonic()
        if wait > 0:
            return wait
        batch = self._outbox.take(self._max_events, self._max_bytes)
        if not batch:
            self._settled_down()
            return None
        self.attempts += 1
        self._condemn_damaged(batch)
        try:
            if self._uses_singles():
                self._ship_singles(batch)
            else:
                self._ship_batch(batch)
        except ShippingError as error:
            self._later(batch, str(error), None)
        return max(0.0, self._not_before - self._clock.monotonic())

    def hurry(self) -> None:
        """Let the next step be now, unless the server itself asked for patience."""
        if not self.obliged:
            self._not_before = 0.0

    # -- the batch endpoint -------------------------------------------------------------

    def _ship_batch(self, batch: list[Waiting]) -> None:
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
        items = [parcels.item(event, self._bot_name) for event in sendable]
        self._handle(batch, self._post(parcels.join(items, []), sendable, 0))

    def _goes_in_parts(self, event: Waiting) -> bool:
        if event.event_id in self._condemned:
            return False
        return len(event.payload) > MAX_EVENT_BYTES or event.event_id in self._in_parts

    def _sendable(self, batch: Sequence[Waiting]) -> list[Waiting]:
        return [event for event in batch if event.event_id not in self._condemned]

    def _condemn_damaged(self, batch: Sequence[Waiting]) -> None:
        """Bytes that changed on the disk must not travel as if they were what was recorded."""
        for event in batch:
            if payload_sha256(event.payload) != event.sha256:
                reason = "its bytes in the journal do not match their hash: check the disk"
                self._condemned[event.event_id] = Result("rejected", reason)

    def _ship_in_parts(self, event: Waiting) -> None:
        parcel = parcels.cut(event, self._bot_name, small=event.event_id in self._in_parts)
        for bundle in parcels.bundles(parcel.parts, self._max_bytes):
            reading = self._post(parcels.join([], bundle), [], len(bundle))
            if reading.meaning is Meaning.TOO_LARGE and len(bundle) > 1:
                self._shrink_bytes()
                return
            if reading.meaning is not Meaning.TAKEN or not reading.parts_taken:
                self._handle([event], _without_parts(reading))
                return
        self._handle([event], self._post(parcels.join([parcel.item], []), [event], 0))

    def _post(self, body: bytes, batch: Sequence[Waiting], parts: int) -> Reading:
        answer = self._transport.post(BATCH_PATH, body, self._timeout)
        return read_batch(answer, [e.event_id for e in batch], parts, self._clock.now())

    def _handle(self, batch: list[Waiting], reading: Reading) -> None:
        match reading.meaning:
            case Meaning.TAKEN:
                self._settle(batch, reading.results)
            case Meaning.NO_ENDPOINT:
                self._fall_back(reading.cause)
            case Meaning.TOO_LARGE:
                self._too_large(batch, reading.cause)
            case Meaning.REFUSED:
                self._refused(batch, reading)
            case Meaning.UNAUTHORIZED:
                self._pause(batch, reading.cause)
            case Meaning.LATER:
                self._later(batch, reading.cause, reading.retry_after)

    def _settle(self, batch: Sequence[Waiting], results: dict[str, Result]) -> None:
        """Settle each event that has a final verdict, up to the first of its lane without."""
        settled: list[Settled] = []
        blocked: set[int] = set()
        for event in batch:
            result = self._condemned.get(event.event_id) or results.get(event.event_id)
            verdict = self._verdict(event, result)
            if verdict is None:
                blocked.add(event.lane)
            elif event.lane not in blocked:
                settled.append(verdict)
        self._outbox.settle(settled)
        for item in settled:
            self._in_parts.discard(item.event.event_id)
            self._condemned.pop(item.event.event_id, None)
            self._announce(item)
        if settled:
            self._succeeded()
        if blocked:
            self._later(batch, "the server is missing parts of a long text", FIRST_DELAY)

    def _verdict(self, event: Waiting, result: Result | None) -> Settled | None:
        if result is None:
            return None
        if result.status == "incomplete":
            tries = self._incomplete.get(event.event_id, 0) + 1
            self._incomplete[event.event_id] = tries
            self._in_parts.add(event.event_id)
            if tries < _INCOMPLETE_LIMIT:
                return None
        self._incomplete.pop(event.event_id, None)
        if result.status in ("stored", "duplicate"):
            return Settled(event)
        return Settled(event, "quarantined", f"{result.status}: {result.error}")

    def _announce(self, item: Settled) -> None:
        event = item.event
        if item.state is None:
            self.sent += 1
            self._report.posted(event.kind)
        elif item.reason.startswith("conflict"):
            self._report.conflict(event.kind, event.event_id)
        elif item.state == "quarantined":
            self._report.quarantined(event.kind, event.event_id, item.reason)

    def _refused(self, batch: list[Waiting], reading: Reading) -> None:
        """Something in the batch is wrong: set the culprit aside, find it if need be."""
        sent = self._sendable(batch)
        named = {
            event.event_id: result
            for event in sent
            if (result := reading.results.get(event.event_id)) is not None
            and result.status in ("conflict", "rejected")
        }
        if named:
            self._condemned.update(named)
        elif len(sent) > 1:
            self._max_events = max(1, len(batch) // 2)
        elif sent[0].kind in ENDPOINTS:
            # Perhaps it is not the event, but a server that knows no batches.
            self._try_alone(batch, sent[0], reading.cause)
        else:
            self._condemned[sent[0].event_id] = Result("rejected", reading.cause)

    def _too_large(self, batch: list[Waiting], cause: str) -> None:
        sent = self._sendable(batch)
        if len(sent) > 1:
            self._shrink_bytes(sum(len(event.payload) for event in sent))
            self._max_events = max(1, len(batch) // 2)
            return
        event = sent[0]
        if event.event_id not in self._in_parts and parcels.can_be_cut(event, SMALL_PIECE):
            self._in_parts.add(event.event_id)
        else:
            self._condemned[event.event_id] = Result("rejected", cause)

    def _shrink_bytes(self, size: int | None = None) -> None:
        self._max_bytes = max(_SMALLEST_BYTES, (size or self._max_bytes) // 2)
        self._grow_at = self._clock.monotonic() + _GROW_SECONDS

    # -- the four old endpoints ---------------------------------------------------------

    def _uses_singles(self) -> bool:
        return self._singles_until is not None and self._clock.monotonic() < self._singles_until

    def _fall_back(self, cause: str) -> None:
        if self._singles_until is None:
            self._report.fell_back(cause)
        self._singles_until = self._clock.monotonic() + BATCH_PROBE_SECONDS

    def _ship_singles(self, batch: list[Waiting]) -> None:
        for event in batch:
            if event.event_id in self._condemned:
                self._settle([event], {})
                continue
            if event.kind not in ENDPOINTS:
                reason = "the server has no endpoint for this kind"
                self._outbox.settle([Settled(event, "not_applicable", reason)])
                continue
            reading = self._post_single(event)
            if reading.meaning in (Meaning.TAKEN, Meaning.REFUSED):
                self._settle([event], reading.results)
            elif reading.meaning is Meaning.TOO_LARGE:
                self._settle([event], {event.event_id: Result("rejected", reading.cause)})
            elif reading.meaning is Meaning.UNAUTHORIZED:
                self._pause([event], reading.cause)
            else:
                self._later([event], reading.cause, reading.retry_after)
            if self._not_before > self._clock.monotonic():
                return

    def _try_alone(self, batch: list[Waiting], event: Waiting, cause: str) -> None:
        reading = self._post_single(event)
        if reading.meaning is Meaning.TAKEN:
            self._fall_back(cause)
            self._settle(batch, reading.results)
        elif reading.meaning in (Meaning.REFUSED, Meaning.TOO_LARGE, Meaning.NO_ENDPOINT):
            final = Result("rejected", cause)
            self._condemned[event.event_id] = reading.results.get(event.event_id, final)
        else:
            self._handle([event], reading)

    def _post_single(self, event: Waiting) -> Reading:
        path = path_of(ENDPOINTS[event.kind])
        before = parcels.replaced_body(event, self._bot_name)
        if before is not None:
            answer = self._transport.post(path, before, self._timeout)
            reading, _ = read_single(answer, event.event_id, self._clock.now())
            if reading.meaning not in (Meaning.TAKEN, Meaning.REFUSED):
                return reading
        body = parcels.single_body(event, self._bot_name)
        answer = self._transport.post(path, body, self._timeout)
        reading, named = read_single(answer, event.event_id, self._clock.now())
        if reading.meaning is Meaning.TAKEN and not named:
            self._report.at_least_once()
        return reading

    # -- good and bad times -------------------------------------------------------------

    def _succeeded(self) -> None:
        now = self._clock.monotonic()
        if self._failures or self.state == "paused":
            self._report.recovered(self._outbox.behind())
        self._settled_down()
        self._max_events = min(MAX_BATCH_EVENTS, self._max_events * 2)
        if self._max_bytes < BATCH_BYTES and now >= self._grow_at:
            self._max_bytes = min(BATCH_BYTES, self._max_bytes * 2)
            self._grow_at = now + _GROW_SECONDS

    def _settled_down(self) -> None:
        self._failures = 0
        self._not_before = 0.0
        self.obliged = False
        self.state = "shipping"
        self.last_error = None

    def _pause(self, batch: Sequence[Waiting], cause: str) -> None:
        self._report.unauthorized((e.kind for e in batch), cause, KEY_SECONDS)
        self.last_failed = self.attempts
        self.state, self.last_error = "paused", cause
        self.obliged = False
        self._not_before = self._clock.monotonic() + KEY_SECONDS

    def _later(self, batch: Sequence[Waiting], cause: str, after: float | None) -> None:
        self._report.failed((event.kind for event in batch), cause)
        self.last_failed = self.attempts
        self.state, self.last_error = "waiting", cause
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self._failures, 20))
        self._failures += 1
        self.obliged = after is not None
        wait = delay * (0.5 + self._random.random() / 2) if after is None else after
        self._not_before = self._clock.monotonic() + wait


def _without_parts(reading: Reading) -> Reading:
    """An answer to text parts, as one about their event: never a verdict on it."""
    if reading.meaning is Meaning.TAKEN:
        return Reading(Meaning.LATER, "the server did not take the parts of a long text")
    return Reading(reading.meaning, reading.cause, retry_after=reading.retry_after)
