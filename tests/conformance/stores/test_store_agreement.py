"""Random histories: every backend answers as the memory store does."""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import Event
from motherhaven.stores import TIERS, DecisionFilter, MemoryStore, Store
from tests.conformance.stores.kit import BACKENDS, START, Backend, Bot, StillClock
from tests.examples import examples

MONEY = st.decimals(-2000, 2000, allow_nan=False, places=3).map(str)
PRICE = st.sampled_from(["100", "100.0", "101"])
COIN = st.sampled_from(["BTC", "ETH"])
MINUTE = st.integers(0, 3_000)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
KINDS = ("decision", "execution", "account", "opened", "closed", "status", "fill", "funding",
         "candles")  # fmt: skip
FILTERS = (
    DecisionFilter(),
    DecisionFilter(bot_id="bot-a", signal="close"),
    DecisionFilter(verdict="rejected"),
    DecisionFilter(verdict="allowed", executed=True),
    DecisionFilter(only_trades=True, since=START + timedelta(hours=5), until=START + timedelta(1)),
)
NAME = st.sampled_from(["p1", "p2", None])


@st.composite
def step(draw: st.DrawFn) -> tuple[str, int, float, dict[str, Any]]:
    """One event to be: which kind, which bot, when, and its fields."""
    kind = draw(st.sampled_from(KINDS))
    fields: dict[str, Any] = {}
    if kind == "decision":
        fields = {"coin": draw(COIN), "cost_usd": draw(MONEY), "raw_response": draw(TEXT),
                  "signal": draw(st.sampled_from(["hold", "close", "buy_to_enter"])),
                  "verdict": {"allowed": draw(st.booleans())}}  # fmt: skip
    elif kind == "execution":
        fields = {"decision": draw(st.integers(1, 12)),
                  "execution_status": draw(st.sampled_from(["executed", "rejected"]))}  # fmt: skip
    elif kind == "account":
        marks = [{"position_id": name, "coin": "BTC", "size": "1", "entry_price": "1", "mark": "2",
                  "leverage": "1", "unrealized_pnl": draw(MONEY)}
                 for name in draw(st.lists(st.sampled_from(["p1", "p2"]), max_size=1))]  # fmt: skip
        fields = {"equity": draw(MONEY), "deposits_usd": draw(MONEY), "positions": marks}
    elif kind in ("fill", "funding"):
        fields = {"coin": draw(COIN), "position_id": draw(NAME)}
        fields["realized" if kind == "fill" else "amount"] = draw(MONEY)
    elif kind == "candles":
        starts = draw(st.lists(st.integers(0, 6), max_size=4))
        fields = {"coin": draw(COIN), "rows": [
            [(START + timedelta(minutes=start)).isoformat(), *(draw(MONEY) for _ in range(4)), None]
            for start in starts
        ]}  # fmt: skip
    elif kind == "status":
        fields = {"state": draw(st.sampled_from(["running", "error"]))}
    else:
        fields = {"coin": draw(COIN), "entry_price": draw(PRICE), "position_id": draw(NAME),
                  "decision_id": draw(st.sampled_from(["bot-a-1-1", None]))}  # fmt: skip
        if kind == "closed":
            fields["realized_pnl"] = draw(MONEY)
    return kind, draw(st.integers(0, 1)), draw(MINUTE), fields


def build(steps: list[tuple[str, int, float, dict[str, Any]]]) -> list[Event]:
    """The events of a history."""
    bots = (Bot(), Bot("bot-b", None, epoch=3))
    events = []
    for kind, which, minute, drawn in steps:
        bot, fields = bots[which], dict(drawn)
        if kind == "execution":
            decision_id = f"{bot.bot_id}-{bot.epoch}-{fields.pop('decision')}"
            events.append(bot.execution(decision_id, minute, **fields))
        elif kind == "candles":
            events.append(bot.candles(minute, *fields["rows"], coin=fields["coin"]))
        else:
            events.append(getattr(bot, kind)(minute, **fields))
    return events


