"""An event id is a bot's own: another bot that uses it is neither refused nor told."""

import asyncio
from dataclasses import replace

from motherhaven.stores import DecisionFilter, Store
from motherhaven.stores.own_ids import own_event, own_id
from tests.conformance.stores.kit import ANY, Bot, Place
from tests.conformance.stores.test_store_texts import in_parts


def test_two_bots_may_use_one_id(place: Place) -> None:
    """Both are kept, each repeat is a duplicate, each change a conflict, of its own bot alone."""

    async def scenario(store: Store) -> None:
        one, two = Bot("bot-a"), Bot("bot-b")
        twin = {"event_id": "chosen"}
        first = one.decision(coin="BTC", envelope=twin)
        second = two.decision(coin="ETH", envelope=twin)
        for event in (first, second):
            [told] = await store.append([event])
            assert (told.event_id, told.status) == ("chosen", "stored")
        again = await store.append([second, first])
        assert [(one.event_id, one.status) for one in again] == [("chosen", "duplicate")] * 2
        assert again[0].cursor != again[1].cursor
        changed = [replace(e, payload=e.payload.replace(b"12.5", b"99.5")) for e in (first, second)]
        assert [one.status for one in await store.append(changed)] == ["conflict"] * 2
        for bot, coin, name in (
            ("bot-a", "BTC", "chosen"),
            ("bot-b", "ETH", own_id("bot-b", "chosen")),
        ):
            page = await store.decisions(DecisionFilter(bot_id=bot), before=None, limit=9)
            assert [(row.id, row.coin) for row in page.items] == [(name, coin)]
            assert (await store.decision(name)).bot_id == bot
        assert [row.stats.decisions for row in await store.bots()] == [1, 1]

    place.run(scenario)


def test_one_batch_may_hold_one_id_of_many_bots(place: Place) -> None:
    """All at once, in any order, and twice: one of each is kept; the tail has each once."""

    async def scenario(store: Store) -> None:
        origin = await store.origin()
        events = [
            Bot(f"bot-{n}").decision(coin=f"C{n}", envelope={"event_id": "chosen"})
            for n in range(5)
        ]
        told = await store.append([*events, *events])
        assert [one.status for one in told] == ["stored"] * 5 + ["duplicate"] * 5
        assert [one.status for one in await store.append(events[::-1])] == ["duplicate"] * 5
        tail = await store.tail(origin, 100)
        assert sorted(one.event.bot_id for one in tail.events) == [f"bot-{n}" for n in range(5)]
        assert len({one.event.event_id for one in tail.events}) == 5

    place.run(scenario)


def test_kinds_and_long_texts_of_a_taken_id(place: Place) -> None:
    """Positions, accounts, and parts that are sent before their event: kept like any other."""

    async def scenario(store: Store) -> None:
        one, two = Bot("bot-a"), Bot("bot-b")
        whole = one.decision(raw_response="a" * 120_000, envelope={"event_id": "chosen"})
        event, parts = in_parts(whole)
        await store.put_parts(parts)
        assert (await store.append([event]))[0].status == "stored"
        other = two.decision(raw_response="b" * 120_000, envelope={"event_id": "chosen"})
        event, parts = in_parts(other)
        assert (await store.append([event]))[0].status == "incomplete"
        await store.put_parts(parts)
        assert (await store.append([event]))[0].status == "stored"
        assert (await store.append([event]))[0].status == "duplicate"
        kept = await store.full_payload(own_id("bot-b", "chosen"))
        assert kept[1] == other.payload
        assert (await store.full_payload("chosen"))[1] == whole.payload
        three = Bot("bot-c")
        taken = [
            replace(three.opened(position_id="p"), event_id="chosen"),
            replace(three.account(equity="7"), event_id=event.event_id + "-2"),
        ]
        assert [one.status for one in await store.append(taken)] == ["stored"] * 2
        position = await store.position("bot-c", "p")
        assert position.status == "open"

    place.run(scenario)


def test_ids_taken_at_the_same_time_by_two_servers(place: Place) -> None:
    """Racing writers with one id: every bot's event is kept once, whoever comes first."""
    if not place.backend.shared:
        return

    async def race() -> None:
        servers = [place.store() for _ in range(3)]
        for server in servers:
            await server.open()
        try:
            events = [
                Bot(f"bot-{n}").decision(envelope={"event_id": f"chosen-{k}"})
                for k in range(4)
                for n in range(3)
            ]
            found = await asyncio.gather(
                *(server.append([one]) for one in events for server in servers)
            )
            statuses = [told[0].status for told in found]
            assert sorted(set(statuses)) == ["duplicate", "stored"]
            assert statuses.count("stored") == len(events)
            page = await servers[0].decisions(ANY, before=None, limit=99)
            assert len({row.id for row in page.items}) == len(page.items) == len(events)
        finally:
            for server in servers:
                await server.close()

    asyncio.run(race())


def test_no_bot_takes_the_name_that_another_would_get(place: Place) -> None:
    """The names made for taken ids are kept free: nobody can have one refused beforehand."""

    async def scenario(store: Store) -> None:
        one, two = Bot("bot-a"), Bot("bot-b")
        for chosen in ("chosen", "y" * 128):
            made = own_id("bot-b", chosen)
            for name in (chosen, made, own_id("bot-b", made)):
                event = one.decision(coin="BTC", envelope={"event_id": name})
                assert [a.status for a in await store.append([event])] == ["stored"]
                assert [a.status for a in await store.append([event])] == ["duplicate"]
            event = two.decision(coin="ETH", envelope={"event_id": chosen})
            assert [a.status for a in await store.append([event])] == ["stored"]
            assert [a.status for a in await store.append([event])] == ["duplicate"]
            assert (await store.decision(made)).coin == "ETH"

    place.run(scenario)


def test_an_own_id_stays_what_it_is_when_it_is_moved() -> None:
    """A copy of a store gives every event the name that it had; a repeat is known there."""
    for chosen in ("chosen", "y" * 128, "z@" + "0" * 24):
        kept = own_event(Bot("bot-b").decision(envelope={"event_id": chosen}), lambda _: "bot-a")
        assert own_event(kept, lambda _: None) == kept
        assert own_event(kept, lambda _: "bot-b") == kept


def test_own_ids_are_short_and_differ() -> None:
    """Within the bound of ids; the same only for the same bot and id."""
    names = {own_id(bot, name) for bot in ("a", "b", "a\0") for name in ("x", "\0x", "y" * 128)}
    assert len(names) == 9
    assert max(map(len, names)) <= 128
