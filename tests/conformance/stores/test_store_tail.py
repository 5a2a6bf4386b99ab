"""The log: tail in commit order, cursors that say when history is gone, changes, retention."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from motherhaven.contract.errors import CursorGone, NotFound
from motherhaven.contract.events import Event
from motherhaven.stores import Store
from tests.conformance.stores.kit import ANY, START, Bot, Place
from tests.patience import HANG_SECONDS


async def drain(store: Store, cursor: str, limit: int) -> tuple[list[Event], str]:
    """All events after `cursor`, in steps of `limit`."""
    events: list[Event] = []
    more = True
    while more:
        tail = await store.tail(cursor, limit)
        assert len(tail.events) <= limit
        events += [stored.event for stored in tail.events]
        cursor, more = tail.cursor, tail.more
    return events, cursor


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_tail_gives_every_event_once_in_commit_order(place: Place, limit: int) -> None:
    """Whatever the step, the tail is the appended sequence, and ends at the head."""

    async def scenario(store: Store) -> None:
        start = await store.head()
        bot, other = Bot(), Bot("bot-b")
        sent = [bot.decision(9), other.status(1), bot.account(3), bot.decision(2), other.opened(0)]
        for event in sent:
            await store.append([event])
        events, end = await drain(store, start, limit)
        assert [e.event_id for e in events] == [e.event_id for e in sent]
        assert end == await store.head()
        assert (await store.tail(end, limit)).events == ()

    place.run(scenario)


def test_tail_gives_the_event_back_as_it_came(place: Place) -> None:
    """Envelope, times, payload and body are the same; only prompts are left out."""

    async def scenario(store: Store) -> None:
        start = await store.head()
        bot = Bot().at(START + timedelta(seconds=5))
        plain = bot.account(1, "12.340000000000000000001")
        await store.append([plain, bot.decision(2, user_prompt="why?", model="m")])
        first, second = (s.event for s in (await store.tail(start, 9)).events)
        assert first == plain
        assert second.body.model_dump()["user_prompt"] is None
        assert b"user_prompt" not in second.payload
        assert second.body.model_dump()["model"] == "m"

    place.run(scenario)


@pytest.mark.parametrize(
    "cursor", ["", "x", "1", "-1", "aaaaaaaaaaaa-0", "aaaaaaaaaaaa-5", "é-1", "1-1-1", "'; --"]
)
def test_a_cursor_that_is_not_ours_is_gone(place: Place, cursor: str) -> None:
    """Garbage and cursors of another database say so, and what to do."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().decision()])
        with pytest.raises(CursorGone, match="snapshot"):
            await store.tail(cursor, 10)

    place.run(scenario)


def test_a_cursor_past_the_head_is_gone(place: Place) -> None:
    """After a restore from an older backup, newer cursors are not silently taken."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().decision()])
        head = await store.head()
        with pytest.raises(CursorGone):
            await store.tail(head + "7", 10)

    place.run(scenario)


def test_pruned_history_is_gone_and_the_rest_stays(place: Place) -> None:
    """Old cursors raise, newer ones go on; feeds, totals and curves do not change."""

    async def scenario(store: Store) -> None:
        start = await store.head()
        bot = Bot()
        old = [bot.decision(0, user_prompt="p"), bot.account(0), bot.opened(0), bot.status(0)]
        await store.append(old)
        middle = await store.head()
        bot.at(START + timedelta(days=2))
        await store.append([bot.decision(2880, user_prompt="new"), bot.account(2880)])
        before = await projections(store)
        assert await store.prune(START + timedelta(days=1)) == 4
        assert await store.prune(START + timedelta(days=1)) == 0
        with pytest.raises(CursorGone, match="retention"):
            await store.tail(start, 10)
        assert len((await store.tail(middle, 10)).events) == 2
        assert await projections(store) == before
        assert [r.status for r in await store.append(old)] == ["duplicate"] * 4
        assert await projections(store) == before

    place.run(scenario)


async def projections(store: Store) -> list[object]:
    """Feeds, totals and curves."""
    return [
        await store.bots(),
        await store.decisions(ANY, before=None, limit=10),
        await store.positions(status="all", bot_id=None, before=None, limit=10),
        await store.accounts(None, limit=10),
        await store.statuses(None, limit=10),
        await store.equity(None, start=START, end=START + timedelta(days=3), bucket=3600),
    ]


def test_pruning_drops_prompts_but_not_the_decision(place: Place) -> None:
    """The row stays readable; its prompt and whole payload are clearly no longer there."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        event = bot.decision(0, user_prompt="p" * 10)
        await store.append([event])
        assert (await store.decision(event.event_id)).texts == {"user_prompt": 10}
        assert await store.prune(START + timedelta(days=1)) == 1
        detail = await store.decision(event.event_id)
        assert (detail.coin, detail.texts) == ("BTC", {})
        with pytest.raises(NotFound, match="retention"):
            await store.full_payload(event.event_id)
        with pytest.raises(NotFound, match="retention"):
            await store.text(event.event_id, "user_prompt", offset=0, limit=5)

    place.run(scenario)


