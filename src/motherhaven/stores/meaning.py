"""Whether an event that comes again is the same one, though its bytes differ.

A client that fell back to the single endpoints sent numbers there, and sends decimal
text when the batch endpoint answers again: other bytes, and another digest, for the
same event.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from motherhaven.contract.events import MARKS, Event, Kind, Payload
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.wire import validate_payload
from motherhaven.stores.unreadable import UNREADABLE


def is_same(
    event: Event,
    digest: bytes | None,
    known: tuple[str, str, bytes],
    kept: Callable[[], bytes | None],
) -> bool:
    """Whether `event` is the one kept before as `known` (bot id, kind, digest).

    `kept` gives the whole payload that was kept, None if it is gone; it is only asked
    where the digests differ.
    """
    bot_id, kind, before = known
    if digest is None or (event.bot_id, event.kind) != (bot_id, kind):
        return False
    if digest == before:
        return True
    payload = kept()
    return payload is not None and same_meaning(event, digest, payload)


def same_meaning(event: Event, digest: bytes, kept: bytes) -> bool:
    """Whether the whole payload of `event` says what the payload `kept` says.

    The parts of an event that is kept already are not kept again: its long texts are
    then taken from `kept`, and the digest proves that they are the same.
    """
    try:
        before = json.loads(kept)
        again = json.loads(event.payload)
        if event.parts is not None:
            again |= {field: before.get(field) for field in event.parts}
            if hashlib.sha256(dumps(again)).digest() != digest:
                return False
            again |= event.marks or {}
        return _meaning(event.kind, again) == _meaning(event.kind, before)
    except UNREADABLE:
        return False


def _meaning(kind: Kind, payload: dict[str, Any]) -> Payload:
    """What a payload says of what happened; how it came is no part of that."""
    told = {name: value for name, value in payload.items() if name not in MARKS}
    return validate_payload(kind, told)
