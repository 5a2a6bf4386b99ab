"""Request bodies for waiting events, joined from the bytes that the journal holds.

Nothing large is encoded here: a json.dumps of a whole batch would hold the interpreter's
lock and stall the trading loop.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from motherhaven.contract.events import LONG_TEXTS, PAYLOADS, REPLACED, TextPart
from motherhaven.contract.jsonio import dumps, loads_own, may_be_wide
from motherhaven.contract.wire import (
    MAX_EVENT_BYTES,
    MAX_PARTS,
    PART_CHARS,
    encode_item,
    payload_sha256,
    split_long_texts,
    validate_payload,
)
from motherhaven.recorder.sending.outbox import PendingEvent
from motherhaven.recorder.shorten import CUT, MARK, shorten, thin, told

BATCH_BYTES: Final = 900_000
SMALLEST_ROOM: Final = 2_000
"""Bytes that every server takes: who refuses fewer refuses something else."""

_LONGEST_TEXT: Final = 50_000_000
_SMALLEST_PIECE: Final = 200


@dataclass(frozen=True, slots=True)
class CutEvent:
    """An event too large to travel whole: its item, and the parts that go before it.

    `shortened`: the server gets less than the journal has, with a mark that says so.
    """

    item: bytes
    parts: tuple[bytes, ...]
    shortened: bool


def item(event: PendingEvent, bot_name: str | None) -> bytes:
    """One batch item around the payload's stored bytes."""
    return _item(event, bot_name, event.payload, None, event.sha256)


def join(items: Sequence[bytes], parts: Sequence[bytes]) -> bytes:
    """A whole request body of the batch endpoint."""
    return b'{"events":[' + b",".join(items) + b'],"parts":[' + b",".join(parts) + b"]}"


def cut(
    event: PendingEvent,
    bot_name: str | None,
    room: int = MAX_EVENT_BYTES,
    texts: Sequence[str] = LONG_TEXTS,
) -> CutEvent:
    """`event` in bodies of about `room` bytes each.

    Its long `texts` travel in parts; what is too large beside them is cut, with a mark.
    """
    piece = PART_CHARS if room >= MAX_EVENT_BYTES else max(_SMALLEST_PIECE, room // 8)
    payload, shortened = _bounded_texts(event, MAX_PARTS * piece, texts)
    declared = PAYLOADS[event.kind].model_fields
    payload, thinned = thin(payload, declared, event.sha256, len(event.payload))
    shortened = shortened or thinned
    short, parts, counts = split_long_texts(
        event.event_id, event.bot_id, payload, piece_chars=piece, fields=texts
    )
    data = dumps(short)
    if len(data) > room:
        short, parts, counts = split_long_texts(
            event.event_id,
            event.bot_id,
            payload,
            piece_chars=piece,
            from_chars=room // 50,
            fields=texts,
        )
        data = dumps(short)
    if len(data) > room:
        shortened = True
        short = shorten(short, room, declared, event.sha256)
        data = dumps(short)
    sha256 = event.sha256
    if shortened:
        apart = {field: payload[field] for field in counts}
        sha256 = payload_sha256(dumps({**short, **apart}))
    item = _item(event, bot_name, data, counts, sha256)
    return CutEvent(item, tuple(_part(part) for part in parts), shortened)


def _bounded_texts(
    event: PendingEvent, most_chars: int, texts: Sequence[str]
) -> tuple[dict[str, Any], bool]:
    """The payload with no long text beyond what its parts can carry."""
    payload = loads_own(event.payload)
    limit = min(_LONGEST_TEXT, most_chars) - len(MARK) - 20
    cut: list[str] = []
    for field in texts:
        text = payload.get(field)
        if isinstance(text, str) and len(text) > limit:
            payload[field] = text[:limit] + MARK.format(count=len(text))
            cut.append(field)
    if cut:
        payload[CUT] = told(len(event.payload), event.sha256, cut)
    return payload, bool(cut)


def bundles(parts: Sequence[bytes], max_bytes: int) -> Iterator[list[bytes]]:
    """Parts in runs of up to `max_bytes`, at least one in each."""
    run: list[bytes] = []
    size = 0
    for part in parts:
        if run and size + len(part) > max_bytes:
            yield run
            run, size = [], 0
        run.append(part)
        size += len(part)
    if run:
        yield run


def replaced_body(event: PendingEvent, bot_name: str | None, room: int) -> bytes | None:
    """What closes, on an old server, the row that a changed position's new record replaces.

    Without it the row stays open there for ever; None for every other event. It closes at
    its own entry for nothing, and has an id of its own.
    """
    if event.kind != "position_opened":
        return None
    payload = loads_own(event.payload)
    before = payload.get("replaces")
    if not isinstance(before, Mapping):
        return None
    closing = {
        **{name: payload.get(name) for name in ("coin", "side", "entry_time", "position_id")},
        **{name: before.get(name) for name in ("quantity_usd", "leverage", "entry_price")},
        "exit_price": before.get("entry_price"),
        "exit_time": event.time,
        "realized_pnl": 0,
        "status": "closed",
        "reason": REPLACED,
    }
    event_id = "r" + hashlib.sha256(event.event_id.encode()).hexdigest()[:31]
    other = replace(
        event, event_id=event_id, kind="position_closed", payload=dumps(closing), seq=0, epoch=0
    )
    return single_body(other, bot_name, room)


def single_body(event: PendingEvent, bot_name: str | None, room: int) -> bytes:
    """The body for one of the four old endpoints: numbers as numbers, ours beside them.

    A payload of more than `room` bytes is cut, with a mark.
    """
    ours: dict[str, Any] = {
        "event_id": event.event_id,
        "bot_id": event.bot_id,
        "mode": event.mode,
        "epoch": event.epoch,
        "seq": event.seq,
        "recorded_at": event.recorded_at,
    }
    if bot_name is not None:
        ours["bot_name"] = bot_name
    found = loads_own(event.payload)
    declared = PAYLOADS[event.kind].model_fields
    if may_be_wide(event.payload):
        found, _ = thin(found, declared, event.sha256, len(event.payload))
    if len(event.payload) > room:
        found = shorten(found, room, declared, event.sha256)
    payload = validate_payload(event.kind, found).model_dump(exclude_unset=True)
    return dumps({**payload, **ours}, numbers=True)


def _item(
    event: PendingEvent,
    bot_name: str | None,
    payload: bytes,
    parts: dict[str, int] | None,
    sha256: str,
) -> bytes:
    return encode_item(
        event_id=event.event_id,
        bot_id=event.bot_id,
        bot_name=bot_name,
        mode=event.mode,
        epoch=event.epoch,
        seq=event.seq,
        kind=event.kind,
        time=event.time,
        recorded_at=event.recorded_at,
        payload=payload,
        parts=parts,
        sha256=sha256,
    )


def _part(part: TextPart) -> bytes:
    return dumps(
        {
            "event_id": part.event_id,
            "bot_id": part.bot_id,
            "field": part.field,
            "index": part.index,
            "count": part.count,
            "text": part.text,
        }
    )
