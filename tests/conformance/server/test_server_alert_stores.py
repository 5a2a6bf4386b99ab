"""Alerts over every store: each told once by all servers together, over restarts too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from motherhaven.server.alerts.task import STORE_PATIENCE_SECONDS, Alerts
from motherhaven.stores import Store
from tests.alertkit import Cut, Sender, Wire, watch
from tests.conformance.stores.kit import Backend
from tests.serverkit import FakeClock

pytestmark = pytest.mark.anyio

INTERVAL = 60
LATE = 2 * INTERVAL + 3


class Site:
    """One store, the servers that watch it, and where their alerts arrive."""

    def __init__(self, backend: Backend, folder: Path, stack: AsyncExitStack) -> None:
        self.clock, self.wire = FakeClock(), Wire()
        self._backend, self._folder, self._stack = backend, folder, stack
        self._single: Store | None = None

    async def store(self) -> Store:
        """The store as one server opens it; where stores are not shared always the same one."""
        if self._single is not None:
            return self._single
        made = self._backend.make(self._folder, self.clock)
        await made.open()
        self._stack.push_async_callback(made.close)
        if not self._backend.shared:
            self._single = made
        return made

    async def server(self, *wires: Wire) -> Alerts:
        """A server's watch with a store of its own."""
        return watch(await self.store(), self.clock, *(wires or (self.wire,)))

    async def bot(self) -> Sender:
        """A bot whose records arrive by another server."""
        return Sender(await self.store(), self.clock)


@pytest.fixture
async def site(backend: Backend, tmp_path: Path) -> AsyncIterator[Site]:
    """A place for the servers of one test."""
    async with AsyncExitStack() as stack:
        yield Site(backend, tmp_path, stack)


async def test_a_late_bot_is_told_once_louder_with_positions_and_its_return(site: Site) -> None:
    """Twice the interval and the grace; not before; not again; a second server says nothing."""
    clock, wire, bot = site.clock, site.wire, await site.bot()
    await bot.send("position_opened", position_id="p1")
    await bot.send("status", interval_seconds=INTERVAL)
    one, two = await site.server(), await site.server()
    for seconds in (0, 2 * INTERVAL, 2):
        clock.advance(seconds)
        await one.look()
        assert wire.got == []
    clock.advance(1)
    for looks in (one, two, one, await site.server()):
        await looks.look()
    [text] = wire.got
    assert text.startswith("URGENT: 1 OPEN POSITION UNATTENDED: no heartbeat from claude (paper)")
    clock.advance(3_600)
    restarted = await site.server()
    await restarted.look()
    assert len(wire.got) == 1, "a restart of the server is no heartbeat"
    await bot.send("status", interval_seconds=INTERVAL)
    for looks in (two, one, restarted):
        await looks.look()
    assert wire.got[1:] == ["Recovered: claude (paper) is back: its heartbeat arrived again"]


async def test_what_was_told_outlives_every_server(backend: Backend, tmp_path: Path) -> None:
    """All servers end and the store is closed: the next one tells the end, not the trouble."""
    clock, wire = FakeClock(), Wire()
    forgetful = None if backend.durable else backend.make(tmp_path, clock)

    @asynccontextmanager
    async def life() -> AsyncIterator[tuple[Sender, Alerts]]:
        store = forgetful or backend.make(tmp_path, clock)
        await store.open()
        try:
            yield Sender(store, clock), watch(store, clock, wire)
        finally:
            await store.close()

    async with life() as (bot, looks):
        await bot.send("status", interval_seconds=INTERVAL, quarantined=1)
        clock.advance(LATE)
        await looks.look()
        await looks.look()
    assert len(wire.got) == 2
    async with life() as (_, looks):
        for _ in range(3):
            clock.advance(LATE)
            await looks.look()
    assert len(wire.got) == 2, "the same incident"
    async with life() as (bot, looks):
        bot.number = 1
        await bot.send("status", interval_seconds=INTERVAL, quarantined=0)
        await looks.look()
    assert sorted(wire.got[2:]) == [
        "Recovered: claude (paper) is back: its heartbeat arrived again",
        "Recovered: claude (paper): no records are set aside any more",
    ]


async def test_kill_daily_loss_and_quarantine(site: Site) -> None:
    """Each from what bots report, whichever server looks; each ends by its own sign."""
    bot, wire = await site.bot(), site.wire
    servers = [await site.server(), await site.server()]

    async def told(kind: str, **payload: Any) -> list[str]:
        await bot.send(kind, **payload)
        before = len(wire.got)
        for looks in servers:
            await looks.look()
        servers.reverse()
        return wire.heads()[before:]

    for looks in servers:
        await looks.look()
    engaged = "kill switch engaged: no entries"
    assert await told("status", message=engaged, kill_switch=True) == ["KILL SWITCH"]
    assert await told("status", message="", kill_switch=True) == []
    assert await told("status", message="kill switch re-armed by hand") == ["Recovered"]
    refused = {"allowed": False, "rule": "daily_loss", "reason": "today's loss 21 USD"}
    assert await told("decision", verdict=refused) == ["DAILY LOSS"]
    assert await told("decision", verdict=refused) == []
    assert await told("status", quarantined=2) == ["claude (paper)"]
    assert await told("status", quarantined=0) == ["Recovered"]
    site.clock.advance(86_400)
    assert await told("status") == ["Recovered"], "a new day"


