"""Alerts where each look is billed: the log is followed, and a look taken when it is worth it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.server.alerts.task import (
    COSTLY_PROOF_SECONDS,
    COSTLY_TICK_SECONDS,
    TICK_SECONDS,
    Alerts,
)
from motherhaven.stores import MemoryStore
from motherhaven.stores.capabilities import Capabilities
from motherhaven.stores.protocol import Tail
from tests.alertkit import Sender, Wire, watch
from tests.patience import until
from tests.serverkit import FakeClock

pytestmark = pytest.mark.anyio

INTERVAL = 60
READS = ("get_shared_record", "tail", "bots", "head")


class Billed:
    """A store whose reads are counted, and whose listener may be cut."""

    capabilities = Capabilities(billed=True)

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.reads: Counter[str] = Counter()
        self.heard = 0
        self.is_deaf = False

    def __getattr__(self, name: str) -> Any:
        if name in READS:
            self.reads[name] += 1
        return getattr(self._store, name)

    async def follow(self, after: str) -> AsyncGenerator[Tail, None]:
        """As the store; it counts what it told of."""
        if self.is_deaf:
            raise StoreUnavailable("the listener is refused")
        async for tail in self._store.follow(after):
            yield tail
            self.heard += len(tail.events)


class Site:
    """A billed store, a bot that sends to it, and a watch that has looked once and follows."""

    def __init__(self) -> None:
        self.clock, self.wire = FakeClock(), Wire()
        self.kept = MemoryStore(clock=self.clock)
        self.store = Billed(self.kept)
        self.bot = Sender(self.kept, self.clock)
        self.alerts: Alerts = watch(self.store, self.clock, self.wire)
        self._sent = 0

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Follow while the context lasts."""
        cursor = self.alerts._known.cursor
        assert cursor is not None
        task = asyncio.create_task(self.alerts.follow(cursor))
        await until(lambda: self.alerts._is_following)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def send(self, **status: Any) -> None:
        """A heartbeat that the watch has heard of."""
        await self.bot.send("status", **({"interval_seconds": INTERVAL} | status))
        self._sent += 1
        await until(lambda: self.store.heard == self._sent)

    async def pass_time(self, seconds: float) -> None:
        """The watch's ticks, one after the other."""
        for _ in range(int(seconds / TICK_SECONDS)):
            self.clock.advance(TICK_SECONDS)
            await self.alerts.tick()


@pytest.fixture
async def site() -> Site:
    """A site with one bot that beats."""
    one = Site()
    await one.kept.open()
    await one.bot.send("status", interval_seconds=INTERVAL)
    await one.alerts.tick()
    return one


async def test_a_bot_that_beats_costs_no_look(site: Site) -> None:
    """An hour of heartbeats: nothing is read but what proves that the store can be written."""
    async with site.followed():
        site.store.reads.clear()
        for _ in range(60):
            await site.send()
            await site.pass_time(INTERVAL)
    assert site.wire.got == []
    assert site.store.reads["bots"] <= 2 * 3_600 / COSTLY_PROOF_SECONDS
    assert sum(site.store.reads.values()) <= 6 * 3_600 / COSTLY_PROOF_SECONDS


async def test_a_death_is_told_by_the_deadline_and_the_return_when_it_is_heard(site: Site) -> None:
    """Twice the interval and the grace, at the next tick; one look each, and none in between."""
    async with site.followed():
        await site.send()
        await site.pass_time(2 * INTERVAL + 2)
        assert site.wire.got == []
        site.store.reads.clear()
        await site.pass_time(TICK_SECONDS)
        assert site.wire.heads() == ["no heartbeat from claude (paper) for 124 s (it should come "
                                     "every 60 s)"]  # fmt: skip
        await site.pass_time(120)
        assert len(site.wire.got) == 1
        assert site.store.reads["bots"] == 2, "one look: a page, and the empty one after it"
        await site.send()
        await site.pass_time(TICK_SECONDS)
    assert site.wire.heads()[1:] == ["Recovered"]


async def test_what_a_bot_reports_is_told_at_the_next_tick(site: Site) -> None:
    """Kill switch, records set aside, and a bot that was never seen."""
    async with site.followed():
        await site.send(kill_switch=True, message="by hand")
        await site.pass_time(TICK_SECONDS)
        assert site.wire.heads() == ["KILL SWITCH"]
        await site.send(kill_switch=True, quarantined=3)
        await site.pass_time(TICK_SECONDS)
        assert site.wire.heads()[1:] == ["claude (paper)"]
        await site.send(bot_id="other", bot_name="other", quarantined=1)
        await site.pass_time(TICK_SECONDS)
    assert len(site.wire.got) == 3


async def test_without_a_listener_looks_are_taken_now_and_then(site: Site) -> None:
    """It is refused: the watch looks each COSTLY_TICK_SECONDS, and tells in time all the same."""
    site.store.is_deaf = True
    cursor = site.alerts._known.cursor
    assert cursor is not None
    await site.alerts.follow(cursor)
    site.store.reads.clear()
    await site.pass_time(120)
    assert site.store.reads["get_shared_record"] == 120 / COSTLY_TICK_SECONDS
    assert site.wire.got == []
    await site.pass_time(4)
    assert len(site.wire.got) == 1


async def test_another_server_s_alert_is_not_told_again(site: Site) -> None:
    """Two servers follow the same log; whoever looks first tells, the other learns of it."""
    second = watch(site.store, site.clock, site.wire)
    await second.tick()
    async with site.followed():
        await site.pass_time(2 * INTERVAL + 2)
        site.clock.advance(TICK_SECONDS)
        await second.tick()
        await site.alerts.tick()
        await site.pass_time(60)
    assert len(site.wire.got) == 1


async def test_a_look_that_fails_is_no_reason_for_many(site: Site) -> None:
    """The store goes when a bot dies: a look each COSTLY_TICK_SECONDS, and no false alarm."""
    async with site.followed():
        await site.pass_time(2 * INTERVAL)
        await site.kept.close()
        site.store.reads.clear()
        await site.pass_time(100)
    assert site.store.reads["get_shared_record"] <= 100 / COSTLY_TICK_SECONDS
    assert site.wire.heads() == ["STORE"]
    await site.kept.open()
    await site.bot.send("status", interval_seconds=INTERVAL)
    await site.pass_time(COSTLY_TICK_SECONDS)
    assert site.wire.heads() == ["STORE", "Recovered"]