async def answers(store: Store, events: list[Event]) -> list[Any]:
    """Every query, with what may differ between stores (live cursors) left out."""
    end = START + timedelta(days=3)
    found: list[Any] = [await store.bots()]
    for where in FILTERS:
        page = await store.decisions(where, before=None, limit=3)
        found += [page, await store.decisions(where, before=page.next, limit=30)]
    for status in ("open", "closed", "all"):
        for limit in (1, 50):
            found.append(
                await store.positions(status=status, bot_id=None, before=None, limit=limit)
            )
    found += [await store.equity(None, start=START, end=end, bucket=tier) for tier in TIERS]
    found += [await store.deposits(["bot-a", "bot-b", "nobody"])]
    found += [await store.accounts(None, limit=5), await store.statuses("bot-b", limit=5)]
    found += [await store.errors(bot_id=None, kind=None, before=None, limit=99)]
    noon = START + timedelta(hours=9)
    found += [await store.errors(bot_id="bot-a", kind=None, before=None, limit=9, since=noon)]
    for bot_id in ("bot-a", "bot-b", "nobody"):
        found += [await store.fills(bot_id, "p1"), await store.fundings(bot_id, "p2")]
        found += [await store.opened_by(bot_id, "bot-a-1-1")]
        found += [await store.candles(bot_id, "BTC", start=START, end=end, limit=5)]
    for event in events:
        found.append(await store.full_payload(event.event_id))
        try:
            found.append(await store.decision(event.event_id))
        except NotFound as error:
            found.append(str(error))
    return found


def opaque(value: Any) -> Any:
    """Answers without the number that ends a page cursor: stores count commits as they like."""
    if isinstance(value, list | tuple):
        return [opaque(item) for item in value]
    told = {name: getattr(value, name) for name in ("items", "cursor", "next")
            if isinstance(value, BaseModel) and hasattr(value, name)}  # fmt: skip
    cut = {name: text.rpartition(".")[0] for name, text in told.items()
           if isinstance(text, str) and text.count(".") == 4}  # fmt: skip
    if "items" in told:
        return [opaque(told["items"]), cut]
    return value.model_copy(update=cut) if cut else value


async def play(store: Store, batches: list[list[Event]]) -> list[Any]:
    """Append, some of it twice, prune, and ask everything."""
    await store.open()
    try:
        start = await store.head()
        told: list[Any] = []
        for batch in batches:
            told += [(r.event_id, r.status) for r in await store.append(batch)]
        told += [r.status for r in await store.append(batches[0])]
        tail = await store.tail(start, 999)
        told += [stored.event for stored in tail.events]
        told += await answers(store, [event for batch in batches for event in batch])
        told.append(await store.prune(START + timedelta(days=1)))
        told.append(await store.bots())
        return told
    finally:
        await store.close()


@pytest.mark.parametrize("backend", [b for b in BACKENDS if b.durable], ids=lambda b: b.name)
@settings(max_examples=examples(40), deadline=None)
@given(
    steps=st.lists(step(), min_size=1, max_size=24),
    cut=st.integers(1, 9),
    order=st.randoms(use_true_random=False),
)
def test_every_backend_agrees_with_the_memory_store(
    backend: Backend, steps: list[Any], cut: int, order: Any
) -> None:
    """The same events, in any order and any batches, give the same answers."""
    events = build(steps)
    order.shuffle(events)
    batches = [events[at : at + cut] for at in range(0, len(events), cut)]
    with TemporaryDirectory() as folder:
        store = backend.make(Path(folder), StillClock())
        expected = asyncio.run(play(MemoryStore(), batches))
        assert opaque(asyncio.run(play(store, batches))) == opaque(expected)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.name)
@settings(max_examples=examples(20), deadline=None)
@given(steps=st.lists(step(), min_size=2, max_size=20), cut=st.integers(1, 7))
def test_how_events_are_batched_changes_no_answer(
    backend: Backend, steps: list[Any], cut: int
) -> None:
    """One by one or all at once: group commit is invisible, in every backend."""
    events = build(steps)
    batches = [events[at : at + cut] for at in range(0, len(events), cut)]
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        stores = [backend.make(Path(folder), StillClock()) for folder in (one, two)]

        async def whole(store: Store, batches: list[list[Event]]) -> list[Any]:
            await store.open()
            try:
                for batch in batches:
                    await store.append(batch)
                return await answers(store, events)
            finally:
                await store.close()

        assert asyncio.run(whole(stores[0], batches)) == asyncio.run(whole(stores[1], [events]))
