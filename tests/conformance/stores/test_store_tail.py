"""The log: tail in commit order, cursors that say when history is gone, changes, retention."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.errors import CursorGone, NotFound, StoreUnavailable
from motherhaven.contract.events import Event
from motherhaven.stores import Store, Stored, Tail
from motherhaven.stores.postgres.dialect import PostgresSession
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.sqlite.dialect import SqliteSession
from tests.conformance.stores.kit import ANY, START, Bot, Place
from tests.patience import within

MARK = {
    "position_id": "p-0", "coin": "BTC", "size": "1", "entry_price": "1", "mark": "2",
    "leverage": "1", "unrealized_pnl": "1",
}  # fmt: skip


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


async def followed(tails: AsyncGenerator[Tail, None], count: int) -> tuple[list[Stored], str]:
    """The next `count` events, and the cursor after them."""
    found: list[Stored] = []
    cursor = ""
    while len(found) < count:
        tail = await within(anext(tails))
        found += tail.events
        cursor = tail.cursor
    return found, cursor


def test_following_gives_what_was_and_what_comes(place: Place) -> None:
    """From any place on: each event once, in order, its cursor as append gave it."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        start = await store.head()
        results = [await store.append([bot.decision(n), bot.status(n)]) for n in range(3)]
        async with aclosing(store.follow(start)) as tails:
            before, _ = await followed(tails, 6)
            for n in range(3, 6):
                results.append(await store.append([bot.decision(n), bot.status(n)]))
            after, end = await followed(tails, 6)
        told = [(one.event.event_id, one.cursor) for one in before + after]
        assert told == [(one.event_id, one.cursor) for batch in results for one in batch]
        assert end == await store.head()
        assert (await store.tail(end, 9)).events == ()

    place.run(scenario)


def test_a_follower_that_waits_is_told_of_a_commit(place: Place) -> None:
    """An idle store stays silent; the next commit comes by itself."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.decision(0)])
        async with aclosing(store.follow(await store.head())) as tails:
            waiting = asyncio.ensure_future(anext(tails))
            await asyncio.wait([waiting], timeout=0.2)
            assert not waiting.done() or waiting.result().events == ()
            await store.append([bot.decision(9)])
            tail = await within(waiting)
            found = tail.events or (await followed(tails, 1))[0]
            assert [one.event.event_id for one in found] == ["bot-a-1-2"]

    place.run(scenario)


def histories(bot: Bot, other: Bot) -> list[list[Event]]:
    """Commits with every kind of event that has a row of its own, and some that have none."""
    decision = bot.decision(4)
    before = {"entry_price": "60000.5", "quantity_usd": "50", "leverage": "3"}
    mark = MARK | {"position_id": "p"}
    return [
        [bot.decision(0, user_prompt="why?", verdict={"allowed": False, "rule": "kill"}),
         bot.status(0), bot.account(1, positions=[MARK])],
        [bot.opened(2, position_id="p"), other.opened(2), bot.fill(2, position_id="p")],
        [bot.account(3, positions=[mark]), decision],
        [bot.opened(4, position_id="p", quantity_usd="90", replaces=before),
         bot.execution(decision.event_id, 4), bot.decision(5, justification="j" * 12_000)],
        [bot.closed(5, position_id="p"), other.closed(5), bot.closed(6, position_id="p"),
         bot.closed(7, position_id="unseen")],
        [other.decision(8), other.closed(9), bot.opened(9, position_id="p")],
    ]  # fmt: skip


def test_what_is_followed_is_what_tail_reads(place: Place) -> None:
    """The rows that a commit makes are those that are read back, for every kind of event."""

    async def scenario(store: Store) -> None:
        cursor = await store.head()
        async with aclosing(store.follow(cursor)) as tails:
            waiting = asyncio.ensure_future(anext(tails))
            await asyncio.wait([waiting], timeout=0.2)
            for commit in histories(Bot(), Bot("bot-b", name="beta")):
                await store.append(commit)
                told = list((await within(waiting)).events)
                while len(told) < len(commit):
                    told += (await within(anext(tails))).events
                read = await store.tail(cursor, 99)
                for one, other in zip(told, read.events, strict=True):
                    assert one == other
                assert {one.row is None for one in told if is_shown(one)} <= {False}
                cursor = read.cursor
                waiting = asyncio.ensure_future(anext(tails))
            waiting.cancel()
            await asyncio.wait([waiting])

    place.run(scenario)


def is_shown(stored: Stored) -> bool:
    """Whether an event has a row of its own."""
    return stored.event.kind in ("decision", "position_opened", "position_closed")


def test_200_decisions_take_few_statements(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most five with the rows of all, whatever else is among them; Firestore has no SQL."""
    asked: list[str] = []
    for session in (SqliteSession, PostgresSession):
        for name in ("rows", "ask"):
            count_calls(monkeypatch, session, name, asked)

    async def scenario(store: Store) -> None:
        bot, old = Bot(), Bot("bot-old")
        start = await store.head()
        many = [bot.decision(n, signal="buy_to_enter") for n in range(200)]
        await store.append([*many, *(bot.execution(one.event_id, 1) for one in many[::2])])
        for n in range(20):
            await store.append([old.opened(n), bot.opened(n, position_id=f"p{n}")])
            await store.append([old.closed(n), bot.closed(n, position_id=f"p{n}")])
        asked.clear()
        tail = await store.tail(start, 1_000)
        assert len(tail.events) == 380
        assert sum(one.row is not None for one in tail.events) == 280
        assert len(asked) <= 5, asked

    place.run(scenario)


def count_calls(
    monkeypatch: pytest.MonkeyPatch, session: type[Session], name: str, asked: list[str]
) -> None:
    """Note each query that goes through a method of the session."""
    original = getattr(session, name)

    def noting(self: Session, query: str, *more: Any) -> Any:
        asked.append(query)
        return original(self, query, *more)

    monkeypatch.setattr(session, name, noting)


def test_closing_ends_those_who_follow(place: Place) -> None:
    """Nobody waits for a store that is closed."""

    async def scenario(store: Store) -> None:
        tails = store.follow(await store.head())
        waiting = asyncio.ensure_future(ended(tails))
        await asyncio.wait([waiting], timeout=0.2)
        await store.close()
        await within(waiting)

    place.run(scenario)


async def ended(tails: AsyncGenerator[Tail, None]) -> None:
    """Wait for the end, whatever comes before; that the store is closed is an end too."""
    with suppress(StoreUnavailable):
        async for _ in tails:
            pass


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
            bots = [Bot(f"bot-{n}") for n in range(6)]
            await asyncio.gather(
                *(
                    (store if n % 2 else other).append([bot.decision(m), bot.account(m)])
                    for m in range(5)
                    for n, bot in enumerate(bots)
                )
            )
            events, _ = await drain(other, start, 7)
            for reader in (store, other):
                async with aclosing(reader.follow(start)) as tails:
                    found, _ = await followed(tails, 60)
                assert [one.event for one in found] == events
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