def test_pruning_stops_at_the_first_event_that_is_to_stay(place: Place) -> None:
    """A clock that jumped back does not make retention drop what came after."""

    async def scenario(store: Store) -> None:
        bot = Bot().at(START + timedelta(days=9))
        await store.append([bot.decision(1)])
        bot.at(START)
        await store.append([bot.decision(2)])
        assert await store.prune(START + timedelta(days=1)) == 0

    place.run(scenario)


async def within(changes: AsyncIterator[None], seconds: float) -> bool:
    """Whether a change comes in time."""
    try:
        await asyncio.wait_for(anext(changes), seconds)
    except TimeoutError:
        return False
    return True


def test_changes_wake_after_a_commit_and_merge(place: Place) -> None:
    """Commits from the call on are seen, many may be one; an idle store stays silent."""

    async def scenario(store: Store) -> None:
        changes = store.changes()
        bot = Bot()
        for minute in range(5):
            await store.append([bot.decision(minute)])
        assert await within(changes, 10)
        while await within(changes, 0.01):
            pass
        waiting = asyncio.ensure_future(anext(changes))
        await store.append([bot.decision(9)])
        await asyncio.wait_for(waiting, HANG_SECONDS)

    place.run(scenario)


def test_closing_ends_the_changes(place: Place) -> None:
    """Nobody waits for a store that is closed."""

    async def scenario(store: Store) -> None:
        waiting = asyncio.ensure_future(anext(store.changes(), "ended"))
        await asyncio.sleep(0)
        await store.close()
        assert await asyncio.wait_for(waiting, HANG_SECONDS) == "ended"

    place.run(scenario)


def test_two_stores_at_one_place_share_commits(place: Place) -> None:
    """Where a backend can be shared, each sees the other's events, ids and changes."""
    if not place.backend.shared:
        apart(place)
        return

    async def scenario(store: Store) -> None:
        other = place.store()
        await other.open()
        try:
            start = await store.head()
            changes = other.changes()
            bots = [Bot(f"bot-{n}") for n in range(6)]
            await asyncio.gather(
                *(
                    (store if n % 2 else other).append([bot.decision(m), bot.account(m)])
                    for m in range(5)
                    for n, bot in enumerate(bots)
                )
            )
            assert await within(changes, 10)
            events, _ = await drain(other, start, 7)
            assert len({e.event_id for e in events}) == len(events) == 60
            assert await store.bots() == await other.bots()
            event = Bot("bot-z").decision()
            first, second = await asyncio.gather(store.append([event]), other.append([event]))
            assert {first[0].status, second[0].status} == {"stored", "duplicate"}
        finally:
            await other.close()

    place.run(scenario)


def apart(place: Place) -> None:
    """Where it cannot, another store's cursors are refused, never mistaken for one's own."""

    async def scenario(store: Store) -> None:
        other = place.store()
        await other.open()
        await store.append([Bot().decision()])
        with pytest.raises(CursorGone):
            await other.tail(await store.head(), 5)
        await other.close()

    place.run(scenario)
