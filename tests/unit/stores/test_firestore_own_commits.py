"""Own commits of a Firestore store are given early only where nothing before them is missing."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.firestore import own_commits
from motherhaven.stores.firestore.own_commits import MOST, Changed, OwnCommits, OwnFeed
from tests.conformance.stores.kit import START

LONG = own_commits.ALONE.total_seconds() + 5
"""Seconds after another's commit, when this process is alone again."""


class Log:
    """The commits that Firestore would count; `fails` many counts are refused first."""

    def __init__(self) -> None:
        self.stamps: list[datetime] = []
        self.now = START
        self.counts = 0
        self.fails = 0
        self.lag = timedelta(0)

    def commit(self, name: str, second: float, stamp: float | None = None) -> Changed:
        """A commit at a second, stamped when it began."""
        created = START + timedelta(seconds=second)
        begun = created if stamp is None else START + timedelta(seconds=stamp)
        self.stamps.append(begun)
        self.now = max(self.now, created)
        return Changed(name, created, {"at": begun, "ids": [name]})

    async def counted_since(self, collection: str, field: str, since: Any) -> tuple[int, Any]:
        """As the database counts."""
        self.counts += 1
        if self.fails:
            self.fails -= 1
            raise StoreUnavailable("away")
        return sum(1 for stamp in self.stamps if stamp >= since), self.now - self.lag


class Commits(OwnCommits):
    """The commits of a process, each begun before it is made."""

    def committed(self, commit: Changed) -> None:
        self.begins(commit.id)
        super().committed(commit)


def run(scenario: Any) -> None:
    """A scenario with a log, the commits of a process, and a feed of them."""

    async def whole() -> None:
        log, own = Log(), Commits()
        with own.feed(log, START) as feed:
            await scenario(log, own, feed)

    asyncio.run(whole())


async def given(feed: OwnFeed, is_new: Any = lambda _: True) -> list[str]:
    """What is ready now, without waiting for more."""
    task = asyncio.ensure_future(feed.ready(is_new))
    for _ in range(10):
        await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        return []
    return [one.id for one in task.result() or ()]


def test_an_own_commit_is_given_after_one_count() -> None:
    """Nobody else committed: one billed read, and nothing is waited for."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        feed.heard([log.commit("theirs", 1)])
        own.committed(log.commit("ours", LONG))
        assert await given(feed) == ["ours"]
        assert log.counts == 1

    run(scenario)


def test_an_own_commit_waits_for_one_of_others_before_it() -> None:
    """An unheard commit of another server is counted, so ours waits until that is heard."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        other = log.commit("theirs", 1)
        own.committed(log.commit("ours", 2))
        assert await given(feed) == []
        feed.heard([other])
        own.committed(log.commit("next", 3))
        assert await given(feed) == [], "others are at work"
        own.committed(log.commit("last", LONG))
        assert await given(feed) == ["ours", "next", "last"]

    run(scenario)


def test_a_commit_that_was_heard_meanwhile_counts_once() -> None:
    """The listener may be faster: then nothing is given, and no count is spent."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        ours = log.commit("ours", 2)
        own.begins("ours")
        feed.heard([ours])
        own.committed(ours)
        assert await given(feed, lambda one: False) == []
        assert log.counts == 0
        own.committed(log.commit("next", 3))
        assert await given(feed) == ["next"]

    run(scenario)


def test_a_count_from_before_a_commit_says_nothing_of_it() -> None:
    """What was committed after the moment of the count waits for the next."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        log.lag = timedelta(seconds=1)
        own.committed(log.commit("ours", 2))
        assert await given(feed) == []
        log.lag = timedelta(0)
        own.committed(log.commit("next", 3))
        assert await given(feed) == ["ours", "next"]

    run(scenario)


def test_a_refused_count_leaves_it_to_the_listener() -> None:
    """No error reaches who follows, and the next commit is tried again."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        log.fails = 1
        own.committed(log.commit("ours", 2))
        assert await given(feed) == []
        own.committed(log.commit("next", 3))
        assert await given(feed) == ["ours", "next"]

    run(scenario)


@pytest.mark.parametrize("stamp", [40.0, 47.5])
def test_a_long_feed_forgets_without_losing_count(stamp: float) -> None:
    """The window moves on with what is heard; a late commit with an old stamp still counts."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        feed.heard([log.commit(f"heard-{second}", second) for second in range(48)])
        assert len(feed._heard) < 20
        late = log.commit("theirs", 48, stamp)
        own.committed(log.commit("ours", 49))
        assert await given(feed) == []
        feed.heard([late])
        own.committed(log.commit("next", 48 + LONG))
        assert await given(feed) == ["ours", "next"]

    run(scenario)


def test_what_the_listener_never_tells_is_bounded() -> None:
    """A listener that is away for long costs no memory without end."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        for number in range(MOST + 50):
            own.committed(log.commit(f"ours-{number}", number / 100))
        assert len(feed._own) == MOST
        assert await given(feed) == []

    run(scenario)


def test_a_listener_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was committed before ours is not told in time: then the log has to be read."""
    monkeypatch.setattr(own_commits, "BEHIND_SECONDS", 0.0)

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        log.commit("theirs", 1)
        own.committed(log.commit("ours", 2))
        assert await feed.ready(lambda one: True) is None

    run(scenario)


def test_the_listener_may_tell_during_a_count() -> None:
    """Then nothing is left to give, and the next commit is tried as ever."""

    async def scenario(log: Log, own: OwnCommits, feed: OwnFeed) -> None:
        log.commit("theirs", 1)
        ours, given_by_listener = log.commit("ours", 2), set[str]()
        counted = log.counted_since

        async def slow(collection: str, field: str, since: Any) -> tuple[int, Any]:
            feed.heard([ours])
            given_by_listener.add("ours")
            return await counted(collection, field, since)

        log.counted_since = slow  # type: ignore[method-assign]
        own.committed(ours)
        assert await given(feed, lambda one: one.id not in given_by_listener) == []

    run(scenario)
