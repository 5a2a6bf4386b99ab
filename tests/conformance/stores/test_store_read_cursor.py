"""An answer and its cursor: with what the log tells after it, all that is kept, each once."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from motherhaven.contract.events import Event
from motherhaven.stores import Store
from tests.conformance.stores.kit import ANY, Bot, Place

BOTS = 3


@dataclass
class Answer:
    """What a page would hold: decisions, open and closed positions, and the totals of bots."""

    cursor: str
    decisions: set[str]
    positions: dict[tuple[str, str], str]
    totals: dict[str, int]


@dataclass
class World:
    """Bots that send through any of some stores at one place, and who reads through any."""

    stores: list[Store]
    dice: random.Random
    bots: list[Bot] = field(default_factory=lambda: [Bot(f"bot-{n}") for n in range(BOTS)])
    answers: list[Answer] = field(default_factory=list)
    opened: list[tuple[Bot, str]] = field(default_factory=list)

    def events(self) -> list[Event]:
        """A few events, as any bot sends them."""
        return [self._event(self.dice.choice(self.bots)) for _ in range(self.dice.randint(1, 3))]

    def _event(self, bot: Bot) -> Event:
        minute = bot.seq
        choice = self.dice.random()
        own = [pair for pair in self.opened if pair[0] is bot]
        if choice < 0.5:
            return bot.decision(minute)
        if choice < 0.8 or not own:
            name = f"p-{bot.bot_id}-{bot.seq}"
            self.opened.append((bot, name))
            return bot.opened(minute, position_id=name, coin=f"C{bot.seq}")
        self.opened.remove(own[0])
        coin = f"C{own[0][1].rpartition('-')[2]}"
        return bot.closed(minute, position_id=own[0][1], coin=coin)

    async def append(self) -> None:
        """One commit, or several."""
        await self.dice.choice(self.stores).append(self.events())

    async def read(self) -> None:
        """Read as the server does: first the cursor, then one thing after the other."""
        self.answers.append(await answer_of(self.dice.choice(self.stores)))


async def answer_of(store: Store) -> Answer:
    """All that is kept, and the cursor that it was read at."""
    cursor = await store.read_cursor()
    page = await store.decisions(ANY, before=None, limit=1_000)
    held = await store.positions(status="all", bot_id=None, before=None, limit=1_000)
    return Answer(
        cursor,
        {row.id for row in page.items},
        {(row.bot_id, row.id): row.status for row in held.items},
        {row.id: row.stats.decisions for row in await store.bots()},
    )


async def whole_tail(store: Store, cursor: str) -> list[Any]:
    """What the live stream gives after a cursor."""
    found: list[Any] = []
    more = True
    while more:
        step = await store.tail(cursor, 7)
        found += step.events
        cursor, more = step.cursor, step.more
    return found


def applied(before: Answer, tail: list[Any]) -> Answer:
    """What a page makes of an answer and what streamed after it; totals are read again."""
    decisions, positions = set(before.decisions), dict(before.positions)
    for one in tail:
        if one.event.kind == "decision":
            decisions.add(one.row.id)
        elif one.row is not None:
            positions[one.row.bot_id, one.row.id] = one.row.status
    return Answer(before.cursor, decisions, positions, before.totals)


@pytest.mark.parametrize("seed", range(4))
def test_an_answer_and_the_log_after_its_cursor_are_everything(place: Place, seed: int) -> None:
    """Commits and readings in any interleaving, through two servers where the store allows it."""

    async def scenario(store: Store) -> None:
        dice = random.Random(seed)
        other = place.store() if place.backend.shared else store
        await other.open()
        try:
            world = World([store, other], dice)
            for _ in range(12):
                chosen = [
                    dice.choice((world.append, world.read)) for _ in range(dice.randint(1, 4))
                ]
                await asyncio.gather(*(one() for one in chosen))
            await world.read()
            await check(world)
        finally:
            if other is not store:
                await other.close()

    place.run(scenario)


async def check(world: World) -> None:
    """Each answer leads to the same end through either store; none lacks what is before it."""
    for reader in world.stores:
        end = await answer_of(reader)
        everything = await whole_tail(reader, await reader.origin())
        for one in world.answers:
            tail = await whole_tail(reader, one.cursor)
            ids = [stored.event.event_id for stored in tail]
            assert len(ids) == len(set(ids))
            assert tail == everything[len(everything) - len(tail) :]
            then = applied(one, tail)
            assert then.decisions == end.decisions
            assert then.positions == end.positions
            told = {stored.event.event_id for stored in tail if stored.event.kind == "decision"}
            before = end.decisions - told
            assert before <= one.decisions
            assert sum(one.totals.values()) >= len(before)


def test_it_follows_what_was_acknowledged_streamed_or_read_here(place: Place) -> None:
    """A page that was told an event finds it in its next answer, and costs no billed document."""

    async def scenario(store: Store) -> None:
        bot, usage = Bot(), getattr(store, "usage", None)
        for number in range(3):
            [told] = await store.append([bot.decision(number)])
            assert told.cursor is not None
            reads = usage and (usage.reads, usage.writes)
            cursor = await store.read_cursor()
            assert reads == (usage and (usage.reads, usage.writes))
            assert (await store.tail(cursor, 5)).events == ()
            before = (await store.tail(told.cursor, 5)).cursor
            assert [len((await store.tail(one, 5)).events) for one in (told.cursor, before)] == [
                0,
                0,
            ]

    place.run(scenario)


def test_what_another_server_committed_counts_once_it_was_read_here(place: Place) -> None:
    """An answer's cursor may lag behind other servers, but the next answer's does not."""

    async def scenario(store: Store) -> None:
        other = place.store() if place.backend.shared else store
        await other.open()
        try:
            await other.append([Bot().decision(1)])
            first = await answer_of(store)
            assert first.decisions == {"bot-a-1-1"}
            second = await answer_of(store)
            assert (await store.tail(second.cursor, 5)).events == ()
            assert (await other.tail(second.cursor, 5)).events == ()
        finally:
            if other is not store:
                await other.close()

    place.run(scenario)