async def test_a_daily_loss_ends_with_the_day_of_the_bots_zone(site: Site) -> None:
    """Tokyo's day ends at 15:00 UTC: told until then, over then, and not at UTC's midnight."""
    bot, looks, wire = await site.bot(), await site.server(), site.wire
    refused = {"allowed": False, "rule": "daily_loss", "reason": "today's loss 21 USD"}
    site.clock.moment = datetime(2026, 1, 2, 14, 0, tzinfo=UTC)
    await looks.look()
    await bot.send("status", day_zone="Asia/Tokyo", interval_seconds=86_400)
    await bot.send("decision", verdict=refused)
    await looks.look()
    site.clock.moment = datetime(2026, 1, 2, 14, 59, 59, tzinfo=UTC)
    await looks.look()
    assert wire.heads() == ["DAILY LOSS"]
    site.clock.moment = datetime(2026, 1, 2, 15, 0, tzinfo=UTC)
    await looks.look()
    assert wire.heads() == ["DAILY LOSS", "Recovered"]
    site.clock.moment = datetime(2026, 1, 2, 23, 0, tzinfo=UTC)
    await bot.send("decision", verdict=refused)
    await looks.look()
    site.clock.moment = datetime(2026, 1, 3, 1, 0, tzinfo=UTC)
    await looks.look()
    assert wire.heads()[2:] == ["DAILY LOSS"], "midnight in UTC is no new day in Tokyo"


async def test_what_cannot_be_sent_waits_and_only_for_who_missed_it(site: Site) -> None:
    """Backoff; a target that has it gets it no second time; another server goes on."""
    good, bad = Wire(), Wire()
    await (await site.bot()).send("status", interval_seconds=INTERVAL)
    looks = await site.server(good, bad)
    bad.fails = True
    site.clock.advance(200)
    await looks.look()
    assert (len(good.got), bad.got) == (1, [])
    bad.fails = False
    await looks.look()
    assert bad.got == [], "not before its time"
    site.clock.advance(5)
    again = await site.server(good, bad)
    await again.look()
    await looks.look()
    assert (len(good.got), len(bad.got)) == (1, 1)


async def test_many_servers_at_once_send_one(site: Site) -> None:
    """Six watches look at the same time; compare-and-set lets one have it."""
    await (await site.bot()).send("status", interval_seconds=INTERVAL)
    watches = [await site.server() for _ in range(6)]
    site.clock.advance(200)
    for _ in range(2):
        await asyncio.gather(*(one.look() for one in watches))
    assert len(site.wire.got) == 1


async def test_a_server_that_loses_its_store_raises_no_false_alarm(site: Site) -> None:
    """Cut off for ten minutes while the bot beats by another server: only its own trouble."""
    clock, wire, bot = site.clock, Wire(), await site.bot()
    line = Cut(await site.store())
    lonely, healthy = watch(line, clock, wire), await site.server()
    await bot.send("status", interval_seconds=INTERVAL)
    for looks in (lonely, healthy):
        await looks.look()
    line.is_cut = True
    for _ in range(10):
        clock.advance(INTERVAL)
        await bot.send("status", interval_seconds=INTERVAL)
        for looks in (lonely, healthy):
            await looks.look()
    line.is_cut = False
    for _ in range(3):
        for looks in (lonely, healthy):
            await looks.look()
    assert site.wire.got == [], "the other server has nothing to tell"
    assert wire.heads() == ["STORE", "Recovered"]


async def test_an_outage_of_the_store_is_no_silence_of_the_bots(site: Site) -> None:
    """Away for an hour under two servers: bots have time to come again; who does not is late."""
    clock, wire, bot = site.clock, site.wire, await site.bot()
    lines = [Cut(await site.store()) for _ in range(2)]
    servers = [watch(line, clock, wire) for line in lines]
    await bot.send("status", interval_seconds=5)
    for looks in servers:
        await looks.look()
    for line in lines:
        line.is_cut = True
    for _ in range(3):
        clock.advance(1_200)
        for looks in servers:
            await looks.look()
    assert wire.heads() == ["STORE"] * 2, "each server tells its own"
    for line in lines:
        line.is_cut = False
    clock.advance(STORE_PATIENCE_SECONDS)
    for looks in servers:
        await looks.look()
    clock.advance(59)
    for looks in servers:
        await looks.look()
    assert wire.heads() == ["STORE"] * 2 + ["Recovered"] * 2, "the bot may still wait"
    clock.advance(20)
    for looks in servers:
        await looks.look()
    assert [text[:17] for text in wire.got[4:]] == ["no heartbeat from"]
