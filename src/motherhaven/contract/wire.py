"""The wire form: batch items of our own client, and the bodies of the four old endpoints.

A batch is `{"events": [item, …], "parts": [part, …]}`. An item is the envelope's fields
beside `payload`, whose bytes are exactly those of the journal. A long text travels as
parts under the event's id, before the event; the event then names `parts` and the
`sha256` of its whole payload. The answer is `{"success": true, "results": […],
"parts": […]}` with one result for each, in order.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, cast, get_args

from pydantic import ValidationError

from motherhaven.contract.bounds import check_body, check_values
from motherhaven.contract.errors import InvalidEvent, InvalidMoney
from motherhaven.contract.events import (
    LONG_TEXTS,
    PAYLOADS,
    DecisionMade,
    Event,
    Kind,
    Mode,
    Payload,
    TextPart,
)
from motherhaven.contract.events.base import first_problem
from motherhaven.contract.ids import DEFAULT_BOT, IdSource, check_id
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.money import EXACT, plain, to_decimal
from motherhaven.contract.times import PlacedTime, place_time

MAX_BODY_BYTES: Final = 1 << 20
MAX_BATCH_EVENTS: Final = 500
PART_CHARS: Final = 100_000
MAX_PARTS: Final = 1_000
MAX_EVENT_BYTES: Final = 600_000
"""Above this a client sends an event's long texts in parts."""

Endpoint = Literal["decision", "account", "position", "status"]

TIME_FIELD: Final[dict[Kind, str]] = {
    "position_opened": "entry_time",
    "position_closed": "exit_time",
}

_ENVELOPE: Final = ("event_id", "bot_id", "bot_name", "mode", "epoch", "seq", "recorded_at")
_MODES: Final = get_args(Mode)
_MAX_SEQ: Final = 1 << 53


def validate_payload(kind: Kind, payload: Mapping[str, Any]) -> Payload:
    """`payload` checked against the model of `kind`.

    Raises:
        InvalidEvent: names the first wrong field, why, and how many more there are.
    """
    try:
        return PAYLOADS[kind].model_validate(payload)
    except ValidationError as error:
        raise InvalidEvent(f"{kind}: {first_problem(error)}") from None


def encode_item(
    *,
    event_id: str,
    bot_id: str,
    bot_name: str | None,
    mode: Mode,
    epoch: int,
    seq: int,
    kind: Kind,
    time: str,
    recorded_at: str,
    payload: bytes,
    parts: Mapping[str, int] | None = None,
    sha256: str | None = None,
) -> bytes:
    """One batch item, with `payload` (canonical JSON) joined in as it is stored."""
    head: dict[str, Any] = {
        "event_id": event_id,
        "bot_id": bot_id,
        "bot_name": bot_name,
        "mode": mode,
        "epoch": epoch,
        "seq": seq,
        "kind": kind,
        "time": time,
        "recorded_at": recorded_at,
    }
    if parts:
        head["parts"] = dict(parts)
        head["sha256"] = sha256
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    return text[:-1].encode() + b',"payload":' + payload + b"}"


