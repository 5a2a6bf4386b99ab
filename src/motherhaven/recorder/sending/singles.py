"""Posting events by themselves, to a server that has only the four old endpoints."""

from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.recorder.sending.outbox import PendingEvent
from motherhaven.recorder.sending.report import ENDPOINTS, Reporter, path_of
from motherhaven.recorder.sending.request_bodies import SMALLEST_ROOM, replaced_body, single_body
from motherhaven.recorder.sending.responses import ParsedResponse, ResponseKind, read_single
from motherhaven.recorder.sending.transport import Transport

LARGEST_BODY: Final = 8_000_000
"""Bytes of a payload that are tried at once; a server that takes fewer gets fewer."""

_TRIES: Final = 3


class Singles:
    """Remembers which event was refused how often and how small its body has to be."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        timeout: float,
        bot_name: str | None,
        report: Reporter,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._timeout = timeout
        self._bot_name = bot_name
        self._report = report
        self._rooms: dict[int, int] = {}
        self._refused: dict[int, tuple[int, str]] = {}
        self._sent: dict[int, int] = {}

    def post(self, event: PendingEvent) -> ParsedResponse:
        """Post one event whose kind has an endpoint.

        Raises:
            ShippingError: no whole answer came.
        """
        room = self._rooms.get(event.seq, LARGEST_BODY)
        path = path_of(ENDPOINTS[event.kind])
        before = replaced_body(event, self._bot_name, room)
        if before is not None:
            answer = self._transport.post(path, before, self._timeout)
            reading, _ = read_single(answer, event.event_id, self._clock.now())
            if reading.kind not in (ResponseKind.TAKEN, ResponseKind.REFUSED):
                return reading
        body = single_body(event, self._bot_name, room)
        answer = self._transport.post(path, body, self._timeout)
        reading, named = read_single(answer, event.event_id, self._clock.now())
        if reading.kind is ResponseKind.TAKEN:
            self._refused.pop(event.seq, None)
            self._rooms.pop(event.seq, None)
            if not named:
                self._report.at_least_once()
        return reading

    def is_stuck(self, event: PendingEvent, reading: ParsedResponse) -> bool:
        """Note a refusal; whether the next event is to be tried before this one again."""
        if reading.kind is ResponseKind.TOO_LARGE:
            room = self._rooms.get(event.seq, min(len(event.payload), LARGEST_BODY))
            self._rooms[event.seq] = max(SMALLEST_ROOM, room // 2)
            if room > SMALLEST_ROOM:
                return False
        tries = self._refused.get(event.seq, (0, ""))[0] + 1
        self._refused[event.seq] = (tries, reading.cause)
        return tries >= _TRIES

    def others_taken(self, event: PendingEvent, sent: int) -> bool:
        """Whether the server took other events since this one was refused the last time."""
        before = self._sent.get(event.seq, sent)
        self._sent[event.seq] = sent
        return sent > before

    def cause(self, event: PendingEvent) -> str:
        """What the last refusal of this event said."""
        return self._refused.get(event.seq, (0, "refused"))[1]
