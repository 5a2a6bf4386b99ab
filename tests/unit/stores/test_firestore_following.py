"""Several servers over one Firestore: each reader is given each event once and in order."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.stores.firestore import commits
from motherhaven.stores.firestore import follow as follow_module
from tests.unit.stores.stepped_firestore import (
    QUIET,
    Reader,
    Server,
    World,
    finish,
    named_events,
    settle,
)

Step = tuple[Any, ...]
_ONE = st.integers(0, 2)
_STEPS = st.one_of(
    st.tuples(st.sampled_from(["begin", "make", "acknowledge", "lose", "cut", "commit"]), _ONE),
    st.tuples(st.sampled_from(["answer", "deliver", "both", "pair", "quiet", "settle"])),
    st.tuples(st.just("tell"), _ONE, st.integers(1, 3)),
    st.tuples(st.just("again"), st.integers(0, 1), st.integers(0, 4)),
)
LISTENING: list[Step] = [("settle",), *[("answer",), ("deliver",)] * 6, ("settle",)]
"""The log is read, and then listened to."""


@pytest.fixture(autouse=True)
def by_name() -> Iterator[None]:
    """Events are their ids, and what listens is stepped."""

    def listen(database: Any, *rest: Any) -> Any:
        return database.listen(*rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commits, "_events", named_events)
        patch.setattr(follow_module, "listen", listen)
        yield


class Play:
    """Three servers, readers on two of them; each step is a method, or one of a server's."""

    def __init__(self, *, exact: bool) -> None:
        self.world = World(exact=exact)
        self.servers = [Server(self.world) for _ in range(3)]
        self.readers = [Reader(server) for server in self.servers[:2]]

    async def run(self, steps: list[Step]) -> None:
        """Play the steps, let the rest happen, and compare what the readers were given."""
        for reader in self.readers:
            await reader.begin()
        for name, *values in steps:
            if hasattr(self, name):
                await getattr(self, name)(*values)
            else:
                getattr(self.servers[values[0]], name)(*values[1:])
        await finish(self.world, self.servers, self.readers)
        for reader in self.readers:
            await reader.end()
        for reader in self.readers:
            assert reader.ids == self.world.ids

    async def both(self) -> None:
        """All commits that are under way take effect at one moment."""
        self.world.make([one.begun for one in self.servers if one.is_sent()])

    async def pair(self) -> None:
        """Two servers commit at one moment."""
        for server in self.servers[:2]:
            server.begin()
        await self.both()
        for server in self.servers[:2]:
            server.acknowledge()
        await settle()

    async def commit(self, number: int) -> None:
        """A whole commit."""
        server = self.servers[number]
        server.begin()
        server.make()
        server.acknowledge()
        await settle()

    async def quiet(self) -> None:
        """Half a minute passes; commits that did not take effect are given up."""
        for server in self.servers:
            if server.is_sent():
                server.begun = None
        self.world.now += QUIET

    async def again(self, number: int, back: int) -> None:
        """A reader comes back."""
        await self.readers[number].again(back)

    async def answer(self) -> None:
        """The oldest question is answered."""
        self.world.answer()
        await settle(3)

    async def deliver(self) -> None:
        """The oldest answer arrives."""
        self.world.deliver()
        await settle(3)

    async def settle(self) -> None:
        """All goes on as far as it can."""
        await settle()


def play(steps: list[Step], *, exact: bool = True) -> None:
    """Play these steps once the readers listen."""
    asyncio.run(Play(exact=exact).run([*LISTENING, *steps]))


@pytest.mark.parametrize("exact", [True, False], ids=["Firestore", "emulator"])
@given(st.lists(_STEPS, max_size=60))
def test_any_interleaving(exact: bool, steps: list[Step]) -> None:
    """Commits of three servers, counts, states, cuts, lost answers and returns in any order."""
    play(steps, exact=exact)


@pytest.mark.parametrize("back", range(7))
def test_two_commits_of_one_moment(back: int) -> None:
    """They have one commit time; who comes back between their events is given the rest."""
    play([("pair",), ("tell", 0, 9), ("tell", 1, 9), ("settle",), ("again", 0, back)])


def test_who_comes_back_at_the_very_time_of_the_last_commit() -> None:
    """A read may have exactly that time: the cursor is of this store, none is told to reset."""
    play([("commit", 1), ("tell", 0, 9), ("settle",), ("again", 0, 0), *LISTENING])


def test_a_count_that_is_older_than_it_says() -> None:
    """Another's commit is counted, one of ours that came meanwhile is not: none is early."""
    steps: list[Step] = [
        ("begin", 0), ("begin", 1), ("make", 1), ("make", 0), ("acknowledge", 0), ("settle",),
        ("answer",), ("begin", 0), ("make", 0), ("acknowledge", 0), ("deliver",), ("settle",),
        ("tell", 0, 9),
    ]  # fmt: skip
    play(steps, exact=False)


def test_an_own_commit_whose_answer_was_lost() -> None:
    """It is in the log all the same: the listener tells it, between those that were answered."""
    lost: list[Step] = [("begin", 0), ("make", 0), ("lose", 0)]
    play([("commit", 0), *lost, ("commit", 0), ("answer",), ("deliver",), ("tell", 1, 1)])


def test_a_commit_that_takes_effect_long_after_its_stamp() -> None:
    """Others were stamped later and committed before: it comes behind them, also to who returns."""
    steps: list[Step] = [
        ("begin", 1), *[("commit", 0)] * 3, ("tell", 0, 9), ("settle",), ("make", 1),
        ("acknowledge", 1), ("again", 0, 2), ("cut", 1),
    ]  # fmt: skip
    play(steps)
