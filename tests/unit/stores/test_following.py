"""Who follows a numbered log misses no commit, whoever commits and however news come together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.stores.changes import Commit, CommitNotifier
from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.following import follow
from motherhaven.stores.protocol import Stored, Tail
from motherhaven.stores.unreadable import UnreadableRows

GENERATION = "abc"
STEPS = ("own", "others", "tell", "take", "turn")


@dataclass
class Numbered:
    """A log of numbered events, the news of it that are under way, and who follows it."""

    notifier: CommitNotifier = field(default_factory=CommitNotifier)
    head: int = 0
    news: list[list[Commit]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    may_take: asyncio.Event = field(default_factory=asyncio.Event)

    def commit(self, size: int, *, own: bool) -> None:
        """A commit; who follows is told of it in a later step."""
        before, self.head = self.head, self.head + size
        last = self.head

        def events(start: int, stop: int, _: UnreadableRows) -> Sequence[Stored]:
            return self.stored(before + start, min(before + stop, last))

        self.news.append([Commit(before, last, events)] if own else [])

    def stored(self, after: int, last: int) -> list[Any]:
        """The events after a number; a cursor says all that matters here."""
        return [Stored(live_cursor(GENERATION, n), None) for n in range(after + 1, last + 1)]  # type: ignore[arg-type]

    async def tail(self, after: str, limit: int) -> Tail:
        """As a store's."""
        start = read_live_cursor(GENERATION, after, floor=0, head=self.head)
        last = min(start + limit, self.head)
        await asyncio.sleep(0)
        events = tuple(self.stored(start, last))
        return Tail(events, live_cursor(GENERATION, last), more=last < self.head)

    async def read(self) -> None:
        """Follow from the beginning; a tail is taken when the test says so."""
        start = live_cursor(GENERATION, 0)
        async for tail in follow(
            self.notifier, GENERATION, self.tail, start, lambda: None, UnreadableRows()
        ):
            self.seen += [one.cursor for one in tail.events]
            await self.may_take.wait()

    async def step(self, name: str) -> None:
        """One step of an interleaving."""
        if name in ("own", "others"):
            self.commit(3, own=name == "own")
        elif name == "tell" and self.news:
            self.notifier.wake(self.news.pop(0))
        elif name == "take":
            self.may_take.set()
        elif name == "turn":
            self.may_take.clear()
            for _ in range(3):
                await asyncio.sleep(0)


async def play(steps: Sequence[str]) -> None:
    """Play the steps, tell the rest, and wait until nothing happens any more."""
    log = Numbered()
    reading = asyncio.ensure_future(log.read())
    for name in steps:
        await log.step(name)
    log.may_take.set()
    while log.news:
        log.notifier.wake(log.news.pop(0))
    for _ in range(60 + 10 * len(steps)):
        await asyncio.sleep(0)
    assert log.seen == [live_cursor(GENERATION, n) for n in range(1, log.head + 1)]
    log.notifier.end()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


@given(st.lists(st.sampled_from(STEPS), max_size=30))
def test_each_event_comes_once_and_in_order(steps: list[str]) -> None:
    """Own commits and those of another server, told sooner or later, alone or together."""
    asyncio.run(play(steps))


@pytest.mark.parametrize("first", ["own", "others"])
def test_news_of_two_servers_at_once(first: str) -> None:
    """Both are told before the follower's next turn: neither waits for a third commit."""
    second = "others" if first == "own" else "own"
    asyncio.run(play(["take", "turn", first, second, "tell", "tell"]))
