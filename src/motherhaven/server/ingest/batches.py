"""A batch, parsed and validated: pure work, so that a large one can leave the event loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from motherhaven.contract.errors import ContractError, InvalidEvent
from motherhaven.contract.events import Event, TextPart
from motherhaven.contract.jsonio import loads_wire
from motherhaven.contract.wire import event_from_item, part_from_item
from motherhaven.server.auth.keys.binding import bind_event
from motherhaven.server.wire.problems import too_large
from motherhaven.stores.protocol import Appended

INCOMPLETE: Final = (
    "parts of its long texts are missing or do not match its sha256; send them again"
)
_REASONS: Final = {
    "conflict": "this event_id was kept before with another payload; nothing was changed",
    "incomplete": INCOMPLETE,
}


@dataclass(slots=True)
class Batch:
    """What of a batch is valid, and the verdicts in the order sent.

    `refused` holds who sent what can never be kept, why, and the code of that; what is only
    incomplete can.
    """

    events: list[Event] = field(default_factory=list)
    parts: list[TextPart] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    part_results: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[object, str, str]] = field(default_factory=list)
    _places: list[int] = field(default_factory=list)

    def settle(self, done: Sequence[Appended]) -> None:
        """Enter what the store did with `events`."""
        for place, one, event in zip(self._places, done, self.events, strict=True):
            self.results[place]["status"] = one.status
            if one.status == "conflict":
                why = f"{one.event_id}: {_REASONS['conflict']}"
                self.refused.append((event.bot_id, why, "conflict"))
            if one.status in _REASONS:
                self.results[place]["error"] = _REASONS[one.status]

    def add_event(self, item: object, received_at: datetime) -> None:
        """Validate one item; a bad one is rejected alone."""
        known = item if isinstance(item, Mapping) else {}
        result: dict[str, Any] = {"event_id": _text(known.get("event_id"))}
        try:
            self.events.append(event_from_item(known, received_at))
            self._places.append(len(self.results))
        except ContractError as error:
            result |= {"status": "rejected", "error": str(error)}
            self.refused.append((known.get("bot_id"), str(error), error.code))
        self.results.append(result)

    def add_part(self, item: object) -> None:
        """Validate one part of a long text; a bad one is rejected alone."""
        known = item if isinstance(item, Mapping) else {}
        index = known.get("index")
        result: dict[str, Any] = {
            "event_id": _text(known.get("event_id")),
            "field": _text(known.get("field")),
            "index": index if isinstance(index, int) and not isinstance(index, bool) else None,
            "status": "stored",
        }
        try:
            self.parts.append(part_from_item(item))
        except ContractError as error:
            result |= {"status": "rejected", "error": str(error)}
        self.part_results.append(result)


def read_batch(body: bytes, received_at: datetime, limit: int, bot: str | None = None) -> Batch:
    """A batch from the bytes of a request; `bot` is the only one that its key may send for.

    Raises:
        InvalidJson, InvalidEvent: not a batch at all.
        Problem: 413, more than `limit` events or parts; 403, something of another bot.
    """
    parsed = loads_wire(body)
    if not isinstance(parsed, Mapping):
        raise InvalidEvent("batch: the body is not a JSON object with events and parts")
    events, parts = parsed.get("events", []), parsed.get("parts", [])
    if not isinstance(events, list) or not isinstance(parts, list):
        raise InvalidEvent("batch: events and parts must be arrays")
    if len(events) > limit or len(parts) > limit:
        raise too_large(limit, "events or parts")
    batch = Batch()
    for item in [bind_event(item, bot) for item in parts]:
        batch.add_part(item)
    for item in [bind_event(item, bot) for item in events]:
        batch.add_event(item, received_at)
    return batch


def _text(value: object) -> str | None:
    return value[:128] if isinstance(value, str) else None
