"""One event in two forms: once through an old endpoint, once through the batch."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.events import Event, TextPart
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import (
    encode_item,
    event_from_item,
    event_from_single,
    split_long_texts,
    validate_payload,
)
from motherhaven.stores import Store
from tests.conformance.stores.kit import OLD_IDS, START, Bot, Place

PROMPT = "the market says ✓\n" * 9_000
KEYS = ("event_id", "bot_id", "bot_name", "mode", "epoch", "seq", "recorded_at")


def as_single(event: Event, **changes: Any) -> Event:
    """The event as it comes back from the body that our client sends to an old endpoint."""
    payload = validate_payload(event.kind, loads(event.payload)).model_dump(exclude_unset=True)
    ours = {"event_id": event.event_id, "bot_id": event.bot_id, "bot_name": event.bot_name,
            "mode": event.mode, "epoch": event.epoch, "seq": event.seq}  # fmt: skip
    body = loads(dumps({**payload, **ours, **changes}, numbers=True))
    endpoint: Any = "position" if event.kind.startswith("position") else event.kind
    return event_from_single(endpoint, body, START, OLD_IDS)


def in_parts(event: Event) -> tuple[Event, list[TextPart]]:
    """The event as the batch endpoint builds it when its long texts travel apart."""
    payload: Mapping[str, Any] = loads(event.payload)
    short, parts, counts = split_long_texts(event.event_id, event.bot_id, payload)
    item = encode_item(
        event_id=event.event_id, bot_id=event.bot_id, bot_name=event.bot_name, mode=event.mode,
        epoch=event.epoch, seq=event.seq, kind=event.kind, time=event.time.isoformat(),
        recorded_at=event.recorded_at.isoformat(), payload=dumps(short), parts=counts,
        sha256=hashlib.sha256(event.payload).hexdigest(),
    )  # fmt: skip
    assert parts
    return event_from_item(loads(item), START), parts


def samples() -> list[Event]:
    """Events whose numbers are written otherwise in the two forms."""
    bot = Bot()
    return [
        bot.decision(1, quantity_usd="12", leverage="3.0", raw_response="{…}"),
        bot.account(2, equity="1000"),
        bot.opened(3, position_id="p1", size="3"),
        bot.closed(4, position_id="p1", realized_pnl="2"),
        bot.status(5, pnl_today="0", trades_today=2),
    ]


@pytest.mark.parametrize("single_first", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_the_other_form_of_an_event_is_a_duplicate(
    place: Place, single_first: bool, together: bool
) -> None:
    """Other bytes, same meaning: kept once, never a conflict, whichever came first."""

    async def scenario(store: Store) -> None:
        batch = samples()
        singles = [as_single(event) for event in batch]
        assert all(a.payload != b.payload for a, b in zip(batch, singles, strict=True))
        first, second = (singles, batch) if single_first else (batch, singles)
        if together:
            results = await store.append([*first, *second])
        else:
            results = await store.append(first) + await store.append(second)
        assert [r.status for r in results] == ["stored"] * 5 + ["duplicate"] * 5
        assert [r.cursor for r in results[5:]] == [r.cursor for r in results[:5]]
        for event in first:
            assert (await store.full_payload(event.event_id))[1] == event.payload
        assert (await store.bots())[0].stats.decisions == 1

    place.run(scenario)


@pytest.mark.parametrize(
    "changes", [{"quantity_usd": 13}, {"justification": "other"}, {"own_field": 1}]
)
def test_another_meaning_is_still_a_conflict(place: Place, changes: dict[str, Any]) -> None:
    """A changed number, text or unknown field is another event under the same id."""

    async def scenario(store: Store) -> None:
        event = samples()[0]
        again = as_single(event, **changes)
        results = [*await store.append([event]), *await store.append([again])]
        assert [r.status for r in results] == ["stored", "conflict"]
        assert (await store.append([event, again]))[1].status == "conflict"

    place.run(scenario)


def test_long_texts_are_compared_too(place: Place) -> None:
    """In one piece or in parts: the same prompt is a duplicate, another one a conflict."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        event = bot.decision(1, quantity_usd="12", user_prompt=PROMPT)
        [kept] = await store.append([as_single(event)])
        assert kept.status == "stored"
        split, parts = in_parts(event)
        await store.put_parts(parts)
        assert [r.status for r in await store.append([event, split])] == ["duplicate"] * 2
        other = bot.decision(1, quantity_usd="12", user_prompt=PROMPT + "!",
                             envelope={"event_id": event.event_id})  # fmt: skip
        split, parts = in_parts(other)
        await store.put_parts(parts)
        assert [r.status for r in await store.append([other, split])] == ["conflict"] * 2

    place.run(scenario)


def test_what_retention_took_cannot_be_compared(place: Place) -> None:
    """Then the same bytes are still a duplicate, other bytes a conflict."""

    async def scenario(store: Store) -> None:
        event = samples()[0]
        await store.append([event])
        await store.prune(START + timedelta(days=1))
        results = await store.append([event, as_single(event)])
        assert [r.status for r in results] == ["duplicate", "conflict"]

    place.run(scenario)
