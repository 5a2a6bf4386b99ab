"""Waiting for commits can always be cancelled, even in the moment in which one happens."""

import asyncio

import pytest

from motherhaven.stores import changes
from motherhaven.stores.changes import Commit, CommitNotifier


@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("seconds", [None, 60.0])
def test_a_cancellation_is_never_swallowed(steps: int, seconds: float | None) -> None:
    """Whatever the loop is about to do for a commit, a cancelled wait ends as cancelled."""

    async def scenario() -> None:
        notifier = CommitNotifier()
        subscription = notifier.subscribe()
        waiting = asyncio.ensure_future(subscription.wait(seconds))
        for _ in range(3):
            await asyncio.sleep(0)
        notifier.wake()
        for _ in range(steps):
            await asyncio.sleep(0)
        if waiting.cancel():
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(scenario())


def test_what_waits_for_a_slow_follower_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest commits are dropped: the follower sees a gap and reads the store."""
    monkeypatch.setattr(changes, "MAX_EVENTS", 25)

    async def scenario() -> None:
        notifier = CommitNotifier()
        subscription = notifier.subscribe()
        for number in range(0, 100, 10):
            notifier.wake([Commit(number, number + 10, lambda *_: [])])
        assert await subscription.wait(None)
        await asyncio.sleep(0)
        commits, others = subscription.take()
        assert [commit.before for commit in commits] == [80, 90]
        assert not others
        assert subscription.take() == ([], False)

    asyncio.run(scenario())