def split_long_texts(
    event_id: str,
    bot_id: str,
    payload: Mapping[str, Any],
    *,
    piece_chars: int = PART_CHARS,
    from_chars: int | None = None,
    fields: Sequence[str] = LONG_TEXTS,
) -> tuple[dict[str, Any], list[TextPart], dict[str, int]]:
    """The payload without its long texts `fields`, and the parts that carry them.

    A text shorter than `from_chars` (None: `piece_chars`, at most PART_CHARS) stays where it
    is. Joining a field's parts by index and putting them back gives the same canonical JSON again.
    """
    short = dict(payload)
    parts: list[TextPart] = []
    counts: dict[str, int] = {}
    for field in fields:
        text = short.get(field)
        if not isinstance(text, str) or len(text) < (from_chars or piece_chars):
            continue
        count = -(-len(text) // piece_chars)
        counts[field] = count
        short[field] = "" if field == "justification" else None
        for index in range(count):
            piece = text[index * piece_chars : (index + 1) * piece_chars]
            parts.append(TextPart(event_id, bot_id, field, index, count, piece))
    return short, parts, counts


def event_from_item(item: Mapping[str, Any], received_at: datetime) -> Event:
    """An event from a batch item of our own client.

    Raises:
        InvalidEvent: a field of the envelope or the payload is missing or wrong.
    """
    kind = item.get("kind")
    if not isinstance(kind, str) or kind not in PAYLOADS:
        raise InvalidEvent(f"kind: {str(kind)[:40]!r} is unknown; send one of {sorted(PAYLOADS)}")
    payload = item.get("payload")
    if not isinstance(payload, Mapping):
        raise InvalidEvent("payload: missing or not an object")
    if "time" not in item or "event_id" not in item:
        raise InvalidEvent("time and event_id: both are needed in a batch item")
    return _build(kind, item, payload, item["time"], received_at)


def event_from_single(
    endpoint: Endpoint, body: object, received_at: datetime, ids: IdSource
) -> Event:
    """An event from the body of one of the four old endpoints.

    Our optional fields (event_id, bot_id, …) may stand beside the payload's own.

    Raises:
        InvalidEvent: not an object, or a field is missing or wrong.
    """
    if not isinstance(body, Mapping):
        raise InvalidEvent(f"{endpoint}: the body is not a JSON object")
    payload = {key: value for key, value in body.items() if key not in _ENVELOPE}
    kind = _kind_of(endpoint, payload)
    field = TIME_FIELD.get(kind, "timestamp")
    envelope = {key: body[key] for key in _ENVELOPE if key in body}
    if "event_id" not in envelope:
        envelope["event_id"] = ids.new()
    return _build(kind, envelope, payload, payload.get(field), received_at)


def part_from_item(item: object) -> TextPart:
    """A text part from a batch.

    Raises:
        InvalidEvent: a field is missing or wrong.
    """
    if not isinstance(item, Mapping):
        raise InvalidEvent("parts: each must be an object")
    field, text = item.get("field"), item.get("text")
    index = _integer(item.get("index"), "parts.index", MAX_PARTS)
    count = _integer(item.get("count"), "parts.count", MAX_PARTS)
    if field not in LONG_TEXTS:
        raise InvalidEvent(f"parts.field: send one of {LONG_TEXTS}")
    if not isinstance(text, str) or len(text) > PART_CHARS:
        raise InvalidEvent(f"parts.text: send text of at most {PART_CHARS} characters")
    if not 0 <= index < count:
        raise InvalidEvent("parts.index: must be at least 0 and below parts.count")
    event_id = check_id(item.get("event_id"), "parts.event_id")
    bot_id = check_id(item.get("bot_id", DEFAULT_BOT), "parts.bot_id")
    return TextPart(event_id, bot_id, field, index, count, text)


def payload_sha256(payload: bytes) -> str:
    """SHA-256 of canonical payload bytes, as 64 hex characters."""
    return hashlib.sha256(payload).hexdigest()


def _kind_of(endpoint: Endpoint, payload: Mapping[str, Any]) -> Kind:
    if endpoint == "position":
        return "position_closed" if payload.get("status") == "closed" else "position_opened"
    return cast("Kind", endpoint)


def _build(
    kind: Kind,
    envelope: Mapping[str, Any],
    payload: Mapping[str, Any],
    time: object,
    received_at: datetime,
) -> Event:
    name = envelope.get("bot_name")
    if name is not None and not (isinstance(name, str) and 0 < len(name) <= 100):
        raise InvalidEvent("bot_name: send text of 1 to 100 characters, or leave it out")
    mode = envelope.get("mode", "unknown")
    if mode not in _MODES:
        raise InvalidEvent(f"mode: {str(mode)[:40]!r} is unknown; send one of {_MODES}")
    sha256 = envelope.get("sha256")
    is_open = check_values(payload, kind)
    placed = place_time(time, received_at, TIME_FIELD.get(kind, "timestamp"))
    recorded = PlacedTime(received_at, None)
    if envelope.get("recorded_at") is not None:
        recorded = place_time(envelope["recorded_at"], received_at, "recorded_at")
    parts = _part_counts(envelope.get("parts"))
    whole, body = payload, validate_payload(kind, payload)
    marks = _marks(body, placed, recorded)
    if marks:
        whole = {**payload, **marks}
        body = validate_payload(kind, whole)
    if is_open:
        check_body(body, kind)
    return Event(
        event_id=check_id(envelope["event_id"], "event_id"),
        bot_id=check_id(envelope.get("bot_id") or DEFAULT_BOT, "bot_id"),
        bot_name=name,
        mode=mode,
        epoch=_integer(envelope.get("epoch", 0), "epoch", _MAX_SEQ),
        seq=_integer(envelope.get("seq", 0), "seq", _MAX_SEQ),
        kind=kind,
        time=placed.moment,
        recorded_at=recorded.moment,
        received_at=received_at,
        payload=dumps(payload if parts else whole),
        body=body,
        parts=parts,
        sha256=sha256 if isinstance(sha256, str) else None,
        marks=marks or None,
    )


def _marks(body: Payload, placed: PlacedTime, recorded: PlacedTime) -> dict[str, Any]:
    """The fields that say what validation took otherwise than it was sent."""
    marks: dict[str, Any] = {}
    if placed.replaced is not None:
        marks["time_replaced"] = placed.replaced
    if recorded.replaced is not None:
        marks["recorded_replaced"] = recorded.replaced
    if isinstance(body, DecisionMade) and body.confidence is not None:
        try:
            confidence, percent = as_fraction(body.confidence)
        except InvalidMoney as error:
            raise InvalidEvent(f"decision: {error}") from None
        if percent is not None:
            marks |= {"confidence": plain(confidence), "confidence_percent": plain(percent)}
    return marks


def as_fraction(confidence: object) -> tuple[Decimal, Decimal | None]:
    """A confidence from 0 to 1; one above 1 up to 100 is a percentage, given back as it came.

    Raises:
        InvalidMoney: not a number, negative, or above 100; names `confidence`.
    """
    number = to_decimal(confidence, "confidence")
    if 0 <= number <= 1:
        return number, None
    if 1 < number <= 100:
        return number.scaleb(-2, context=EXACT), number
    raise InvalidMoney(
        f"confidence: {str(confidence)[:40]} is no fraction from 0 to 1, nor a percentage up to 100"
    )


def _part_counts(value: object) -> dict[str, int] | None:
    if not value:
        return None
    if not isinstance(value, Mapping) or not set(value) <= set(LONG_TEXTS):
        raise InvalidEvent(f"parts: send an object with counts for {LONG_TEXTS}")
    return {str(key): _integer(count, f"parts.{key}", MAX_PARTS) for key, count in value.items()}


def _integer(value: object, what: str, limit: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit:
        return value
    raise InvalidEvent(f"{what}: send a whole number from 0 to {limit}")
