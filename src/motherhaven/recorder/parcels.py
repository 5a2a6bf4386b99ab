"""Request bodies for waiting events, joined from the bytes that the journal holds.

Nothing large is encoded here: a json.dumps of a whole batch would hold the interpreter's
lock and stall the trading loop.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from motherhaven.contract.events import LONG_TEXTS, REPLACED, TextPart
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import PART_CHARS, encode_item, split_long_texts, validate_payload
from motherhaven.recorder.outbox import Waiting

BATCH_BYTES: Final = 900_000
SMALL_PIECE: Final = 20_000
"""Characters of a text piece where a server refuses larger bodies than the contract's."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event too large to travel whole: its item, and the parts that go before it."""

    item: bytes
    parts: tuple[bytes, ...]


def item(event: Waiting, bot_name: str | None) -> bytes:
    """One batch item around the payload's stored bytes."""
    return _item(event, bot_name, event.payload, None)


def join(items: Sequence[bytes], parts: Sequence[bytes]) -> bytes:
    """A whole request body of the batch endpoint."""
    return b'{"events":[' + b",".join(items) + b'],"parts":[' + b",".join(parts) + b"]}"


def cut(event: Waiting, bot_name: str | None, *, small: bool) -> Parcel:
    """`event` with its long texts cut into parts; small ones if the server asks for it."""
    payload = loads(event.payload)
    short, parts, counts = split_long_texts(event.event_id, event.bot_id, payload)
    data = dumps(short)
    if small or len(data) > BATCH_BYTES * 2 // 3:
        short, parts, counts = split_long_texts(
            event.event_id, event.bot_id, payload, piece_chars=SMALL_PIECE
        )
        data = dumps(short)
    encoded = tuple(_part(part) for part in parts)
    return Parcel(_item(event, bot_name, data, counts), encoded)


def can_be_cut(event: Waiting, piece_chars: int = PART_CHARS) -> bool:
    """Whether cutting long texts into such pieces makes the event any smaller."""
    payload = loads(event.payload)
    texts = (payload.get(field) for field in LONG_TEXTS)
    return any(isinstance(text, str) and len(text) >= piece_chars for text in texts)


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


def replaced_body(event: Waiting, bot_name: str | None) -> bytes | None:
    """What closes, on an old server, the row that a changed position's new record replaces.

    Without it the row stays open there for ever; None for every other event. It closes at
    its own entry for nothing, and has an id of its own.
    """
    if event.kind != "position_opened":
        return None
    payload = loads(event.payload)
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
    return single_body(other, bot_name)


def single_body(event: Waiting, bot_name: str | None) -> bytes:
    """The body for one of the four old endpoints: numbers as numbers, ours beside them."""
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
    payload = validate_payload(event.kind, loads(event.payload)).model_dump(exclude_unset=True)
    return dumps({**payload, **ours}, numbers=True)


def _item(
    event: Waiting, bot_name: str | None, payload: bytes, parts: dict[str, int] | None
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
        sha256=event.sha256,
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
