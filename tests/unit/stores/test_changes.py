"""Waiting for commits can always be cancelled, even in the moment in which one happens."""

import asyncio

import pytest

from motherhaven.stores.changes import Hub


@pytest.mark.parametrize("steps", range(6))
def test_a_cancellation_is_never_swallowed(steps: int) -> None:
    """Whatever the loop is about to do for a commit, a cancelled wait ends as cancelled."""

    async def scenario() -> None:
        async def poll() -> bool:
            return False

        hub = Hub()
        waiting = asyncio.ensure_future(anext(hub.subscribe(poll)))
        for _ in range(3):
            await asyncio.sleep(0)
        hub.wake()
        for _ in range(steps):
            await asyncio.sleep(0)
        if waiting.cancel():
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(scenario())
