"""From a post to the stream over a wire with 30 ms a call: few calls, one after the other.

What counts is how often Firestore is waited for: that is the same on a machine of any pace.
The seconds are printed, and judged by `make soak` alone.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from motherhaven.server import ServerThread
from motherhaven.settings import SystemClock
from motherhaven.stores.firestore import FirestoreStore
from tests.faults.firestore.kit import Wire, broken_wire, delay
from tests.patience import HANG_SECONDS, figure
from tests.serverkit import API, KEY, Sse, config, item

LATE_SECONDS = 0.03
METHODS = ("Commit", "RunQuery", "BatchGetDocuments", "RunAggregationQuery", "Listen")
ONES = 25
MANY = 400

Post = Callable[[Sequence[int]], Awaitable[float]]


@asynccontextmanager
async def posting(
    project: str, environment: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Wire, Post]]:
    """A server behind the slow wire, and a post of decisions that ends when a stream told all."""
    async with broken_wire(environment) as wire:
        for method in METHODS:
            wire.faults[method] = delay(LATE_SECONDS)
        wire.lag = delay(LATE_SECONDS)  # each message of the listener, after the one before
        server = ServerThread(
            config(open_reading=True), FirestoreStore(project, clock=SystemClock()), SystemClock()
        )
        await asyncio.to_thread(server.start)  # the wire is served by this loop
        try:
            stream = await Sse.open(server.url)
            assert (await stream.event())["event"] == "hello"
            async with httpx.AsyncClient(
                base_url=server.url, headers={"x-api-key": KEY}, timeout=HANG_SECONDS
            ) as client:

                async def post(numbers: Sequence[int]) -> float:
                    events = [item(number) for number in numbers]
                    begun = time.perf_counter()
                    sent = asyncio.ensure_future(
                        client.post(f"{API}/ingest/batch", json={"events": events})
                    )
                    for one in events:
                        told = await stream.event()
                        assert one["event_id"] in told["data"], "another event was due"
                    seconds = time.perf_counter() - begun
                    assert (await sent).status_code == 200
                    return seconds

                yield wire, post
            stream.close()
        finally:
            await asyncio.to_thread(server.stop)


@pytest.mark.figures
def test_a_post_is_streamed_after_two_calls(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit, and a count that shows that nothing is missing; no wait for the listener."""

    async def scenario() -> float:
        async with posting(project, monkeypatch) as (wire, post):
            await post([1])
            seconds = []
            for number in range(2, 2 + ONES):
                wire.calls.clear()
                seconds.append(await post([number]))
                # A listener that broke is opened anew at any time.
                asked = sorted(one for one in wire.calls if one != "Listen")
                assert asked == ["Commit", "RunAggregationQuery"]
            return sorted(seconds)[-2]

    figure("Firestore at 30 ms a call, post to stream p95 (s)", asyncio.run(scenario()), 1.0)


@pytest.mark.figures
def test_many_decisions_are_streamed_after_as_few_calls(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400 decisions fit into one commit; a few calls whatever their number."""

    async def scenario() -> float:
        async with posting(project, monkeypatch) as (wire, post):
            await post([1])
            wire.calls.clear()
            seconds = await post(range(2, 2 + MANY))
            assert len(wire.calls) <= 4, wire.calls
            return seconds

    figure("Firestore at 30 ms a call, 400 decisions to the stream (s)", asyncio.run(scenario()), 3)
