"""What validation took otherwise than it was sent stays marked, in parts and after a move."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.events import Event
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import event_from_item, payload_sha256, split_long_texts
from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.moving import StoreSource, copy
from tests.conformance.stores.kit import START, Place

WRONG = "1970-01-01T00:00:00Z"


def sent(received: Any, *, parts: bool) -> tuple[Event, list[Any]]:
    """A decision of a bot whose clock is wrong, its confidence in percent."""
    payload: dict[str, Any] = {
        "timestamp": WRONG, "coin": "BTC", "signal": "hold", "quantity_usd": "1", "leverage": 1,
        "confidence": 85, "justification": "j", "raw_response": "x" * 50,
    }  # fmt: skip
    item = {
        "event_id": "e-1", "bot_id": "bot-a", "kind": "decision", "time": WRONG,
        "recorded_at": WRONG, "epoch": 1, "seq": 1, "payload": payload,
    }  # fmt: skip
    pieces: list[Any] = []
    if parts:
        digest = payload_sha256(dumps(payload))
        item["payload"], pieces, counts = split_long_texts("e-1", "bot-a", payload, piece_chars=20)
        item |= {"parts": counts, "sha256": digest}
    return event_from_item(item, received), pieces


@pytest.mark.parametrize("parts", [False, True], ids=["whole", "parts"])
def test_marks_are_kept_and_the_same_event_stays_the_same(place: Place, parts: bool) -> None:
    """Sent again later, and to another store that it was copied to: a duplicate."""

    async def scenario(store: Store) -> None:
        event, pieces = sent(START, parts=parts)
        await store.put_parts(pieces)
        assert [one.status for one in await store.append([event])] == ["stored"]
        _, payload = await store.full_payload("e-1")
        told = loads(payload)
        assert told["time_replaced"] == told["recorded_replaced"] == told["timestamp"] == WRONG
        assert (told["confidence"], told["confidence_percent"]) == ("0.85", "85")
        assert told["raw_response"] == "x" * 50
        row = await store.decision("e-1")
        assert (row.time, row.recorded_at, str(row.confidence)) == (START, START, "0.85")
        later, pieces = sent(START + timedelta(hours=1), parts=parts)
        other = MemoryStore()
        await copy(StoreSource(store), other, lambda count: None)
        for one in (store, other):
            await one.put_parts(pieces)
            assert [r.status for r in await one.append([later])] == ["duplicate"]
        changed = replace(later, payload=later.payload.replace(b"BTC", b"ETH"), sha256="00" * 32)
        assert [r.status for r in await store.append([changed])] == ["conflict"]

    place.run(scenario)
