"""What a store keeps of an event, and how its long texts are taken apart and put back."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from motherhaven.contract.errors import InvalidJson, NotFound
from motherhaven.contract.events import (
    CUT_TEXTS,
    LONG_TEXTS,
    PROMPT_TEXTS,
    Event,
    Kind,
    Mode,
    TextPart,
)
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.views import TextSlice
from motherhaven.stores.keys import Key, Pointer, micros

ROW_CHARS: Final = 10_000
"""One of CUT_TEXTS that is longer is cut in rows; its whole text is kept apart."""

EMPTIED_KINDS: Final[tuple[Kind, ...]] = (
    "position_opened", "position_closed", "execution", "candles",
)  # fmt: skip
"""Kinds whose payload retention drops: what they say is in rows of their own."""

_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Record:
    """An event as kept: times in microseconds, `payload` canonical JSON without long texts.

    `time` and `recorded` are the client's clock, as sent; `shown` is what lists and charts show.
    """

    n: int
    event_id: str
    bot_id: str
    bot_name: str | None
    mode: Mode
    kind: Kind
    epoch: int
    seq: int
    time: int
    recorded: int
    received: int
    payload: bytes
    order: int | None = None
    """Its place among all lists' rows, once `project` gave it one."""

    @property
    def key(self) -> Key:
        """The place in the lists: by receipt, whatever the client's clock says."""
        return Key(
            self.received if self.order is None else self.order, self.epoch, self.seq, self.n
        )

    @property
    def receipt(self) -> Key:
        """Its place in the order of receipt."""
        return Key(self.received, self.epoch, self.seq, self.n)

    @property
    def shown(self) -> int:
        """When it happened; a client's clock that is ahead tells no later than the receipt."""
        return min(self.time, self.received)

    @property
    def written(self) -> int:
        """When the recorder wrote it down, no later than the receipt."""
        return min(self.recorded, self.received)

    @property
    def pointer(self) -> Pointer:
        """The place among the bot's own events."""
        return Pointer(self.n, self.epoch, self.seq, self.written)


def named(record: Record) -> tuple[str, str]:
    """Whose a record is, and what it is called, for who cannot read it."""
    return record.bot_id, record.event_id


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event ready to be kept: `digest` of the whole payload, `lean` without `texts`."""

    event: Event
    digest: bytes
    lean: bytes
    texts: dict[str, str]

    def record(self, n: int) -> Record:
        """The record of this event as commit number `n`."""
        event = self.event
        recorded = micros(event.recorded_at)
        received = recorded if event.received_at is None else micros(event.received_at)
        return Record(
            n, event.event_id, event.bot_id, event.bot_name, event.mode, event.kind,
            event.epoch, event.seq, micros(event.time), recorded, received, self.lean,
        )  # fmt: skip


def digest_of(event: Event) -> bytes | None:
    """SHA-256 of the whole payload; None if the event names parts but no digest."""
    if event.parts is None:
        return hashlib.sha256(event.payload).digest()
    try:
        return bytes.fromhex(event.sha256 or "") or None
    except ValueError:
        return None


def prepare(event: Event, digest: bytes, parts: Iterable[TextPart]) -> Prepared | None:
    """`event` with its long texts taken out, or None if parts are missing or do not match."""
    if event.parts is not None:
        whole = _assemble(event, digest, parts)
        return None if whole is None else Prepared(event, digest, *_split_slowly(event.kind, whole))
    if event.kind not in CUT_TEXTS:
        return Prepared(event, digest, event.payload, {})
    return Prepared(event, digest, *_split(event))


def restore(lean: bytes, texts: Mapping[str, str]) -> bytes:
    """The canonical payload again, byte for byte."""
    return dumps({**json.loads(lean), **texts}) if texts else lean


def slice_of(event_id: str, field: str, text: str | None, offset: int, limit: int) -> TextSlice:
    """`limit` characters of `text` from `offset` on.

    Raises:
        NotFound: there is no such text.
    """
    if text is None:
        raise no_text(event_id, field)
    return TextSlice(text=text[max(offset, 0) :][: max(limit, 0)], offset=offset, total=len(text))


def no_text(event_id: str, field: str) -> NotFound:
    """The error for a text that an event does not have, or that retention dropped."""
    return NotFound(
        f"event {event_id} has no text {field!r}; its long texts may be any of {LONG_TEXTS}, "
        "and retention may have dropped them"
    )


def no_event(event_id: str) -> NotFound:
    """The error for an event id that this store never kept."""
    return NotFound(f"no event or decision {event_id[:60]!r} is kept here")


def payload_gone(event_id: str) -> NotFound:
    """The error for an event whose whole payload retention dropped."""
    return NotFound(f"the whole payload of {event_id} is no longer kept (retention)")


def _split(event: Event) -> tuple[bytes, dict[str, str]]:
    """Cut the texts out of the canonical bytes; much cheaper than parsing them again."""
    lean = event.payload
    texts: dict[str, str] = {}
    for field in PROMPT_TEXTS:
        text = getattr(event.body, field)
        if text is None:
            continue
        # Quotes are escaped within strings, so this can only be a key; once, it is the top one.
        key = f',"{field}":"'.encode()
        piece = key[:-1] + _encode(text).encode()
        start = lean.find(key)
        end = start + len(piece)
        if not lean.startswith(piece, start) or lean.find(key, end) >= 0:
            return _split_slowly(event.kind, json.loads(event.payload))
        lean = lean[:start] + lean[end:]
        texts[field] = text
    long = (getattr(event.body, field, None) or "" for field in CUT_TEXTS[event.kind])
    if any(len(text) > ROW_CHARS for text in long):
        return _split_slowly(event.kind, json.loads(event.payload))
    return lean, texts


def _split_slowly(kind: Kind, payload: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    texts = {key: payload[key] for key in PROMPT_TEXTS if isinstance(payload.get(key), str)}
    lean = {key: value for key, value in payload.items() if key not in texts}
    for field in CUT_TEXTS.get(kind, ()):
        text = lean.get(field)
        if isinstance(text, str) and len(text) > ROW_CHARS:
            texts[field] = text
            lean[field] = text[:ROW_CHARS] + "…"
    return dumps(lean), texts


def _assemble(event: Event, digest: bytes, parts: Iterable[TextPart]) -> dict[str, Any] | None:
    pieces = {(part.field, part.index): part for part in parts}
    payload: dict[str, Any] = json.loads(event.payload)
    for field, count in (event.parts or {}).items():
        found = [pieces.get((field, index)) for index in range(count)]
        texts = [part.text for part in found if part is not None and part.count == count]
        if len(texts) != count:
            return None
        payload[field] = "".join(texts)
    try:
        whole = dumps(payload)
    except InvalidJson:
        return None
    # What validation set came after the sender's digest.
    return payload | dict(event.marks or {}) if hashlib.sha256(whole).digest() == digest else None
