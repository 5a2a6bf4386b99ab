"""Appending: idempotent, ordered, all or nothing."""

import asyncio

from motherhaven.contract.wire import payload_sha256
from motherhaven.stores import Store
from tests.conformance.stores.kit import ANY, START, Bot, Place

STATUS = {"status": "running", "message": ""}


def test_results_come_in_the_order_given_with_growing_cursors(place: Place) -> None:
    """Each event gets its own result, in order, and the last cursor is the head."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        events = [bot.decision(i) for i in range(5)]
        results = await store.append(events)
        assert [r.event_id for r in results] == [e.event_id for e in events]
        assert {r.status for r in results} == {"stored"}
        assert len({r.cursor for r in results}) == 5
        assert results[-1].cursor == await store.head()

    place.run(scenario)


def test_the_same_event_again_changes_nothing(place: Place) -> None:
    """A second append is a duplicate with the first cursor; no projection moves."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        events = [bot.decision(), bot.account(), bot.opened(position_id="p"), bot.status()]
        first = await store.append(events)
        before = (await store.bots(), await store.head())
        again = await store.append(events)
        assert [r.status for r in again] == ["duplicate"] * 4
        assert [r.cursor for r in again] == [r.cursor for r in first]
        assert (await store.bots(), await store.head()) == before
        assert len((await store.decisions(ANY, before=None, limit=9)).items) == 1

    place.run(scenario)


def test_the_same_id_with_another_payload_is_a_conflict(place: Place) -> None:
    """The first event stays as it was, whatever the other's kind."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        event = bot.decision(coin="BTC")
        await store.append([event])
        twin = {"event_id": event.event_id}
        other = bot.decision(coin="ETH", envelope=twin)
        kind = bot.event("status", {**STATUS, "timestamp": START.isoformat()}, START, **twin)
        results = await store.append([other, kind, bot.decision(1)])
        assert [r.status for r in results] == ["conflict", "conflict", "stored"]
        assert (await store.decision(event.event_id)).coin == "BTC"
        assert (await store.bots())[0].stats.decisions == 2
        assert [row.id for row in await store.bots()] == ["bot-a"]

    place.run(scenario)


def test_repeats_within_one_batch_are_seen(place: Place) -> None:
    """The same id twice in a batch counts once; with another payload it is a conflict."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        event = bot.decision()
        other = bot.decision(coin="ETH", envelope={"event_id": event.event_id})
        results = await store.append([event, event, other])
        assert [r.status for r in results] == ["stored", "duplicate", "conflict"]
        assert (await store.bots())[0].stats.decisions == 1

    place.run(scenario)


def test_many_writers_at_once_lose_nothing_and_count_once(place: Place) -> None:
    """Fifty tasks append their own events and a shared one: every id once, in one order."""

    async def scenario(store: Store) -> None:
        start = await store.head()
        shared = Bot("common").decision()
        bots = [Bot(f"bot-{n}") for n in range(50)]

        async def write(bot: Bot) -> list[str]:
            done = []
            for minute in range(4):
                results = await store.append([bot.decision(minute), bot.account(minute), shared])
                done += [r.status for r in results]
            return done

        statuses = [s for done in await asyncio.gather(*map(write, bots)) for s in done]
        assert statuses.count("stored") == 50 * 4 * 2 + 1
        assert statuses.count("duplicate") == 50 * 4 - 1
        rows = await store.bots()
        assert sum(row.stats.decisions for row in rows) == 201
        seen, cursor, more = [], start, True
        while more:
            tail = await store.tail(cursor, 64)
            seen += [stored.event.event_id for stored in tail.events]
            cursor, more = tail.cursor, tail.more
        assert len(seen) == len(set(seen)) == 401
        for bot in bots:
            own = [i for i in seen if i.startswith(f"{bot.bot_id}-1-")]
            assert own == [f"{bot.bot_id}-1-{n}" for n in range(1, 9)]

    place.run(scenario)


def test_an_empty_append_is_fine(place: Place) -> None:
    """Nothing to keep gives no results and moves no cursor."""

    async def scenario(store: Store) -> None:
        head = await store.head()
        assert await store.append([]) == []
        assert await store.head() == head

    place.run(scenario)


def test_what_was_kept_is_there_after_reopening(place: Place) -> None:
    """Cursors, pages and totals are the same after close and open."""
    if not place.backend.durable:
        reopened_in_place(place)
        return
    bot = Bot()
    seen: list[object] = []

    async def write(store: Store) -> None:
        await store.append([bot.decision(i, raw_response="r") for i in range(3)])
        await store.append([bot.account(1, "1000.01"), bot.opened(2), bot.status(3)])
        seen.extend(await everything(store))

    async def look(store: Store) -> None:
        assert await everything(store) == seen

    place.run(write)
    place.run(look)


def reopened_in_place(place: Place) -> None:
    """A store that forgets at exit keeps what it has between close and open."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().decision(), Bot("b").account()])
        seen = await everything(store)
        await store.close()
        await store.open()
        assert await everything(store) == seen

    place.run(scenario)


async def everything(store: Store) -> list[object]:
    """A little of every query."""
    return [
        await store.head(),
        await store.bots(),
        await store.decisions(ANY, before=None, limit=10),
        await store.positions(status="all", bot_id=None, before=None, limit=10),
        await store.accounts(None, limit=10),
        await store.statuses(None, limit=10),
    ]


def test_the_digest_kept_is_the_one_of_the_recorded_bytes(place: Place) -> None:
    """What full_payload gives back has the hash of what was recorded."""

    async def scenario(store: Store) -> None:
        event = Bot().decision(raw_response='ünïcode \u2028 " \\ \n', extra={"b": [1, None]})
        await store.append([event])
        kind, payload = await store.full_payload(event.event_id)
        assert (kind, payload) == ("decision", event.payload)
        assert payload_sha256(payload) == payload_sha256(event.payload)

    place.run(scenario)
